package dev.resilience.chaos;

import static java.util.Objects.requireNonNull;

import dev.resilience.chaos.Fault.Kind;
import dev.resilience.context.CancellableContext;
import dev.resilience.context.Context;
import dev.resilience.error.Failures;
import dev.resilience.observe.CallReport;
import dev.resilience.observe.CallReport.Decision;
import dev.resilience.observe.PolicyEvent.FaultInjected;
import dev.resilience.observe.PolicyListener;
import dev.resilience.policy.AsyncCall;
import dev.resilience.policy.Call;
import dev.resilience.policy.ContextPolicy;
import dev.resilience.policy.Next;
import dev.resilience.stage.Stages;
import dev.resilience.text.SafeText;
import dev.resilience.time.Durations;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Injects faults: a share of the calls fails, waits, hangs, is rejected, or gets a made-up result.
 * To see in a test, a demonstration or a game day what a stack makes of a bad dependency.
 *
 * <pre>{@code
 * Chaos chaos = Chaos.of("payments");                        // harmless until told
 * Resilience payments = Resilience.of(retry, breaker, timeout, chaos);
 *
 * chaos.inject(Fault.slow(0.5, ofMillis(400)), Fault.error(0.2));
 * ...
 * chaos.clear();
 * }</pre>
 *
 * <p>Stands innermost, in the place of the dependency: what is outside of it cannot tell its faults
 * from real ones. A call is hit by one fault at the most. What was injected is in the report of the
 * call and told to the listener. Waits end with the context of the call, and when the faults are
 * changed; a call that waited then goes on to the dependency.
 *
 * <p>The faults can be changed and switched off at any time. The system property {@code
 * -Dresilience.chaos=off}, read when a policy is built, switches it off for good, so that no
 * mistake in a configuration reaches production.
 *
 * <p>Chance comes from the time source of the call: under virtual time the same seed hits the same
 * calls.
 *
 * <p>Thread-safe. A call costs a volatile read while there are no faults or they are switched off,
 * about a nanosecond; else a random number, and more only if it is hit.
 */
public final class Chaos implements ContextPolicy {

  /** The system property that switches fault injection off if its value is {@code off}. */
  public static final String PROPERTY = "resilience.chaos";

  private final String name;
  private final PolicyListener listener;
  private final @Nullable Predicate<? super Context> filter;
  private final boolean isAllowed = !"off".equalsIgnoreCase(System.getProperty(PROPERTY));
  private final Pauses pauses = new Pauses();
  private final Map<Kind, LongAdder> injected = new EnumMap<>(Kind.class);

  private final ReentrantLock lock = new ReentrantLock();

  // Written under the lock.
  private volatile Faults faults;
  private volatile boolean isOn = true;

  /**
   * The faults as long as they can hit anybody; null: nothing to do. The only thing a call reads.
   */
  private volatile @Nullable Faults active;

  private Chaos(Builder builder) {
    this.name = builder.name;
    this.listener = builder.listener;
    this.filter = builder.filter;
    this.faults = builder.faults;
    for (Kind kind : Kind.values()) {
      injected.put(kind, new LongAdder());
    }
    activate();
  }

  /**
   * Returns a policy without faults, for {@link #inject}.
   *
   * @param name for events, reports and messages; not blank
   */
  public static Chaos of(String name) {
    return builder(name).build();
  }

  /**
   * Returns a builder with all defaults set.
   *
   * @param name for events, reports and messages; not blank
   */
  public static Builder builder(String name) {
    return new Builder(name);
  }

  /** The name in events, reports and messages. */
  public String name() {
    return name;
  }

  /**
   * Injects these faults from now on, in place of those before; who waits because of those, goes
   * on. Whether faults are switched on or off stays as it is.
   *
   * @param newFaults a call is hit by one at the most, so their rates add up to at most 1; none:
   *     the same as {@link #clear}
   */
  public void inject(Fault... newFaults) {
    change(Faults.of(newFaults), null);
  }

  /** Injects nothing from now on; who waits goes on. */
  public void clear() {
    change(Faults.NONE, null);
  }

  /** Switches the faults off and keeps them; who waits goes on. */
  public void switchOff() {
    change(null, false);
  }

  /** Switches the faults on again. Without effect where the system property forbids it. */
  public void switchOn() {
    change(null, true);
  }

  private void change(@Nullable Faults newFaults, @Nullable Boolean newIsOn) {
    lock.lock();
    try {
      if (newFaults != null) {
        faults = newFaults;
      }
      if (newIsOn != null) {
        isOn = newIsOn;
      }
      activate();
    } finally {
      lock.unlock();
    }
    pauses.release();
  }

  private void activate() {
    active = isAllowed && isOn && !faults.isHarmless() ? faults : null;
  }

  /** Whether faults are injected, if there are any. */
  public boolean isOn() {
    return isAllowed && isOn;
  }

  /** The figures as of now. */
  public ChaosSnapshot snapshot() {
    Map<Kind, Long> counts = new EnumMap<>(Kind.class);
    injected.forEach((kind, count) -> counts.put(kind, count.sum()));
    return new ChaosSnapshot(name, isOn(), faults.all(), counts, pauses.count());
  }

  @Override
  public <T extends @Nullable Object, X extends Throwable> T call(
      Context ctx, Next next, Call<T, X> work) throws X {
    Faults now = active;
    return now == null ? next.call(ctx, work) : callUnderFaults(now, ctx, next, work);
  }

  @SuppressWarnings({"unchecked", "NullAway"}) // what the user gives as the result
  private <T extends @Nullable Object, X extends Throwable> T callUnderFaults(
      Faults now, Context ctx, Next next, Call<T, X> work) throws X {
    Fault fault = draw(now, ctx);
    if (fault == null) {
      return next.call(ctx, work);
    }
    switch (fault.kind()) {
      case ERROR -> throw Failures.<X>asThrown(fault.failure(name));
      case REJECT -> throw new InjectedRejectionException(name);
      case RESULT -> {
        return (T) fault.result();
      }
      case BEHAVIOUR -> Chaos.<X>behave(fault, ctx);
      case SLOW, HANG -> pause(now, fault, ctx);
    }
    return next.call(ctx, work);
  }

  private void pause(Faults now, Fault fault, Context ctx) {
    CancellableContext pause = pauses.begin(ctx, time(fault, ctx));
    try {
      // Faults that were changed between the draw and here have released the others already.
      if (active == now) {
        pause.awaitDone();
      }
    } catch (InterruptedException interrupted) {
      throw Failures.interrupted(ctx, interrupted);
    } finally {
      pauses.end(pause);
    }
    ctx.throwIfDone();
  }

  @Override
  public <T extends @Nullable Object> CompletionStage<T> callAsync(
      Context ctx, Next next, AsyncCall<T> work) {
    Faults now = active;
    if (now == null) {
      return next.callAsync(ctx, work);
    }
    try {
      return callAsyncUnderFaults(now, ctx, next, work);
    } catch (Throwable failure) {
      return CompletableFuture.failedFuture(failure);
    }
  }

  @SuppressWarnings({"unchecked", "NullAway"}) // what the user gives as the result
  private <T extends @Nullable Object> CompletionStage<T> callAsyncUnderFaults(
      Faults now, Context ctx, Next next, AsyncCall<T> work) {
    Fault fault = draw(now, ctx);
    if (fault == null) {
      return next.callAsync(ctx, work);
    }
    switch (fault.kind()) {
      case ERROR -> {
        return CompletableFuture.failedFuture(fault.failure(name));
      }
      case REJECT -> {
        return CompletableFuture.failedFuture(new InjectedRejectionException(name));
      }
      case RESULT -> {
        return CompletableFuture.completedFuture((T) fault.result());
      }
      case SLOW, HANG -> {
        return pauseAsync(now, fault, ctx, next, work);
      }
      case BEHAVIOUR -> Chaos.<RuntimeException>behave(fault, ctx);
    }
    return next.callAsync(ctx, work);
  }

  private <T extends @Nullable Object> CompletionStage<T> pauseAsync(
      Faults now, Fault fault, Context ctx, Next next, AsyncCall<T> work) {
    CompletableFuture<T> result = new CompletableFuture<>();
    CancellableContext pause = pauses.begin(ctx, time(fault, ctx));
    pause.onDone(
        () -> {
          pauses.end(pause);
          if (ctx.isDone()) {
            result.completeExceptionally(ctx.toException());
          } else {
            Stages.forward(next.callAsync(ctx, work), result);
          }
        });
    if (active != now) {
      pauses.release(pause);
    }
    return result;
  }

  private static Duration time(Fault fault, Context ctx) {
    return fault.kind() == Kind.HANG
        ? Durations.MAX
        : fault.latency(ctx.timeSource().random().nextDouble());
  }

  private static <X extends Throwable> void behave(Fault fault, Context ctx) throws X {
    try {
      fault.action().run(ctx);
    } catch (InterruptedException interrupted) {
      throw Failures.interrupted(ctx, interrupted);
    } catch (Throwable failure) {
      throw Failures.<X>asThrown(failure);
    }
  }

  private @Nullable Fault draw(Faults now, Context ctx) {
    if (filter != null && !filter.test(ctx)) {
      return null;
    }
    Fault fault = now.hit(ctx.timeSource().random().nextDouble());
    if (fault != null) {
      requireNonNull(injected.get(fault.kind())).increment();
      CallReport.tell(ctx, name, new Decision("injected: " + fault.what()));
      listener.on(ctx, new FaultInjected(name, fault.what()));
    }
    return fault;
  }

  @Override
  public String toString() {
    Faults now = active;
    return name + (now == null ? " (no faults)" : " (injects " + now.all() + ")");
  }

  /** Builds a {@link Chaos}. Not thread-safe. */
  public static final class Builder {

    private final String name;
    private Faults faults = Faults.NONE;
    private PolicyListener listener = PolicyListener.none();
    private @Nullable Predicate<? super Context> filter;

    private Builder(String name) {
      this.name = SafeText.name(name);
    }

    /**
     * Injected from the start.
     *
     * @param newFaults as of {@link Chaos#inject}. Default: none
     */
    public Builder faults(Fault... newFaults) {
      faults = Faults.of(newFaults);
      return this;
    }

    /**
     * Which calls can be hit: those of test users, of one tenant. Default: all.
     *
     * @param newFilter asked for each call while there are faults; fails the call if it throws
     */
    public Builder onlyIf(Predicate<? super Context> newFilter) {
      filter = requireNonNull(newFilter, "filter");
      return this;
    }

    /** Hears of each call that is hit. Default: nobody. */
    public Builder listener(PolicyListener newListener) {
      listener = PolicyListener.contained(newListener);
      return this;
    }

    /** The policy. */
    public Chaos build() {
      return new Chaos(this);
    }
  }
}
