package dev.resilience.observe;

import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.resilience.Resilience;
import dev.resilience.context.CancelReason;
import dev.resilience.context.CancellableContext;
import dev.resilience.context.Context;
import dev.resilience.error.AttemptTimeoutException;
import dev.resilience.error.CallInterruptedException;
import dev.resilience.error.ConcurrencyLimitExceededException;
import dev.resilience.time.VirtualTime;
import java.io.IOException;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

class ErrorAnalysisTest {

  private final VirtualTime.Manual time = VirtualTime.manual();
  private final Context root = Context.background(time);
  private final CancellableContext caller = root.withTimeout(ofSeconds(2));
  private final ErrorAnalysis analysis = ErrorAnalysis.ofDefaults();

  @Nested
  class Kinds {

    @Test
    void the_user_cancelled() {
      caller.cancel(CancelReason.USER);
      // Whatever exception came out.
      assertThat(analysis.kindOf(caller, new IOException("closed")))
          .isEqualTo(ErrorKind.USER_CANCELLED);
    }

    @Test
    void somebody_cancelled_without_a_cause() {
      caller.cancel();
      assertThat(analysis.kindOf(caller, caller.toException())).isEqualTo(ErrorKind.USER_CANCELLED);
    }

    @Test
    void the_future_was_cancelled() {
      AtomicReference<Context> given = new AtomicReference<>();
      CompletionStage<String> stage =
          Resilience.of()
              .callAsync(
                  caller,
                  c -> {
                    given.set(c);
                    return new CompletableFuture<>();
                  });
      stage.toCompletableFuture().cancel(true);
      assertThat(analysis.kindOf(given.get(), new CancellationException()))
          .isEqualTo(ErrorKind.USER_CANCELLED);
    }

    @Test
    void the_system_cancelled() {
      caller.cancel(CancelReason.SHUTDOWN);
      assertThat(analysis.kindOf(caller, caller.toException()))
          .isEqualTo(ErrorKind.SYSTEM_CANCELLED);
    }

    @Test
    void a_sibling_failed() {
      caller.cancel(new IOException("sibling"));
      assertThat(analysis.kindOf(caller, caller.toException()))
          .isEqualTo(ErrorKind.SYSTEM_CANCELLED);
    }

    @Test
    void a_cause_that_is_said_to_be_the_users() {
      class UserLeft extends Exception {
        private static final long serialVersionUID = 1L;
      }
      caller.cancel(new UserLeft());
      assertThat(
              analysis
                  .userCancellationIf(cause -> cause instanceof UserLeft)
                  .kindOf(caller, caller.toException()))
          .isEqualTo(ErrorKind.USER_CANCELLED);
    }

    @Test
    void the_thread_was_interrupted() {
      assertThat(analysis.kindOf(caller, new CallInterruptedException(new InterruptedException())))
          .isEqualTo(ErrorKind.SYSTEM_CANCELLED);
    }

    @Test
    void a_limit_passed() {
      assertThat(analysis.kindOf(caller, new AttemptTimeoutException("timeout", ofSeconds(1))))
          .isEqualTo(ErrorKind.TIMED_OUT);
    }

    @Test
    void the_deadline_passed() {
      time.advance(ofSeconds(2));
      assertThat(analysis.kindOf(caller, new IOException("aborted")))
          .isEqualTo(ErrorKind.DEADLINE_EXCEEDED);
    }

    @Test
    void rejected() {
      assertThat(analysis.kindOf(caller, new ConcurrencyLimitExceededException("full")))
          .isEqualTo(ErrorKind.REJECTED);
    }

    @Test
    void the_work_failed_also_with_a_cancellation_that_nobody_caused() {
      assertThat(analysis.kindOf(caller, new CompletionException(new IOException("refused"))))
          .isEqualTo(ErrorKind.OTHER);
      assertThat(analysis.kindOf(caller, new CancellationException())).isEqualTo(ErrorKind.OTHER);
    }
  }

  @Nested
  class Collecting {

    private final IOException failure = new IOException("refused");

    @Test
    void cancellations_are_counted_and_never_abort() {
      ErrorCollector errors = ErrorCollector.builder().maxErrors(0).minimumOperations(1).build();
      caller.cancel(CancelReason.USER);
      for (int i = 0; i < 100; i++) {
        errors.failed(caller, caller.toException());
      }
      assertThat(errors.count(ErrorKind.USER_CANCELLED)).isEqualTo(100);
      assertThat(errors.errors()).isZero();
      assertThat(errors.shouldAbort()).isFalse();
      assertThat(errors.lastErrors()).isEmpty();
    }

    @Test
    void too_many_errors_abort() {
      ErrorCollector errors = ErrorCollector.builder().maxErrors(2).build();
      errors.failed(root, failure);
      errors.failed(root, new ConcurrencyLimitExceededException("full"));
      assertThat(errors.shouldAbort()).isFalse();
      errors.failed(root, failure);
      assertThat(errors.abortReason()).contains("3 errors (at most: 2)");
      assertThat(errors.count(ErrorKind.OTHER)).isEqualTo(2);
      assertThat(errors.count(ErrorKind.REJECTED)).isEqualTo(1);
    }

    @Test
    void too_large_a_share_aborts_once_there_are_enough() {
      ErrorCollector errors =
          ErrorCollector.builder().maxErrorRate(0.5).minimumOperations(4).build();
      errors.failed(root, failure);
      errors.failed(root, failure);
      errors.succeeded();
      assertThat(errors.shouldAbort()).isFalse();
      errors.failed(root, failure);
      assertThat(errors.abortReason()).contains("3 errors in 4 (at most: 0.5 of them)");
      errors.succeeded();
      errors.succeeded();
      errors.succeeded();
      assertThat(errors.shouldAbort()).as("stays so").isTrue();
    }

    @Test
    void an_error_of_the_machine_aborts() {
      ErrorCollector errors = ErrorCollector.ofDefaults();
      errors.failed(root, new StackOverflowError());
      assertThat(errors.shouldAbort()).isTrue();
    }

    @Test
    void the_last_errors_are_kept() {
      ErrorCollector errors = ErrorCollector.ofDefaults();
      for (int i = 0; i < 40; i++) {
        errors.failed(root, new IOException("failure " + i));
      }
      assertThat(errors.lastErrors())
          .hasSize(32)
          .last()
          .hasToString("java.io.IOException: failure 39");
      assertThat(errors).hasToString("0 succeeded, 40 failed {OTHER=40}");
      assertThat(errors.shouldAbort()).isFalse();
    }

    @Test
    void bad_settings_are_refused() {
      assertThatThrownBy(() -> ErrorCollector.builder().maxErrors(-1))
          .hasMessage("maxErrors: -1 (expected: >= 0)");
      assertThatThrownBy(() -> ErrorCollector.builder().maxErrorRate(1.1))
          .hasMessage("maxErrorRate: 1.1 (expected: 0 to 1)");
      assertThatThrownBy(() -> ErrorCollector.builder().minimumOperations(0))
          .hasMessage("minimumOperations: 0 (expected: >= 1)");
    }
  }
}
