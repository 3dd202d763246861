package dev.resilience.policy;

import static java.time.Duration.ofMillis;
import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;

import dev.resilience.policy.CallStory.Attempt;
import dev.resilience.policy.CallStory.Delay;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.api.Test;

class CallStoryTest {

  private final IOException first = new IOException("first");
  private final IOException last = new IOException("last");

  private CallStory story() {
    return CallStory.recorder("retry")
        .failed(first, Verdict.FAILURE)
        .delay(ofMillis(1500))
        .decided("the budget allows it")
        .returned(503, Verdict.FAILURE)
        .delay(ofMillis(500))
        .failed(last, Verdict.LIMIT_PASSED)
        .stopped("all 3 attempts are used");
  }

  @Test
  void tells_all_in_one_line() {
    assertThat(story())
        .hasToString("retry: 3 attempts, waited 2 s, stopped: all 3 attempts are used");
  }

  @Test
  void tells_each_step_in_a_tree_and_shows_no_result() {
    assertThat(story().toTree())
        .isEqualTo(
            """
            retry, stopped: all 3 attempts are used
            ├─ attempt 1: FAILURE, java.io.IOException: first
            ├─ waited 1.5 s
            ├─ the budget allows it
            ├─ attempt 2: FAILURE, a result of java.lang.Integer
            ├─ waited 500 ms
            └─ attempt 3: LIMIT_PASSED, java.io.IOException: last\
            """);
  }

  @Test
  void says_what_time_was_missing() {
    var story = CallStory.recorder("retry").noTimeLeft(ofSeconds(10), ofMillis(998));

    assertThat(story.stopped()).isEqualTo("no time left: next attempt in 10 s, 998 ms left");
  }

  @Test
  void travels_on_the_failure_with_the_earlier_ones() {
    var story = story();

    story.attachTo(last);

    assertThat(CallStory.of(last)).containsSame(story);
    assertThat(last.getSuppressed()).hasSize(2).contains(first);
    assertThat(last.getSuppressed()[0].getStackTrace()).isEmpty();
  }

  @Test
  void is_seen_where_the_failure_is_printed() {
    story().attachTo(last);
    var log = new StringWriter();

    last.printStackTrace(new PrintWriter(log));

    assertThat(log.toString()).contains("Suppressed: story of the call: retry: 3 attempts");
  }

  @Test
  void is_replaced_and_never_added_twice() {
    story().attachTo(last);
    var outer = CallStory.recorder("outer").failed(last, Verdict.FAILURE).stopped("enough");

    outer.attachTo(last);
    outer.attachTo(last);

    assertThat(CallStory.of(last)).containsSame(outer);
    assertThat(last.getSuppressed()).hasSize(2);
  }

  @Test
  void never_suppresses_a_failure_in_itself_nor_its_own_cause_nor_twice() {
    var wrapped = new IllegalStateException(first);

    CallStory.recorder("retry")
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
    var recorder = CallStory.recorder("retry");
    for (int i = 1; i <= 10_000; i++) {
      recorder.failed(new IOException("no " + i), Verdict.FAILURE);
    }

    var story = recorder.stopped("enough");

    assertThat(story.attemptCount()).isEqualTo(10_000);
    assertThat(story.attempts()).first().extracting(Attempt::number).isEqualTo(1);
    assertThat(story.attempts()).last().extracting(Attempt::number).isEqualTo(10_000);
    assertThat(story.steps()).hasSizeLessThan(200);
    assertThat(story.toTree()).contains("9872 steps left out");
  }

  @Test
  void survives_the_serialization_of_its_exception_in_name_only() throws Exception {
    var failure = new IOException("down");
    CallStory.recorder("retry")
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
    assertThat(CallStory.of(copy)).isEmpty();
    assertThat(copy.getSuppressed()).hasSize(1);
  }

  @Test
  void adds_up_its_delays() {
    assertThat(story().steps()).filteredOn(Delay.class::isInstance).hasSize(2);
    assertThat(story().waited()).isEqualTo(ofSeconds(2));
  }
}
