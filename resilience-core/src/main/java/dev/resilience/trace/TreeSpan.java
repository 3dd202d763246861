package dev.resilience.trace;

import dev.resilience.context.Context;
import dev.resilience.context.ContextException;
import dev.resilience.context.DeadlineExceededException;
import dev.resilience.text.SafeText;
import dev.resilience.trace.SpanRecord.Event;
import dev.resilience.trace.SpanRecord.State;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/** A span of a {@link SpanTree}. What is added after its end, or beyond the bounds, is dropped. */
final class TreeSpan implements ActiveSpan {

  private static final int MOST_ADDED = 64;

  private final SpanTree tree;
  private final Context caller;
  private final Context ctx;
  private final String spanId;
  private final @Nullable String parentId;
  private final String name;
  private final SpanRole role;
  private final String thread = Thread.currentThread().getName();
  private final long startedAt;

  private final ReentrantLock lock = new ReentrantLock();

  // Guarded by the lock.
  private final Map<String, String> attributes = new LinkedHashMap<>();
  private final List<Event> events = new ArrayList<>();
  private State state = State.OPEN;
  private long endedAt;
  private @Nullable Throwable thrown;

  TreeSpan(
      SpanTree tree,
      Context caller,
      String spanId,
      @Nullable String parentId,
      String name,
      SpanRole role) {
    this.tree = tree;
    this.caller = caller;
    this.spanId = spanId;
    this.parentId = parentId;
    this.name = name;
    this.role = role;
    this.startedAt = tree.nanoTime();
    this.ctx = tree.inside(this, caller);
  }

  SpanTree tree() {
    return tree;
  }

  String traceId() {
    return tree.traceId();
  }

  String spanId() {
    return spanId;
  }

  @Nullable String parentId() {
    return parentId;
  }

  String name() {
    return name;
  }

  SpanRole role() {
    return role;
  }

  String thread() {
    return thread;
  }

  @Override
  public Context context() {
    return ctx;
  }

  @Override
  public ActiveSpan attribute(String key, String value) {
    String text = SafeText.of(value);
    lock.lock();
    try {
      if (state == State.OPEN && (attributes.size() < MOST_ADDED || attributes.containsKey(key))) {
        attributes.put(key, text);
      }
    } finally {
      lock.unlock();
    }
    return this;
  }

  @Override
  public ActiveSpan attribute(String key, long value) {
    return attribute(key, Long.toString(value));
  }

  @Override
  public ActiveSpan event(String text) {
    Event event = new Event(Duration.ofNanos(tree.nanoTime() - startedAt), SafeText.of(text));
    lock.lock();
    try {
      if (state == State.OPEN && events.size() < MOST_ADDED) {
        events.add(event);
      }
    } finally {
      lock.unlock();
    }
    return this;
  }

  @Override
  public ActiveSpan failed(Throwable failure) {
    lock.lock();
    try {
      if (state == State.OPEN) {
        thrown = failure;
      }
    } finally {
      lock.unlock();
    }
    return this;
  }

  @Override
  public void close() {
    long now = tree.nanoTime();
    ContextException end = caller.error();
    lock.lock();
    try {
      if (state != State.OPEN) {
        return;
      }
      endedAt = now;
      if (end != null) {
        state =
            end instanceof DeadlineExceededException ? State.DEADLINE_EXCEEDED : State.CANCELLED;
      } else {
        state = thrown == null ? State.OK : State.FAILED;
      }
    } finally {
      lock.unlock();
    }
    tree.ended(this);
  }

  SpanRecord toRecord() {
    lock.lock();
    try {
      long until = state == State.OPEN ? tree.nanoTime() : endedAt;
      return new SpanRecord(
          this,
          Duration.ofNanos(startedAt - tree.begunAt()),
          Duration.ofNanos(until - startedAt),
          state,
          state == State.FAILED ? SafeText.of(thrown) : null,
          Collections.unmodifiableMap(new LinkedHashMap<>(attributes)),
          List.copyOf(events));
    } finally {
      lock.unlock();
    }
  }
}
