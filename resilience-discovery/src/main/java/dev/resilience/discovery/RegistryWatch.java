package dev.resilience.discovery;

import dev.resilience.context.CancelReason;
import dev.resilience.context.CancellableContext;
import dev.resilience.context.Context;
import dev.resilience.context.Registration;
import dev.resilience.retry.Backoff;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * A watch that asks: when it is told that something may have changed, from time to time, and, while
 * the registry is away, after growing delays. One question or one delay is under way at a time.
 * What an answer is worth is the business of {@link Belief}.
 */
final class RegistryWatch implements Watch {

  /** A burst of changes is answered at once the first time, and then as one each so often. */
  private static final Duration BURST = Duration.ofMillis(10);

  private final StoredRegistry registry;
  private final String service;
  private final SnapshotListener listener;
  private final CancellableContext life;
  private final Backoff backoff;
  private final Belief belief;
  private final Serial serial = new Serial();
  private final AtomicBoolean hinted = new AtomicBoolean();
  private volatile @Nullable Snapshot latest;

  // Used by the steps of the serial alone.
  private boolean asking;
  private boolean inBurst;
  private boolean askAgain;
  private int failures;
  private Duration lastDelay = Duration.ZERO;
  private @Nullable CompletableFuture<?> delay;

  RegistryWatch(StoredRegistry registry, String service, SnapshotListener listener) {
    this.registry = registry;
    this.service = service;
    this.listener = listener;
    this.life = registry.owner.withCancel();
    this.backoff = registry.backoff();
    this.belief = new Belief(registry.keepVanished, registry.time());
  }

  void open(Context ctx, RegistryStore store) {
    Registration callersEnd = ctx.onDone(this::close);
    Registration hints = store.onChange(service, this::hint);
    life.onDone(
        () -> {
          hints.withdraw();
          callersEnd.withdraw();
        });
    serial.run(this::ask);
  }

  @Override
  public Optional<Snapshot> latest() {
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
                serial.run(this::askSoon);
              });
    }
  }

  private void askSoon() {
    if (asking || inBurst) {
      askAgain = true;
      return;
    }
    if (delay != null) {
      delay.cancel(false);
    }
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
        .whenComplete((answer, failure) -> serial.run(() -> answered(answer, failure)));
  }

  private void answered(@Nullable List<ServiceInstance> answer, @Nullable Throwable failure) {
    asking = false;
    if (life.isDone()) {
      return;
    }
    if (failure == null && answer != null) {
      failures = 0;
      lastDelay = Duration.ZERO;
      publish(belief.after(Snapshot.of(service, answer, registry.time())));
      inBurst = true;
      Duration pause = Pace.pauseFor(answer.size());
      in(pause.compareTo(BURST) > 0 ? pause : BURST, this::afterBurst);
    } else {
      failures++;
      belief.registryIsAway();
      Snapshot known = latest;
      if (known != null) {
        publish(known.asStale());
      }
      lastDelay = backoff.delay(failures, lastDelay, registry.time().random());
      in(lastDelay, this::ask);
    }
  }

  private void afterBurst() {
    inBurst = false;
    if (askAgain) {
      ask();
    } else {
      Duration refresh = Jitter.tenth(registry.refreshEvery, registry.time().random());
      in(belief.doubtEndsWithin(refresh), this::ask);
    }
  }

  private void publish(Snapshot snapshot) {
    Snapshot before = latest;
    latest = snapshot;
    if (before == null || !before.saysTheSameAs(snapshot)) {
      Serial.contained(() -> listener.on(snapshot));
    }
  }

  private void in(Duration time, Runnable step) {
    CompletionStage<@Nullable Void> waiting = life.delay(time);
    delay = waiting.toCompletableFuture();
    waiting.whenComplete(
        (nothing, end) -> {
          if (end == null) {
            serial.run(step);
          }
        });
  }

  @Override
  public String toString() {
    return "watch of " + service + ": " + latest;
  }
}
