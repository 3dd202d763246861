package dev.resilience.configuration;

import dev.resilience.breaker.Breaker;
import dev.resilience.context.Context;
import dev.resilience.observe.PolicyEvent;
import dev.resilience.observe.PolicyEvent.Circuit;
import dev.resilience.observe.PolicyEvent.CircuitChanged;
import dev.resilience.observe.PolicyListener;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The listener of one {@link Breaker}: tells the user, and the adaptive time-out that stands in the
 * same stack just now, which learns nothing while the circuit is open. Either may be replaced: a
 * time-out that comes later hears that the circuit is open, and one that stays is not left frozen
 * by a breaker that goes.
 */
final class CircuitLink implements PolicyListener {

  private final PolicyListener user;
  private final ReentrantLock lock = new ReentrantLock();
  private PolicyListener timeout = PolicyListener.none();

  /** How the circuit opened; null: it is not open. */
  private @Nullable CircuitChanged opening;

  CircuitLink(PolicyListener user) {
    this.user = user;
  }

  @Override
  public void on(PolicyEvent event) {
    on(Context.background(), event);
  }

  @Override
  public void on(Context ctx, PolicyEvent event) {
    user.on(ctx, event);
    if (event instanceof CircuitChanged changed) {
      lock.lock();
      try {
        opening = changed.to() == Circuit.OPEN ? changed : null;
        timeout.on(event); // ours, not the user's
      } finally {
        lock.unlock();
      }
    }
  }

  /**
   * Says whom to tell from now on.
   *
   * @param next {@link PolicyListener#none}: there is no such time-out, or the breaker goes
   */
  void connect(PolicyListener next) {
    lock.lock();
    try {
      if (next == timeout) {
        return;
      }
      CircuitChanged open = opening;
      if (open != null) {
        timeout.on(new CircuitChanged(open.policy(), Circuit.OPEN, Circuit.CLOSED, "replaced"));
        next.on(open);
      }
      timeout = next;
    } finally {
      lock.unlock();
    }
  }
}
