package dev.resilience.discovery.registry;

import dev.resilience.context.CancelReason;
import dev.resilience.context.CancellableContext;
import dev.resilience.context.Context;
import dev.resilience.context.Registration;
import dev.resilience.discovery.DecisionInterval;
import dev.resilience.discovery.SerialExecutor;
import dev.resilience.retry.Backoff;
import dev.resilience.text.SafeText;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * A watch that asks: when it is told that something may have changed, from time to time, and, while
 * the registry is away, after growing delays. One question or one delay is under way at a time.
 * What an answer is worth is the business of {@link StaleAnswerGuard}.
 */
final class RegistryWatch implements Watch {

  private static final Logger LOG = System.getLogger(ServiceRegistry.class.getName());

  /** A burst of changes is answered at once the first time, and then as one each so often. */
  private static final Duration BURST = Duration.ofMillis(10);

  private final StoredRegistry registry;
  private final String service;
  private final SnapshotListener listener;
  private final CancellableContext life;
  private final Backoff backoff;
  private final StaleAnswerGuard guard;
  private final SerialExecutor serial;
  private final AtomicBoolean hinted = new AtomicBoolean();
  private volatile @Nullable ServiceSnapshot latest;

  // Used by the steps of the serial alone.
  private boolean asking;
  private boolean inBurst;
  private boolean askAgain;
  private int failures;
  private Duration lastDelay = Duration.ZERO;

  @SuppressWarnings("MustBeClosed") // closed by close()
  RegistryWatch(StoredRegistry registry, String service, SnapshotListener listener) {
    this.registry = registry;
    this.service = service;
    this.listener = listener;
    this.life = registry.owner.withCancel();
    this.backoff = registry.backoff();
    this.serial = new SerialExecutor(life);
    this.guard = new StaleAnswerGuard(registry.staleInstanceGrace, registry.time());
  }

  void open(Context ctx, RegistryStore store) {
    Registration callersEnd = ctx.onDone(this::close);
    Registration hints = hintsOf(store);
    life.onDone(
        () -> {
          hints.withdraw();
          callersEnd.withdraw();
        });
    serial.execute(this::ask);
  }

  /** Without hints it asks from time to time. */
  private Registration hintsOf(RegistryStore store) {
    try {
      return Objects.requireNonNull(store.onChange(service, this::hint), "registration of a hint");
    } catch (Throwable thrown) {
      SerialExecutor.contained(
          () -> SafeText.log(LOG, Level.WARNING, this + ": no hints of changes", thrown));
      return () -> false;
    }
  }

  @Override
  public Optional<ServiceSnapshot> latest() {
    return Optional.ofNullable(latest);
  }

  @Override
  public void close() {
    life.cancel(CancelReason.CLOSED);
    life.close();
  }

  /** Whoever changes the registry does not do the work of those who watch. */
  private void hint() {
    if (!life.isDone() && hinted.compareAndSet(false, true)) {
      registry
          .time()
          .executor()
          .execute(
              () -> {
                hinted.set(false);
                serial.execute(this::askSoon);
              });
    }
  }

  private void askSoon() {
    if (asking || inBurst) {
      askAgain = true;
      return;
    }
    serial.clearTimer();
    ask();
  }

  private void ask() {
    if (asking || life.isDone()) {
      return;
    }
    asking = true;
    askAgain = false;
    registry
        .list(life, service)
        .handle(
            (answer, failure) -> {
              serial.execute(() -> answered(answer, failure));
              return null;
            });
  }

  private void answered(@Nullable List<ServiceInstance> answer, @Nullable Throwable failure) {
    asking = false;
    if (life.isDone()) {
      return;
    }
    ServiceSnapshot snapshot = failure == null ? snapshotOf(answer) : null;
    if (snapshot != null) {
      failures = 0;
      lastDelay = Duration.ZERO;
      publish(guard.after(snapshot));
      inBurst = true;
      Duration pause = DecisionInterval.of(snapshot.registered().size());
      serial.executeIn(pause.compareTo(BURST) > 0 ? pause : BURST, this::afterBurst);
    } else {
      failures++;
      guard.registryIsAway();
      ServiceSnapshot known = latest;
      if (known != null) {
        publish(known.asStale());
      }
      lastDelay = backoff.delay(failures, lastDelay, registry.time().random());
      serial.executeIn(lastDelay, this::ask);
    }
  }

  /** Null: the store has answered with something that is no list of instances. */
  private @Nullable ServiceSnapshot snapshotOf(@Nullable List<ServiceInstance> answer) {
    try {
      return ServiceSnapshot.of(
          service, Objects.requireNonNull(answer, "answer of the store"), registry.time());
    } catch (Throwable thrown) {
      SerialExecutor.contained(
          () -> SafeText.log(LOG, Level.WARNING, this + ": an answer is no list", thrown));
      return null;
    }
  }

  private void afterBurst() {
    inBurst = false;
    if (askAgain) {
      ask();
    } else {
      Duration refresh = registry.refreshes.delay(1, Duration.ZERO, registry.time().random());
      serial.executeIn(guard.doubtEndsWithin(refresh), this::ask);
    }
  }

  private void publish(ServiceSnapshot snapshot) {
    ServiceSnapshot before = latest;
    latest = snapshot;
    if (before == null || !before.saysTheSameAs(snapshot)) {
      SerialExecutor.contained(() -> listener.on(snapshot));
    }
  }

  @Override
  public String toString() {
    return "watch of " + service + ": " + latest;
  }
}
