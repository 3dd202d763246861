package dev.resilience.discovery.health;

import dev.resilience.Resilience;
import dev.resilience.context.CancelReason;
import dev.resilience.context.CancellableContext;
import dev.resilience.context.Context;
import dev.resilience.context.Registration;
import dev.resilience.discovery.SerialExecutor;
import dev.resilience.discovery.registry.ServiceInstance;
import dev.resilience.error.Failures;
import dev.resilience.retry.Backoff;
import dev.resilience.timeout.FixedTimeout;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Checks one instance again and again, until it is closed or its owner ends. A {@link
 * dev.resilience.discovery.client.ServiceClient} has one for each instance.
 *
 * <p>At most one check is under way: while one goes on after its time-out, each interval counts as
 * another bad check, and none is begun. So a check that hangs holds one thread, not one for each
 * interval.
 *
 * <p>Thread-safe.
 */
public final class HealthMonitor implements AutoCloseable {

  private static final double JITTER = 0.2;

  private final CancellableContext life;
  private final HealthChecks checks;
  private final Consumer<HealthStatus> listener;
  private final Resilience limited;
  private final Backoff intervals;
  private final SerialExecutor serial;
  private volatile ServiceInstance instance;
  private volatile HealthStatus status = HealthStatus.UNKNOWN;

  // Used by the steps of the serial executor alone.
  private final HealthRecord history;
  private boolean underWay;

  @SuppressWarnings("MustBeClosed") // closed by close()
  private HealthMonitor(
      Context owner,
      HealthChecks checks,
      ServiceInstance instance,
      Consumer<HealthStatus> listener) {
    this.life = owner.withCancel();
    this.checks = checks;
    this.instance = instance;
    this.listener = listener;
    this.limited = Resilience.of(FixedTimeout.builder("health check", checks.timeout()).build());
    this.intervals = Backoff.constant(checks.interval()).withJitter(JITTER);
    this.serial = new SerialExecutor(life);
    this.history = new HealthRecord(checks);
  }

  /**
   * Starts with a check at once.
   *
   * @param owner when it ends, so does the monitor
   * @param checks what is done, and how often
   * @param instance which instance
   * @param listener called after each check, by one thread at a time, without a lock; what it
   *     throws is logged
   */
  public static HealthMonitor start(
      Context owner,
      HealthChecks checks,
      ServiceInstance instance,
      Consumer<HealthStatus> listener) {
    HealthMonitor monitor =
        new HealthMonitor(
            Objects.requireNonNull(owner, "owner"),
            Objects.requireNonNull(checks, "checks"),
            Objects.requireNonNull(instance, "instance"),
            Objects.requireNonNull(listener, "listener"));
    monitor.serial.execute(monitor::check);
    return monitor;
  }

  /** What the checks have shown so far. */
  public HealthStatus status() {
    return status;
  }

  /** The next check goes by a newer description of the instance. */
  public void update(ServiceInstance newer) {
    instance = Objects.requireNonNull(newer, "newer");
  }

  /** Ends the monitor and cancels the check under way. */
  @Override
  public void close() {
    life.cancel(CancelReason.CLOSED);
    life.close();
  }

  private void check() {
    if (life.isDone()) {
      return;
    }
    if (underWay) {
      checked(new UnhealthyException("the last check has not ended yet"));
      return;
    }
    underWay = true;
    limited
        .<@Nullable Object>callAsync(life, this::begin)
        .handle(
            (nothing, failure) -> {
              Throwable raw = failure == null ? null : Failures.unwrap(failure);
              serial.execute(() -> checked(raw));
              return null;
            });
  }

  /** Checks must not block, but who has one that does shall have no other harm from it. */
  private CompletionStage<@Nullable Object> begin(Context ctx) {
    CompletableFuture<@Nullable Object> ended = new CompletableFuture<>();
    ctx.timeSource().executor().execute(() -> begin(ctx, ended));
    return ended;
  }

  /** The check itself may go on for longer than anybody waits for it. */
  private void begin(Context ctx, CompletableFuture<@Nullable Object> ended) {
    CompletionStage<? extends @Nullable Object> stage;
    try {
      stage = Objects.requireNonNull(checks.check().check(ctx, instance), "stage of the check");
    } catch (Throwable thrown) {
      stage = CompletableFuture.failedFuture(thrown);
    }
    CompletionStage<? extends @Nullable Object> begun = stage;
    Registration end = ctx.onDone(() -> cancel(begun));
    begun.handle(
        (result, failure) -> {
          end.withdraw();
          serial.execute(() -> underWay = false);
          if (failure == null) {
            ended.complete(null);
          } else {
            ended.completeExceptionally(failure);
          }
          return null;
        });
  }

  /**
   * A future that can be cancelled is over then, even if whoever made it has lost it. Checks that
   * hold a thread return one that cannot, and are under way until the thread is free.
   */
  private static void cancel(CompletionStage<?> stage) {
    try {
      stage.toCompletableFuture().cancel(true);
    } catch (UnsupportedOperationException notEvenThat) {
      // It is under way until it completes.
    }
  }

  private void checked(@Nullable Throwable failure) {
    if (life.isDone()) {
      return;
    }
    HealthStatus now = history.add(failure, life.timeSource().instant());
    status = now;
    SerialExecutor.contained(() -> listener.accept(now));
    Duration pause = intervals.delay(1, Duration.ZERO, life.timeSource().random());
    serial.executeIn(pause, this::check);
  }
}
