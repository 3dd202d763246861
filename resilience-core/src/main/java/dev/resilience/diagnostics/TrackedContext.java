package dev.resilience.diagnostics;

import dev.resilience.context.Context;
import dev.resilience.context.ContextException;
import dev.resilience.context.ContextObserver;
import dev.resilience.time.TimeSource;
import java.lang.ref.WeakReference;
import org.jspecify.annotations.Nullable;

/**
 * One context that is observed, and its observer: so its end finds this without a search. Known by
 * identity, and held weakly.
 */
final class TrackedContext extends WeakReference<Context> implements ContextObserver {

  private final TrackedContexts owner;

  /** Where it was derived; null: not recorded. */
  final @Nullable Creation creation;

  final TimeSource time;

  /** When it was derived, on {@link #time}. */
  long nanos;

  /** Its number, in order of derivation. */
  final long id;

  /** Whether the leak detector has counted it. */
  volatile boolean suspect;

  TrackedContext(Context context, TrackedContexts owner, @Nullable Creation creation) {
    super(context, owner.collected);
    this.owner = owner;
    this.id = owner.nextId();
    this.creation = creation;
    this.time = context.timeSource();
  }

  @Override
  public void onDerived(Context context, Context parent, long now) {
    nanos = now;
    owner.add(this);
  }

  @Override
  public void onEnded(Context context, ContextException error, long now) {
    owner.remove(this);
  }

  long ageNanos() {
    return Math.max(0, time.nanoTime() - nanos);
  }

  /** Of its number: the JVM's own would have to be made first, which costs more than the rest. */
  @Override
  public int hashCode() {
    return Long.hashCode(id);
  }

  @Override
  public boolean equals(Object other) {
    return this == other;
  }
}
