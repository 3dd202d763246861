package dev.resilience.diagnostics;

import dev.resilience.context.ContextDetails.Kind;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** One context of a {@link ContextTree}, as it was then. Immutable. */
public final class ContextNode {

  private final long id;
  private final String name;
  private final Kind kind;
  private final Duration age;
  private final @Nullable Duration ownLimit;
  private final @Nullable Duration limit;
  private final @Nullable Duration timeLeft;
  private final Map<String, String> values;
  private final List<ThreadActivity> threads;
  private final int callbacks;
  private final List<ContextNode> children;
  private final int omittedChildren;
  private final @Nullable StackTraceElement createdAt;

  ContextNode(
      long id,
      String name,
      Kind kind,
      Duration age,
      @Nullable Duration ownLimit,
      @Nullable Duration limit,
      @Nullable Duration timeLeft,
      Map<String, String> values,
      List<ThreadActivity> threads,
      int callbacks,
      List<ContextNode> children,
      int omittedChildren,
      @Nullable StackTraceElement createdAt) {
    this.id = id;
    this.name = name;
    this.kind = kind;
    this.age = age;
    this.ownLimit = ownLimit;
    this.limit = limit;
    this.timeLeft = timeLeft;
    this.values = values;
    this.threads = List.copyOf(threads);
    this.callbacks = callbacks;
    this.children = List.copyOf(children);
    this.omittedChildren = omittedChildren;
    this.createdAt = createdAt;
  }

  /**
   * A number that tells it from the others of its monitor, the same in each dump, from 1; 0 for a
   * context that merely adds values.
   */
  public long id() {
    return id;
  }

  /** Its name, perhaps inherited, or the empty string. */
  public String name() {
    return name;
  }

  /**
   * How it was derived. {@link Kind#VALUES}: it merely adds values and is shown because a thread
   * waits or works under it.
   */
  public Kind kind() {
    return kind;
  }

  /** How long ago it was derived; for {@link Kind#VALUES} the age of its parent. */
  public Duration age() {
    return age;
  }

  /** The limit that it was derived with; empty: none. It may be longer than {@link #limit}. */
  public Optional<Duration> ownLimit() {
    return Optional.ofNullable(ownLimit);
  }

  /**
   * The limit that counts, its own or that of an ancestor, from when it was derived; empty: none.
   */
  public Optional<Duration> limit() {
    return Optional.ofNullable(limit);
  }

  /** The time until its deadline, not negative; empty: it has none. */
  public Optional<Duration> timeLeft() {
    return Optional.ofNullable(timeLeft);
  }

  /**
   * The values that may be shown and that its parent does not have: the names of their keys and
   * their texts, which are escaped and cut to 200 characters.
   */
  public Map<String, String> values() {
    return values;
  }

  /** The threads that wait or work directly under it, in order of their coming. */
  public List<ThreadActivity> threads() {
    return threads;
  }

  /** How many callbacks are registered directly at it. */
  public int callbacks() {
    return callbacks;
  }

  /** The contexts below it that are shown, the oldest first. */
  public List<ContextNode> children() {
    return children;
  }

  /** How many contexts directly below it are not shown. */
  public int omittedChildren() {
    return omittedChildren;
  }

  /**
   * The line of code that derived it; empty unless the monitor notes {@linkplain
   * ContextMonitor.Builder#places places}.
   */
  public Optional<StackTraceElement> createdAt() {
    return Optional.ofNullable(createdAt);
  }

  /** One line, without what is below. */
  @Override
  public String toString() {
    StringBuilder line = new StringBuilder();
    TreeText.describe(this, "", line);
    return line.toString();
  }
}
