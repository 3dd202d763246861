package dev.resilience.discovery;

import dev.resilience.Resilience;
import dev.resilience.context.Context;
import dev.resilience.timeout.FixedTimeout;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Checks one instance again and again, until its context ends. */
final class Checking {

  private static final double JITTER = 0.2;

  private final Context ctx;
  private final HealthChecks checks;
  private final ServiceInstance instance;
  private final Consumer<@Nullable Throwable> result;
  private final Resilience limited;

  private Checking(
      Context ctx,
      HealthChecks checks,
      ServiceInstance instance,
      Consumer<@Nullable Throwable> result) {
    this.ctx = ctx;
    this.checks = checks;
    this.instance = instance;
    this.result = result;
    this.limited = Resilience.of(FixedTimeout.builder(checks.limit()).name("health check").build());
  }

  /**
   * Begins, with a check at once.
   *
   * @param result told of each result: null for a good one
   */
  static void start(
      Context ctx,
      HealthChecks checks,
      ServiceInstance instance,
      Consumer<@Nullable Throwable> result) {
    new Checking(ctx, checks, instance, result).check();
  }

  private void check() {
    if (ctx.isDone()) {
      return;
    }
    limited
        .<@Nullable Object>callAsync(
            ctx, c -> checks.check().check(c, instance).thenApply(anything -> null))
        .whenComplete((nothing, failure) -> checked(failure));
  }

  private void checked(@Nullable Throwable failure) {
    if (ctx.isDone()) {
      return;
    }
    result.accept(failure);
    ctx.delay(Jitter.share(checks.interval(), JITTER, ctx.timeSource().random()))
        .whenComplete(
            (nothing, end) -> {
              if (end == null) {
                check();
              }
            });
  }
}
