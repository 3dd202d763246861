package dev.resilience.trace;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** A span as it stood at one moment. Immutable. */
public final class SpanRecord {

  /** How a span ended. */
  public enum State {
    /** It has not ended yet. */
    OPEN,
    /** The work had a result. */
    OK,
    /** The work failed. */
    FAILED,
    /** Its context had been cancelled. */
    CANCELLED,
    /** The deadline of its context had passed. */
    DEADLINE_EXCEEDED
  }

  /**
   * Something that happened during a span.
   *
   * @param after how long after the start of the span
   * @param text what it was
   */
  public record Event(Duration after, String text) {}

  private final String traceId;
  private final String spanId;
  private final @Nullable String parentId;
  private final String name;
  private final SpanRole role;
  private final String thread;
  private final Duration started;
  private final Duration duration;
  private final State state;
  private final @Nullable String failure;
  private final Map<String, String> attributes;
  private final List<Event> events;

  SpanRecord(
      TreeSpan span,
      Duration started,
      Duration duration,
      State state,
      @Nullable String failure,
      Map<String, String> attributes,
      List<Event> events) {
    this.traceId = span.traceId();
    this.spanId = span.spanId();
    this.parentId = span.parentId();
    this.name = span.name();
    this.role = span.role();
    this.thread = span.thread();
    this.started = started;
    this.duration = duration;
    this.state = state;
    this.failure = failure;
    this.attributes = attributes;
    this.events = events;
  }

  /** The trace: the same for all spans of a tree. */
  public String traceId() {
    return traceId;
  }

  /** This span: 16 hexadecimal digits. */
  public String spanId() {
    return spanId;
  }

  /** The span in which this one was started, perhaps elsewhere; empty: it is the first. */
  public Optional<String> parentId() {
    return Optional.ofNullable(parentId);
  }

  /** The operation. */
  public String name() {
    return name;
  }

  /** Where the other end is. */
  public SpanRole role() {
    return role;
  }

  /** The name of the thread that started it. */
  public String thread() {
    return thread;
  }

  /** How long after the beginning of the tree it was started. */
  public Duration started() {
    return started;
  }

  /** How long it took; so far, if it is {@link State#OPEN}. */
  public Duration duration() {
    return duration;
  }

  /** How it ended. */
  public State state() {
    return state;
  }

  /** What the work failed with, escaped and cut. */
  public Optional<String> failure() {
    return Optional.ofNullable(failure);
  }

  /** What distinguishes this execution from others, in the order of setting. */
  public Map<String, String> attributes() {
    return attributes;
  }

  /** What happened, in order. */
  public List<Event> events() {
    return events;
  }

  /** One line: the name, the mark of one that was cancelled, the duration. */
  @Override
  public String toString() {
    return SpanTreeText.line(this);
  }
}
