package dev.resilience.context;

import dev.resilience.time.TimeSource;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** A context that adds values and ends when the scope above it does, or never. */
sealed class ValueContext extends Node permits WorkContext, WorkContext.WorkValues {

  static final ValueContext BACKGROUND = root(TimeSource.system(), null);

  /** A background of its own identity, which is what makes it found. */
  static final ValueContext TODO = root(TimeSource.system(), null);

  private final @Nullable Scope scope;

  ValueContext(Root root, Values values, @Nullable Scope scope) {
    super(root, values);
    this.scope = scope;
  }

  static ValueContext root(TimeSource timeSource, @Nullable ContextObserver observer) {
    Objects.requireNonNull(timeSource, "timeSource");
    return new ValueContext(new Root(timeSource, observer), Values.NONE, null);
  }

  @Override
  final @Nullable Scope scope() {
    return scope;
  }

  @Override
  final @Nullable DeadlineScope deadlineScope() {
    return scope == null ? null : scope.deadlineScope();
  }

  @Override
  Context withValues(Values other) {
    return new ValueContext(root, other, scope);
  }

  @Override
  public final String toString() {
    if (this == TODO) {
      return "todo context";
    }
    return scope == null && values == Values.NONE ? "background context" : super.toString();
  }
}
