package dev.resilience.discovery.registry;

import dev.resilience.context.CancelReason;
import dev.resilience.context.CancellableContext;
import dev.resilience.context.Context;
import dev.resilience.context.Registration;
import dev.resilience.discovery.SerialExecutor;
import dev.resilience.error.Failures;
import dev.resilience.retry.Backoff;
import dev.resilience.text.SafeText;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * A lease that is renewed. One thing is under way at a time, a question to the store or a delay;
 * the next one follows from its outcome. A heartbeat is a put like the first one, so a registry
 * that lost the registration gets it back with the next.
 */
final class HeartbeatLease implements Lease {

  private static final Logger LOG = System.getLogger(ServiceRegistry.class.getName());

  private final StoredRegistry registry;
  private final ServiceInstance instance;
  private final CancellableContext life;
  private final Backoff backoff;
  private final SerialExecutor serial;
  private final CompletableFuture<@Nullable Void> withdrawn = new CompletableFuture<>();
  private volatile State state = State.TRYING;
  private volatile @Nullable Throwable problem;
  private volatile @Nullable Registration callersEnd;

  // Used by the steps of the serial alone.
  private boolean draining;
  private boolean asking;
  private boolean askAgain;
  private int failures;
  private Duration lastDelay = Duration.ZERO;

  @SuppressWarnings("MustBeClosed") // closed when it is withdrawn
  HeartbeatLease(StoredRegistry registry, ServiceInstance instance) {
    this.registry = registry;
    this.instance = instance;
    this.draining = instance.isDraining();
    this.life = registry.owner.withCancel();
    this.backoff = registry.backoff();
    this.serial = new SerialExecutor(life);
  }

  void open(Context ctx) {
    life.onDone(() -> serial.execute(this::leave));
    callersEnd = ctx.onDone(this::close);
    serial.execute(this::beat);
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
  public Optional<Throwable> problem() {
    return Optional.ofNullable(problem);
  }

  @Override
  public void drain() {
    serial.execute(
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
    serial.clearTimer();
    beat();
  }

  private void beat() {
    if (asking || life.isDone()) {
      return;
    }
    asking = true;
    registry
        .put(life, described())
        .handle(
            (nothing, failure) -> {
              serial.execute(() -> answered(failure));
              return null;
            });
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
      problem = null;
    } else {
      failures++;
      failed(failure);
    }
    if (askAgain) {
      askAgain = false;
      beat();
    } else {
      serial.executeIn(failures == 0 ? untilNextBeat() : untilNextTry(), this::beat);
    }
  }

  private void failed(Throwable failure) {
    Throwable raw = Failures.unwrap(failure);
    problem = raw;
    State now = raw instanceof InstanceTakenException ? State.TAKEN : State.TRYING;
    // Once for each change, and not for each try.
    if (state != now || failures == 1) {
      SerialExecutor.contained(
          () -> LOG.log(Level.WARNING, () -> instance + " is not registered: " + SafeText.of(raw)));
    }
    state = now;
  }

  private Duration untilNextBeat() {
    return registry.heartbeats.delay(1, Duration.ZERO, registry.time().random());
  }

  private Duration untilNextTry() {
    lastDelay = backoff.delay(failures, lastDelay, registry.time().random());
    return lastDelay;
  }

  /** Says that it drains, gives those who watch the time to see it, and goes. */
  private void leave() {
    draining = true;
    state = State.DRAINING;
    Registration registered = callersEnd;
    if (registered != null) {
      registered.withdraw();
    }
    @SuppressWarnings("MustBeClosed") // closed when the registry has answered
    CancellableContext deregistration =
        registry.owner.detached().withTimeout(registry.deregistrationTimeout());
    registry
        .put(deregistration, described())
        .thenCompose(nothing -> deregistration.delay(registry.deregistrationDelay))
        .exceptionally(unheard -> null)
        .thenCompose(nothing -> removal(deregistration))
        .handle(
            (nothing, unheard) -> {
              deregistration.close();
              state = State.WITHDRAWN;
              withdrawn.complete(null);
              return null;
            });
  }

  private CompletionStage<@Nullable Void> removal(Context deregistration) {
    return registry.forget(this)
        ? registry.remove(deregistration, instance)
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
