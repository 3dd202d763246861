package dev.resilience.discovery;

import dev.resilience.context.CancelReason;
import dev.resilience.context.CancellableContext;
import dev.resilience.context.Context;
import dev.resilience.context.Registration;
import dev.resilience.retry.Backoff;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * A lease that is renewed. One thing is under way at a time, a question to the store or a delay;
 * the next one follows from its outcome. A heartbeat is a put like the first one, so a registry
 * that lost the registration gets it back with the next.
 */
final class HeldLease implements Lease {

  private final StoredRegistry registry;
  private final ServiceInstance instance;
  private final CancellableContext life;
  private final Backoff backoff;
  private final Serial serial = new Serial();
  private final CompletableFuture<@Nullable Void> withdrawn = new CompletableFuture<>();
  private volatile State state = State.TRYING;
  private volatile @Nullable Registration callersEnd;

  // Used by the steps of the serial alone.
  private boolean draining;
  private boolean asking;
  private boolean askAgain;
  private int failures;
  private Duration lastDelay = Duration.ZERO;
  private @Nullable CompletableFuture<?> delay;

  HeldLease(StoredRegistry registry, ServiceInstance instance) {
    this.registry = registry;
    this.instance = instance;
    this.draining = instance.isDraining();
    this.life = registry.owner.withCancel();
    this.backoff = registry.backoff();
  }

  void open(Context ctx) {
    life.onDone(() -> serial.run(this::leave));
    callersEnd = ctx.onDone(this::close);
    serial.run(this::beat);
  }

  String key() {
    return instance.service() + "/" + instance.id();
  }

  boolean isEnding() {
    return life.isDone();
  }

  @Override
  public ServiceInstance instance() {
    return instance;
  }

  @Override
  public State state() {
    return state;
  }

  @Override
  public void drain() {
    serial.run(
        () -> {
          if (!draining && !life.isDone()) {
            draining = true;
            askNow();
          }
        });
  }

  @Override
  public CompletionStage<@Nullable Void> withdrawn() {
    return withdrawn.minimalCompletionStage();
  }

  @Override
  public void close() {
    life.cancel(CancelReason.CLOSED);
    life.close();
    Registration registered = callersEnd;
    if (registered != null) {
      registered.withdraw();
    }
  }

  private void askNow() {
    if (asking) {
      askAgain = true;
      return;
    }
    if (delay != null) {
      delay.cancel(false);
    }
    beat();
  }

  private void beat() {
    if (asking || life.isDone()) {
      return;
    }
    asking = true;
    registry
        .put(life, described())
        .whenComplete((nothing, failure) -> serial.run(() -> answered(failure)));
  }

  private void answered(@Nullable Throwable failure) {
    asking = false;
    if (life.isDone()) {
      return;
    }
    if (failure == null) {
      failures = 0;
      lastDelay = Duration.ZERO;
      state = draining && !askAgain ? State.DRAINING : State.HELD;
    } else {
      failures++;
      state = State.TRYING;
    }
    if (askAgain) {
      askAgain = false;
      beat();
    } else {
      beatIn(failures == 0 ? untilNextBeat() : untilNextTry());
    }
  }

  private Duration untilNextBeat() {
    return Jitter.tenth(registry.leaseTime.dividedBy(3), registry.time().random());
  }

  private Duration untilNextTry() {
    lastDelay = backoff.delay(failures, lastDelay, registry.time().random());
    return lastDelay;
  }

  private void beatIn(Duration time) {
    CompletionStage<@Nullable Void> waiting = life.delay(time);
    delay = waiting.toCompletableFuture();
    waiting.whenComplete(
        (nothing, end) -> {
          if (end == null) {
            serial.run(this::beat);
          }
        });
  }

  /** Says that it drains, gives those who watch the time to see it, and goes. */
  private void leave() {
    draining = true;
    state = State.DRAINING;
    Registration registered = callersEnd;
    if (registered != null) {
      registered.withdraw();
    }
    CancellableContext farewell = registry.owner.detached().withTimeout(registry.farewellLimit());
    registry
        .put(farewell, described())
        .thenCompose(nothing -> farewell.delay(registry.farewell))
        .exceptionally(unheard -> null)
        .thenCompose(nothing -> removal(farewell))
        .whenComplete(
            (nothing, unheard) -> {
              farewell.close();
              state = State.WITHDRAWN;
              withdrawn.complete(null);
            });
  }

  private CompletionStage<@Nullable Void> removal(Context farewell) {
    return registry.forget(this)
        ? registry.remove(farewell, instance)
        : CompletableFuture.completedFuture(null);
  }

  private ServiceInstance described() {
    return draining ? instance.asDraining() : instance;
  }

  @Override
  public String toString() {
    return "lease of " + instance + ", " + state;
  }
}
