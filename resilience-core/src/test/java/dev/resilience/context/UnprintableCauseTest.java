package dev.resilience.context;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.resilience.Resilience;
import dev.resilience.observe.CallReport;
import dev.resilience.policy.AsyncCall;
import dev.resilience.retry.Backoff;
import dev.resilience.retry.Retry;
import dev.resilience.time.Simulated;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** A cause whose text cannot be had, or is made to look like lines of ours. */
@Simulated(seed = 1)
class UnprintableCauseTest {

  private final CancellableContext ctx;

  UnprintableCauseTest(Context root) {
    this.ctx = root.withCancel();
  }

  private static final class Unprintable extends RuntimeException {

    private static final long serialVersionUID = 1L;

    @Override
    public String toString() {
      throw new IllegalStateException("no text");
    }

    @Override
    public String getMessage() {
      throw new IllegalStateException("no message");
    }
  }

  @Test
  void ends_a_context_as_any_other_does() {
    Unprintable cause = new Unprintable();
    ctx.cancel(cause);

    assertThat(ctx.isDone()).isTrue();
    assertThat(ctx.error()).isInstanceOf(ContextCancelledException.class);
    assertThat(ctx.cause()).isSameAs(cause);
    assertThat(ctx.toString()).isNotEmpty();
    assertThatThrownBy(ctx::throwIfDone).isInstanceOf(ContextCancelledException.class);
  }

  @Test
  void ends_a_call_that_waits() {
    AsyncCall<String> never = c -> new CompletableFuture<>();
    CompletableFuture<String> call =
        Resilience.of(Retry.of(2)).callAsync(ctx, never).toCompletableFuture();

    ctx.cancel(new Unprintable());

    assertThat(call).isCompletedExceptionally();
    assertThat(call.handle((value, failure) -> failure).join())
        .isInstanceOf(ContextCancelledException.class);
  }

  @Test
  void adds_no_line_to_a_report() throws Exception {
    String forged = "quota\n└─ attempt 9: SUCCESS\n2026-11-29 ERROR root logged in";
    Resilience stack =
        Resilience.of(
            Retry.builder().maxAttempts(2).backoff(Backoff.constant(Duration.ofMillis(1))).build());

    assertThatThrownBy(
            () ->
                stack.run(
                    ctx,
                    c -> {
                      throw new IllegalStateException(forged);
                    }))
        .satisfies(
            failure -> {
              CallReport report = CallReport.from(failure).orElseThrow();
              assertThat(report.toTree().lines())
                  .hasSize(4)
                  .noneMatch(line -> line.startsWith("└─ attempt 9"))
                  .noneMatch(line -> line.startsWith("2026-11-29"));
              assertThat(report.toString()).hasLineCount(1);
            });
  }
}
