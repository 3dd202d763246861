package dev.resilience.configuration;

import dev.resilience.context.Context;
import dev.resilience.context.ContextObserver;
import org.jspecify.annotations.Nullable;

/**
 * An observer with a switch. Told of a context's end is whoever was told of its beginning, whatever
 * the switch says then: so a count that goes up comes down again.
 */
final class SwitchedObserver implements ContextObserver {

  private final ContextObserver observer;
  private volatile boolean isOn;

  SwitchedObserver(ContextObserver observer) {
    this.observer = observer;
  }

  void turn(boolean on) {
    isOn = on;
  }

  @Override
  public @Nullable ContextObserver observerOf(Context context, Context parent) {
    return isOn ? observer.observerOf(context, parent) : null;
  }
}
