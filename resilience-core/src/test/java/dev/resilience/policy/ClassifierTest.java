package dev.resilience.policy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.resilience.context.CancellableContext;
import dev.resilience.context.Context;
import dev.resilience.context.ContextCancelledException;
import dev.resilience.context.DeadlineExceededException;
import dev.resilience.error.AttemptTimeoutException;
import dev.resilience.error.CallInterruptedException;
import dev.resilience.error.CircuitOpenException;
import dev.resilience.error.ConcurrencyLimitExceededException;
import dev.resilience.error.NoInstanceException;
import dev.resilience.error.NoTimeLeftException;
import dev.resilience.error.RateLimitExceededException;
import dev.resilience.error.RejectedException;
import dev.resilience.error.ResilienceException;
import dev.resilience.policy.Verdict.Evidence;
import dev.resilience.policy.Verdict.Sample;
import dev.resilience.time.VirtualTime;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

class ClassifierTest {

  private static final Duration LIMIT = Duration.ofMillis(100);

  /** What can come out of a call, and what it is while the caller waits and after its deadline. */
  private enum Failure {
    REMOTE(new IOException("refused"), Verdict.FAILURE, Verdict.DEADLINE_EXCEEDED),
    UNCHECKED(new IllegalStateException("broken"), Verdict.FAILURE, Verdict.DEADLINE_EXCEEDED),
    THEIR_CANCELLATION(
        new CancellationException("pool closed"), Verdict.FAILURE, Verdict.DEADLINE_EXCEEDED),
    THEIR_TIMEOUT(new TimeoutException("their limit"), Verdict.FAILURE, Verdict.DEADLINE_EXCEEDED),
    ANOTHERS_CANCEL(
        new ContextCancelledException("another context", null),
        Verdict.FAILURE,
        Verdict.DEADLINE_EXCEEDED),
    ANOTHERS_DEADLINE(
        new DeadlineExceededException("another context", null),
        Verdict.FAILURE,
        Verdict.DEADLINE_EXCEEDED),
    CUT_OFF_LATE(exceeded(LIMIT.dividedBy(2)), Verdict.FAILURE, Verdict.DEADLINE_EXCEEDED),
    CUT_OFF_EARLY(
        exceeded(LIMIT.dividedBy(2).minusNanos(1)),
        Verdict.FAILURE,
        Verdict.DEADLINE_EXCEEDED_EARLY),
    NOT_BEGUN(exceeded(Duration.ZERO), Verdict.FAILURE, Verdict.DEADLINE_EXCEEDED_BEFORE_DISPATCH),
    OWN_LIMIT(
        new AttemptTimeoutException("limit", LIMIT), Verdict.TIMED_OUT, Verdict.DEADLINE_EXCEEDED),
    OPEN(
        new CircuitOpenException("payments", LIMIT),
        Verdict.REJECTED,
        Verdict.DEADLINE_EXCEEDED_BEFORE_DISPATCH),
    LIMITED(
        new RateLimitExceededException("10/s", LIMIT),
        Verdict.REJECTED,
        Verdict.DEADLINE_EXCEEDED_BEFORE_DISPATCH),
    FULL(
        new ConcurrencyLimitExceededException("10"),
        Verdict.REJECTED,
        Verdict.DEADLINE_EXCEEDED_BEFORE_DISPATCH),
    NO_INSTANCE(
        new NoInstanceException("orders"),
        Verdict.REJECTED,
        Verdict.DEADLINE_EXCEEDED_BEFORE_DISPATCH),
    NO_TIME(
        new NoTimeLeftException("1 ms"),
        Verdict.NO_TIME_LEFT,
        Verdict.DEADLINE_EXCEEDED_BEFORE_DISPATCH),
    OUTSIDE_INTERRUPT(
        new CallInterruptedException(new InterruptedException()),
        Verdict.INTERRUPTED,
        Verdict.INTERRUPTED),
    RAW_INTERRUPT(new InterruptedException(), Verdict.INTERRUPTED, Verdict.DEADLINE_EXCEEDED),
    ERROR(new StackOverflowError(), Verdict.FATAL, Verdict.DEADLINE_EXCEEDED);

    final Throwable thrown;
    final Verdict whileWaiting;
    final Verdict afterDeadline;

    Failure(Throwable thrown, Verdict whileWaiting, Verdict afterDeadline) {
      this.thrown = thrown;
      this.whileWaiting = whileWaiting;
      this.afterDeadline = afterDeadline;
    }

    private static DeadlineExceededException exceeded(Duration ran) {
      return new DeadlineExceededException("cut off", ran, LIMIT);
    }
  }

  private final VirtualTime.Manual time = VirtualTime.manual();
  private final Context waiting = Context.background(time).withTimeout(Duration.ofMinutes(1));
  private final Context expired = Context.background(time).withTimeout(Duration.ZERO);
  private final CancellableContext cancelled = Context.background(time).withCancel();

  {
    cancelled.cancel();
  }

  private final Classifier defaults = Classifier.ofDefaults();

  @Nested
  class By_whose_context_ended {

    @ParameterizedTest
    @EnumSource
    void a_failure_under_a_caller_who_waits_is_what_it_is(Failure failure) {
      assertThat(defaults.judge(waiting, failure.thrown)).isEqualTo(failure.whileWaiting);
      assertThat(defaults.judge(waiting, failure.thrown, false)).isEqualTo(failure.whileWaiting);
    }

    @ParameterizedTest
    @EnumSource
    void whatever_comes_out_after_a_cancel_is_the_cancel(Failure failure) {
      assertThat(defaults.judge(cancelled, failure.thrown)).isEqualTo(Verdict.CALLER_CANCELLED);
      assertThat(defaults.judge(cancelled, failure.thrown, false))
          .isEqualTo(Verdict.CALLER_CANCELLED);
    }

    @ParameterizedTest
    @EnumSource
    void whatever_comes_out_after_the_callers_deadline_is_the_deadline(Failure failure) {
      assertThat(defaults.judge(expired, failure.thrown)).isEqualTo(failure.afterDeadline);
    }

    @ParameterizedTest
    @EnumSource
    void without_a_limit_inside_the_policy_says_whether_there_was_a_fair_chance(Failure failure) {
      boolean told =
          failure == Failure.CUT_OFF_LATE
              || failure == Failure.OWN_LIMIT
              || failure.afterDeadline != Verdict.DEADLINE_EXCEEDED;
      assertThat(defaults.judge(expired, failure.thrown, false))
          .isEqualTo(told ? failure.afterDeadline : Verdict.DEADLINE_EXCEEDED_EARLY);
    }

    @Test
    void a_success_is_one_whatever_has_ended() {
      assertThat(defaults.judgeResult("late")).isEqualTo(Verdict.SUCCESS);
      assertThat(defaults.judgeResult(null)).isEqualTo(Verdict.SUCCESS);
    }

    @Test
    void a_deadline_that_nobody_has_noticed_yet_counts() {
      time.advance(Duration.ofMinutes(1));
      assertThat(defaults.judge(waiting, new IOException())).isEqualTo(Verdict.DEADLINE_EXCEEDED);
    }
  }

  @Nested
  class With_rules {

    private final Classifier rules =
        defaults
            .onFailure(RuntimeException.class, e -> Verdict.PERMANENT_FAILURE)
            .onFailure(IOException.class, e -> Verdict.PERMANENT_FAILURE)
            .onFailure(FileNotFoundException.class, e -> Verdict.SUCCESS)
            .onResult(Integer.class, code -> code >= 500 ? Verdict.FAILURE : Verdict.SUCCESS);

    @ParameterizedTest
    @EnumSource
    void no_rule_touches_the_callers_cancel(Failure failure) {
      Classifier all =
          defaults
              .onFailure(Exception.class, e -> Verdict.FAILURE)
              .onFailure(ResilienceException.class, e -> Verdict.FAILURE);
      assertThat(all.judge(cancelled, failure.thrown)).isEqualTo(Verdict.CALLER_CANCELLED);
    }

    @ParameterizedTest
    @EnumSource
    void a_wide_rule_is_for_the_dependencys_own_failures(Failure failure) {
      Classifier wide = defaults.onFailure(Exception.class, e -> Verdict.PERMANENT_FAILURE);
      assertThat(wide.judge(waiting, failure.thrown))
          .isEqualTo(
              failure.whileWaiting == Verdict.FAILURE
                  ? Verdict.PERMANENT_FAILURE
                  : failure.whileWaiting);
      assertThat(wide.judge(expired, failure.thrown)).isEqualTo(failure.afterDeadline);
    }

    @Test
    void a_rule_that_names_a_type_of_the_library_changes_its_row() {
      Classifier notAgain =
          defaults.onFailure(AttemptTimeoutException.class, e -> Verdict.PERMANENT_FAILURE);
      assertThat(notAgain.judge(waiting, Failure.OWN_LIMIT.thrown))
          .isEqualTo(Verdict.PERMANENT_FAILURE);
      assertThat(notAgain.judge(waiting, Failure.OPEN.thrown)).isEqualTo(Verdict.REJECTED);
      assertThat(notAgain.judge(expired, Failure.OWN_LIMIT.thrown))
          .isEqualTo(Verdict.DEADLINE_EXCEEDED);
    }

    @Test
    void the_rule_that_was_added_last_is_asked_first() {
      assertThat(rules.judge(waiting, new FileNotFoundException())).isEqualTo(Verdict.SUCCESS);
      assertThat(rules.judge(waiting, new IOException())).isEqualTo(Verdict.PERMANENT_FAILURE);
      assertThat(rules.judge(waiting, new Exception())).isEqualTo(Verdict.FAILURE);
    }

    @Test
    void an_answer_in_the_shape_of_an_exception_may_come_after_the_deadline() {
      assertThat(rules.judge(expired, new FileNotFoundException())).isEqualTo(Verdict.SUCCESS);
      assertThat(rules.judge(expired, new IOException())).isEqualTo(Verdict.DEADLINE_EXCEEDED);
      assertThat(rules.judge(cancelled, new FileNotFoundException()))
          .isEqualTo(Verdict.CALLER_CANCELLED);
    }

    @Test
    void a_result_may_count_as_a_failure() {
      assertThat(rules.judgeResult(503)).isEqualTo(Verdict.FAILURE);
      assertThat(rules.judgeResult(404)).isEqualTo(Verdict.SUCCESS);
      assertThat(rules.judgeResult("503")).isEqualTo(Verdict.SUCCESS);
      assertThat(rules.judgeResult(null)).isEqualTo(Verdict.SUCCESS);
    }

    @ParameterizedTest
    @EnumSource
    void a_rule_may_say_five_things(Verdict verdict) {
      Classifier says = defaults.onFailure(IOException.class, e -> verdict);
      switch (verdict) {
        case SUCCESS, FAILURE, PERMANENT_FAILURE, IGNORED, REJECTED ->
            assertThat(says.judge(waiting, new IOException())).isEqualTo(verdict);
        default ->
            assertThatThrownBy(() -> says.judge(waiting, new IOException()))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining(
                    verdict + " of a java.io.IOException (expected: SUCCESS, FAILURE,");
      }
    }

    @Test
    void a_rule_that_says_nothing_is_refused() {
      Classifier silent = defaults.onFailure(IOException.class, e -> null);
      assertThatThrownBy(() -> silent.judge(waiting, new IOException()))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("null of a java.io.IOException");
    }

    @Test
    void a_classifier_does_not_change_when_another_is_made_of_it() {
      assertThat(defaults.judge(waiting, new FileNotFoundException())).isEqualTo(Verdict.FAILURE);
    }
  }

  @Nested
  class A_programming_error {

    private static Stream<Exception> errors() {
      return Stream.of(
          new NullPointerException(),
          new ClassCastException(),
          new ArrayIndexOutOfBoundsException(),
          new UnsupportedOperationException());
    }

    @ParameterizedTest
    @MethodSource("errors")
    void is_final_and_counts_against_the_dependency(Exception error) {
      Verdict verdict = defaults.judge(waiting, error);

      assertThat(verdict).isEqualTo(Verdict.PERMANENT_FAILURE);
      assertThat(verdict.evidence()).isEqualTo(Evidence.FAILURE);
      assertThat(verdict.isRetryable()).isFalse();
    }

    @ParameterizedTest
    @MethodSource("errors")
    void is_a_failure_like_any_other_where_that_is_asked_for(Exception error) {
      assertThat(defaults.retryProgrammingErrors().judge(waiting, error))
          .isEqualTo(Verdict.FAILURE);
    }

    @Test
    void is_what_a_rule_says_where_there_is_one() {
      assertThat(
              defaults
                  .retryOn(NullPointerException.class)
                  .judge(waiting, new NullPointerException()))
          .isEqualTo(Verdict.FAILURE);
    }
  }

  @Nested
  class With_types {

    @Test
    void retry_on_makes_all_others_final() {
      Classifier only = defaults.retryOn(IOException.class).retryOn(TimeoutException.class);

      assertThat(only.judge(waiting, new FileNotFoundException())).isEqualTo(Verdict.FAILURE);
      assertThat(only.judge(waiting, new TimeoutException())).isEqualTo(Verdict.FAILURE);
      assertThat(only.judge(waiting, new IllegalStateException()))
          .isEqualTo(Verdict.PERMANENT_FAILURE);
    }

    @Test
    void retry_on_leaves_time_outs_and_rejections_alone() {
      Classifier only = defaults.retryOn(IOException.class, RejectedException.class);

      assertThat(only.judge(waiting, new AttemptTimeoutException("x", Duration.ofSeconds(1))))
          .isEqualTo(Verdict.TIMED_OUT);
      assertThat(only.judge(waiting, new CircuitOpenException("x"))).isEqualTo(Verdict.REJECTED);
    }

    @Test
    void abort_on_is_final_and_ignore_says_nothing() {
      Classifier rules = defaults.abortOn(IOException.class).ignore(FileNotFoundException.class);

      assertThat(rules.judge(waiting, new IOException())).isEqualTo(Verdict.PERMANENT_FAILURE);
      assertThat(rules.judge(waiting, new FileNotFoundException())).isEqualTo(Verdict.IGNORED);
    }

    @Test
    void a_predicate_is_asked_about_the_dependencys_own_exceptions() {
      Classifier rules = defaults.onFailureIf(e -> true, Verdict.PERMANENT_FAILURE);

      assertThat(rules.judge(waiting, new IOException())).isEqualTo(Verdict.PERMANENT_FAILURE);
      assertThat(rules.judge(waiting, new CircuitOpenException("x"))).isEqualTo(Verdict.REJECTED);
    }
  }

  @Nested
  class A_server_that_refuses_before_it_works {

    private final Classifier http = defaults.onFailure(IOException.class, e -> Verdict.REJECTED);

    @Test
    void says_nothing_against_its_health() {
      Verdict verdict = http.judge(waiting, new IOException("503"));

      assertThat(verdict).isEqualTo(Verdict.REJECTED);
      assertThat(verdict.evidence()).isEqualTo(Evidence.NONE);
    }

    @Test
    void did_not_work_either_where_the_callers_deadline_has_passed_meanwhile() {
      assertThat(http.judge(expired, new IOException("503")))
          .isEqualTo(Verdict.DEADLINE_EXCEEDED_BEFORE_DISPATCH);
    }
  }

  /** A row of the table in the design: the verdict, and what each policy makes of it. */
  private record Row(
      Verdict verdict, Evidence evidence, boolean retry, Sample sample, boolean fallback) {}

  static Stream<Row> the_table() {
    return Stream.of(
        new Row(Verdict.SUCCESS, Evidence.SUCCESS, false, Sample.EXACT, false),
        new Row(Verdict.CALLER_CANCELLED, Evidence.NONE, false, Sample.NONE, false),
        new Row(Verdict.DEADLINE_EXCEEDED_BEFORE_DISPATCH, Evidence.NONE, false, Sample.NONE, true),
        new Row(Verdict.DEADLINE_EXCEEDED, Evidence.FAILURE, false, Sample.AT_LEAST, true),
        new Row(Verdict.DEADLINE_EXCEEDED_EARLY, Evidence.NONE, false, Sample.AT_LEAST, true),
        new Row(Verdict.TIMED_OUT, Evidence.FAILURE, true, Sample.AT_LEAST, true),
        new Row(Verdict.REJECTED, Evidence.NONE, true, Sample.NONE, true),
        new Row(Verdict.NO_TIME_LEFT, Evidence.NONE, false, Sample.NONE, true),
        new Row(Verdict.INTERRUPTED, Evidence.NONE, false, Sample.NONE, false),
        new Row(Verdict.FATAL, Evidence.FAILURE, false, Sample.NONE, false),
        new Row(Verdict.FAILURE, Evidence.FAILURE, true, Sample.NONE, true),
        new Row(Verdict.PERMANENT_FAILURE, Evidence.FAILURE, false, Sample.NONE, true),
        new Row(Verdict.IGNORED, Evidence.NONE, false, Sample.NONE, false));
  }

  @ParameterizedTest
  @MethodSource("the_table")
  void a_verdict_says_what_each_policy_does(Row row) {
    assertThat(row.verdict().evidence()).isEqualTo(row.evidence());
    assertThat(row.verdict().isRetryable()).isEqualTo(row.retry());
    assertThat(row.verdict().sample()).isEqualTo(row.sample());
    assertThat(row.verdict().allowsFallback()).isEqualTo(row.fallback());
  }

  @Test
  void the_table_has_every_verdict() {
    List<Verdict> rows = new ArrayList<>();
    the_table().forEach(row -> rows.add(row.verdict()));
    assertThat(rows).containsExactlyInAnyOrder(Verdict.values());
  }
}
