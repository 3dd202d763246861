package dev.resilience.breaker;

import dev.resilience.context.Context;
import dev.resilience.observe.CallReport;
import dev.resilience.observe.PolicyEvent;
import dev.resilience.observe.PolicyEvent.Circuit;
import dev.resilience.policy.TimeSourceGuard;
import dev.resilience.time.TimeSource;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.LongAdder;

/**
 * The state of a circuit, its changes, and the telling of them. Thread-safe, without a lock.
 *
 * <p>A change is one compare-and-set. The listener hears of the changes one after the other in the
 * order in which they happened: each state that was left names the next one, and whoever finds that
 * nobody is telling follows these names to their end. So what was heard last is the state.
 */
final class StateMachine {

  private static final VarHandle STATE;

  static {
    try {
      STATE = MethodHandles.lookup().findVarHandle(StateMachine.class, "state", State.class);
    } catch (ReflectiveOperationException impossible) {
      throw new ExceptionInInitializerError(impossible);
    }
  }

  private final BreakerConfig config;
  private final UsualDuration usual;
  private final TimeSourceGuard time;
  private final LongAdder opened = new LongAdder();
  private final AtomicBoolean isTelling = new AtomicBoolean();

  private volatile State state;

  /** The state of which the listener knows; written by whoever is telling. */
  private volatile State told;

  StateMachine(BreakerConfig config, UsualDuration usual) {
    this.config = config;
    this.usual = usual;
    this.time = TimeSourceGuard.of("breaker '" + config.name() + "'");
    this.state = closed(BreakerMode.AUTOMATIC);
    this.told = state;
  }

  State state() {
    return state;
  }

  /**
   * The clock of a call.
   *
   * @throws IllegalArgumentException if it is not the one that was measured with before
   */
  TimeSource timeOf(Context ctx) {
    return time.check(ctx);
  }

  /** The present reading of the clock that is measured with; 0 where none is yet. */
  long now() {
    TimeSource clock = time.known();
    return clock == null ? 0 : clock.nanoTime();
  }

  long openedCount() {
    return opened.sum();
  }

  /** Makes a change that the result of a call calls for, unless another one came before it. */
  void perform(Transition change, Context ctx) {
    State from = change.from();
    if (state != from) {
      return;
    }
    State to = next(from, change.to(), timeOf(ctx));
    if (STATE.compareAndSet(this, from, to)) {
      CallReport.tell(
          ctx, config.name(), new CallReport.Decision(to.circuit() + ", " + change.reason()));
      changed(from, new State.Departure(to, change.reason(), ctx));
    }
  }

  /** Makes a change by hand. */
  void force(State to, String reason) {
    changed((State) STATE.getAndSet(this, to), new State.Departure(to, reason, null));
  }

  Closed closed(BreakerMode mode) {
    Window window = mode == BreakerMode.FORCED_CLOSED ? Window.none() : Window.of(config);
    return new Closed(window, config.thresholds(), mode);
  }

  private State next(State from, Circuit to, TimeSource clock) {
    return switch (to) {
      case CLOSED -> closed(BreakerMode.AUTOMATIC);
      case OPEN -> {
        int round = from instanceof HalfOpen probed ? probed.round() + 1 : 0;
        yield Open.of(clock.nanoTime(), config.openTime(round, clock), round);
      }
      case HALF_OPEN ->
          new HalfOpen(config, from instanceof Open open ? open.round() : 0, clock.nanoTime());
    };
  }

  private void changed(State from, State.Departure how) {
    State to = how.to();
    if (from.circuit() != to.circuit()) {
      usual.watch();
    }
    if (to instanceof Open && !(from instanceof Open)) {
      opened.increment();
    }
    from.leave(how);
    tell();
  }

  private void tell() {
    do {
      if (!isTelling.compareAndSet(false, true)) {
        // Whoever is telling looks again when he is done.
        return;
      }
      try {
        for (State.Departure next = told.departure(); next != null; next = told.departure()) {
          State from = told;
          told = next.to();
          from.forgetDeparture();
          tell(from.circuit(), next);
        }
      } finally {
        isTelling.set(false);
      }
    } while (told.departure() != null);
  }

  private void tell(Circuit from, State.Departure change) {
    Circuit to = change.to().circuit();
    if (from == to) {
      return;
    }
    PolicyEvent event = new PolicyEvent.CircuitChanged(config.name(), from, to, change.reason());
    Context ctx = change.ctx();
    config.listener().on(ctx == null ? Context.background() : ctx, event);
  }
}
