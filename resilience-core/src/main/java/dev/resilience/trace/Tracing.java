package dev.resilience.trace;

import dev.resilience.context.Context;
import dev.resilience.error.Failures;
import dev.resilience.policy.AsyncCall;
import dev.resilience.policy.Call;
import dev.resilience.stage.Stages;
import dev.resilience.text.SafeText;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * Starts spans, on whatever {@link SpanSource} the context has.
 *
 * <pre>{@code
 * Receipt receipt = Tracing.call(ctx, "processPayment", c -> gateway.charge(c, order));
 * }</pre>
 *
 * <p>Under a context without a source this costs a look at its values, and {@link #call} runs the
 * work as if it stood alone.
 */
public final class Tracing {

  private Tracing() {}

  /**
   * Starts a span for work inside of this process.
   *
   * @param ctx the work's
   * @param name the operation, the same for all its executions: no ids; not blank
   */
  public static ActiveSpan start(Context ctx, String name) {
    return start(ctx, name, SpanRole.INTERNAL);
  }

  /**
   * Starts a span.
   *
   * @param ctx the work's
   * @param name the operation, the same for all its executions: no ids; not blank
   * @param role where the other end is
   */
  public static ActiveSpan start(Context ctx, String name, SpanRole role) {
    Objects.requireNonNull(role, "role");
    String shown = SafeText.name(name);
    SpanSource source = SpanSource.of(ctx);
    return source == null ? new NoSpan(ctx) : source.start(ctx, shown, role);
  }

  /**
   * Does work in a span of its own, which is closed however the work ends.
   *
   * @param ctx the work's
   * @param name the operation, the same for all its executions: no ids; not blank
   * @param work gets the context of the span
   * @return the result of the work
   * @throws X what the work throws, as it was thrown
   */
  public static <T extends @Nullable Object, X extends Throwable> T call(
      Context ctx, String name, Call<T, X> work) throws X, InterruptedException {
    Objects.requireNonNull(work, "work");
    try (ActiveSpan span = start(ctx, name)) {
      try {
        return work.call(span.context());
      } catch (Throwable failure) {
        span.failed(failure);
        throw failure;
      }
    }
  }

  /**
   * Starts work in a span of its own, which is closed when the work's stage completes.
   *
   * @param ctx the work's
   * @param name the operation, the same for all its executions: no ids; not blank
   * @param work gets the context of the span
   * @return a stage that completes as the work's, after the span was closed
   */
  public static <T extends @Nullable Object> CompletionStage<T> callAsync(
      Context ctx, String name, AsyncCall<T> work) {
    Objects.requireNonNull(work, "work");
    ActiveSpan span = start(ctx, name);
    CompletionStage<T> stage;
    try {
      stage = Objects.requireNonNull(work.call(span.context()), "the work's stage");
    } catch (Throwable failure) {
      span.failed(failure);
      span.close();
      return CompletableFuture.failedFuture(Failures.unwrap(failure));
    }
    CompletableFuture<T> told = new CompletableFuture<>();
    Stages.watch(
        stage,
        told,
        (result, failure) -> {
          if (failure != null) {
            span.failed(failure);
          }
          span.close();
          Stages.complete(told, result, failure);
        });
    return told;
  }
}
