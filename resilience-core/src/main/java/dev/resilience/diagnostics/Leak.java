package dev.resilience.diagnostics;

import dev.resilience.text.DurationText;
import dev.resilience.text.SafeText;
import java.time.Duration;
import java.util.List;

/**
 * Contexts that were derived at one place and that nobody has closed, nor has anything else ended
 * them. Immutable.
 */
public final class Leak {

  /** How it was found. */
  public enum Kind {
    /** It still lives, and is older than the limit. */
    OLD,
    /** It was garbage, and had never ended: whoever derived it has forgotten it. */
    COLLECTED
  }

  private final Kind kind;
  private final String name;
  private final int count;
  private final Duration age;
  private final String thread;
  private final List<StackTraceElement> createdAt;

  Leak(
      Kind kind,
      String name,
      int count,
      Duration age,
      String thread,
      List<StackTraceElement> createdAt) {
    this.kind = kind;
    this.name = name;
    this.count = count;
    this.age = age;
    this.thread = thread;
    this.createdAt = createdAt;
  }

  /** How it was found. */
  public Kind kind() {
    return kind;
  }

  /** The operation: the {@linkplain dev.resilience.context.Context#name name} of the context. */
  public String name() {
    return name;
  }

  /** How many contexts of this place were found; of a sample, where it is not strict. */
  public int count() {
    return count;
  }

  /** How old the oldest of them is, or was when that was noticed. */
  public Duration age() {
    return age;
  }

  /** The name of the thread that derived the oldest of them. */
  public String thread() {
    return thread;
  }

  /** Where they were derived: the innermost frames, from the caller of the library on. */
  public List<StackTraceElement> createdAt() {
    return createdAt;
  }

  /** One line for each frame, the first without an indent. */
  @Override
  public String toString() {
    StringBuilder text = new StringBuilder();
    text.append(count == 1 ? "1 context" : count + " contexts");
    if (!name.isEmpty()) {
      text.append(" '").append(SafeText.of(name)).append('\'');
    }
    text.append(kind == Kind.OLD ? " neither closed nor ended after " : " forgotten within ")
        .append(DurationText.of(age))
        .append(", derived by ")
        .append(SafeText.of(thread));
    for (StackTraceElement frame : createdAt) {
      text.append("\n    at ").append(frame);
    }
    return text.toString();
  }
}
