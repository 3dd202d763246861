package dev.resilience.observe;

import static java.time.Duration.ofMillis;
import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;

import dev.resilience.observe.CallReport.Attempt;
import dev.resilience.observe.CallReport.Delay;
import dev.resilience.policy.Verdict;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.api.Test;

class CallReportTest {

  private final IOException first = new IOException("first");
  private final IOException last = new IOException("last");

  private CallReport report() {
    return CallReport.recorder("retry")
        .failed(first, Verdict.FAILURE)
        .delay(ofMillis(1500))
        .decided("the budget allows it")
        .returned(503, Verdict.FAILURE)
        .delay(ofMillis(500))
        .failed(last, Verdict.TIMED_OUT)
        .stopped("all 3 attempts are used");
  }

  @Test
  void tells_all_in_one_line() {
    assertThat(report())
        .hasToString("retry: 3 attempts, waited 2 s, stopped: all 3 attempts are used");
  }

  @Test
  void tells_each_step_in_a_tree_and_shows_no_result() {
    assertThat(report().toTree())
        .isEqualTo(
            """
            retry, stopped: all 3 attempts are used
            ├─ attempt 1: FAILURE, java.io.IOException: first
            ├─ waited 1.5 s
            ├─ the budget allows it
            ├─ attempt 2: FAILURE, a result of java.lang.Integer
            ├─ waited 500 ms
            └─ attempt 3: TIMED_OUT, java.io.IOException: last\
            """);
  }

  @Test
  void says_what_time_was_missing() {
    var report = CallReport.recorder("retry").noTimeLeft(ofSeconds(10), ofMillis(998));

    assertThat(report.stopped()).isEqualTo("no time left: next attempt in 10 s, 998 ms left");
  }

  @Test
  void travels_on_the_failure_with_the_earlier_ones() {
    var report = report();

    report.attachTo(last);

    assertThat(CallReport.from(last)).containsSame(report);
    assertThat(last.getSuppressed()).hasSize(2).contains(first);
    assertThat(last.getSuppressed()[0].getStackTrace()).isEmpty();
  }

  @Test
  void is_seen_where_the_failure_is_printed() {
    report().attachTo(last);
    var log = new StringWriter();

    last.printStackTrace(new PrintWriter(log));

    assertThat(log.toString()).contains("Suppressed: report of the call: retry: 3 attempts");
  }

  @Test
  void is_replaced_and_never_added_twice() {
    report().attachTo(last);
    var outer = CallReport.recorder("outer").failed(last, Verdict.FAILURE).stopped("enough");

    outer.attachTo(last);
    outer.attachTo(last);

    assertThat(CallReport.from(last)).containsSame(outer);
    assertThat(last.getSuppressed()).hasSize(2);
  }

  @Test
  void never_suppresses_a_failure_in_itself_nor_its_own_cause_nor_twice() {
    var wrapped = new IllegalStateException(first);

    CallReport.recorder("retry")
        .failed(first, Verdict.FAILURE)
        .failed(wrapped, Verdict.FAILURE)
        .failed(last, Verdict.FAILURE)
        .failed(last, Verdict.FAILURE)
        .failed(wrapped, Verdict.FAILURE)
        .stopped("enough")
        .attachTo(wrapped);

    assertThat(wrapped.getSuppressed()).hasSize(2).endsWith(last);
  }

  @Test
  void of_a_very_long_call_keeps_the_beginning_and_the_end() {
    var recorder = CallReport.recorder("retry");
    for (int i = 1; i <= 10_000; i++) {
      recorder.failed(new IOException("no " + i), Verdict.FAILURE);
    }

    var report = recorder.stopped("enough");

    assertThat(report.attemptCount()).isEqualTo(10_000);
    assertThat(report.attempts()).first().extracting(Attempt::number).isEqualTo(1);
    assertThat(report.attempts()).last().extracting(Attempt::number).isEqualTo(10_000);
    assertThat(report.steps()).hasSizeLessThan(200);
    assertThat(report.toTree()).contains("9872 steps left out");
  }

  @Test
  void survives_the_serialization_of_its_exception_in_name_only() throws Exception {
    var failure = new IOException("down");
    CallReport.recorder("retry")
        .returned(new Object(), Verdict.FAILURE)
        .failed(failure, Verdict.FAILURE)
        .stopped("enough")
        .attachTo(failure);
    var bytes = new ByteArrayOutputStream();
    try (var out = new ObjectOutputStream(bytes)) {
      out.writeObject(failure);
    }

    var copy =
        (IOException)
            new ObjectInputStream(new ByteArrayInputStream(bytes.toByteArray())).readObject();

    assertThat(copy).hasMessage("down");
    assertThat(CallReport.from(copy)).isEmpty();
    assertThat(copy.getSuppressed()).hasSize(1);
  }

  @Test
  void adds_up_its_delays() {
    assertThat(report().steps()).filteredOn(Delay.class::isInstance).hasSize(2);
    assertThat(report().waited()).isEqualTo(ofSeconds(2));
  }
}
