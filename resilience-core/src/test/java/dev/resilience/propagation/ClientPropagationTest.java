package dev.resilience.propagation;

import static java.time.Duration.ofMillis;
import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.resilience.context.CancellableContext;
import dev.resilience.context.Context;
import dev.resilience.error.NoTimeLeftException;
import dev.resilience.policy.Verdict;
import dev.resilience.time.VirtualTime;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ClientPropagationTest {

  private static final URI HERE = URI.create("http://quotes/1");

  private final VirtualTime.Manual time = VirtualTime.manual();
  private final Context root = Context.background(time);
  private final CallTimes times = CallTimes.ofDefaults();
  private final Map<String, String> request = new HashMap<>();
  private final ClientPropagation wire = ClientPropagation.of(Propagation.of("orders"), times);

  private ClientPropagation.Attempt begin(ClientPropagation by) {
    return by.begin(root, 2, request, Carriers.intoMap());
  }

  private static Verdict answer(ClientPropagation.Attempt attempt, int status, String... headers) {
    Map<String, String> all = new HashMap<>();
    for (int i = 0; i < headers.length; i += 2) {
      all.put(headers[i], headers[i + 1]);
    }
    return attempt.answered(status, all, Carriers.map(), () -> HERE);
  }

  /** Enough samples that something is usual. */
  private void learn(Duration took) {
    for (int i = 0; i < CallTimes.ENOUGH; i++) {
      times.answered(root, took, null);
    }
  }

  @Test
  void an_attempt_has_the_headers_of_its_context_and_its_number() {
    begin(wire);
    assertThat(request).containsEntry(HeaderNames.ATTEMPT, "2");
    assertThat(request).doesNotContainKey(HeaderNames.CANCEL_ID);
  }

  @Test
  void an_attempt_that_can_be_cancelled_has_an_id_of_its_own() {
    String first = begin(wire.withCancelMessages()).cancelId().orElseThrow();
    assertThat(request).containsEntry(HeaderNames.CANCEL_ID, first);
    assertThat(begin(wire.withCancelMessages()).cancelId()).isPresent().get().isNotEqualTo(first);
    assertThat(begin(wire).cancelId()).isEmpty();
  }

  @Test
  void what_is_not_worth_sending_has_no_header() {
    learn(ofSeconds(1));
    try (CancellableContext hasty = root.withTimeout(ofMillis(500))) {
      assertThatExceptionOfType(NoTimeLeftException.class)
          .isThrownBy(() -> wire.begin(hasty, 1, request, Carriers.intoMap()));
    }
    assertThat(request).isEmpty();
  }

  @Test
  void an_answer_teaches_how_long_the_service_takes_and_what_of_that_is_the_network() {
    for (int i = 0; i < CallTimes.ENOUGH; i++) {
      ClientPropagation.Attempt attempt = begin(wire);
      time.advance(ofMillis(30));
      assertThat(answer(attempt, 200, HeaderNames.SERVER_LOAD, "in-flight=1, took=20"))
          .isEqualTo(Verdict.SUCCESS);
    }
    assertThat(times.usual()).isEqualTo(ofMillis(30));
    assertThat(times.allowance()).isBetween(ofMillis(10), ofMillis(21));
  }

  @Test
  void a_refusal_teaches_nothing() {
    learn(ofMillis(10));
    for (int i = 0; i < 100; i++) {
      ClientPropagation.Attempt attempt = begin(wire);
      assertThat(answer(attempt, 503, "Retry-After", "1")).isEqualTo(Verdict.REJECTED);
    }
    assertThat(times.usual()).isEqualTo(ofMillis(10));
  }

  @Test
  void one_that_failed_is_over_and_what_ends_it_later_teaches_nothing() {
    learn(ofMillis(10));
    for (int i = 0; i < 100; i++) {
      ClientPropagation.Attempt attempt = begin(wire);
      attempt.failed();
      time.advance(ofSeconds(1)); // the call goes on with other attempts
      attempt.cutOff();
    }
    assertThat(times.usual()).isEqualTo(ofMillis(10));
  }

  @Test
  void one_that_was_cut_off_took_so_long_at_least_and_its_late_answer_is_not_counted_as_well() {
    learn(ofMillis(10));
    for (int i = 0; i < 32; i++) {
      ClientPropagation.Attempt attempt = begin(wire);
      time.advance(ofMillis(50));
      attempt.cutOff();
      time.advance(ofSeconds(9));
      answer(attempt, 200);
    }
    assertThat(times.usual()).isEqualTo(ofMillis(50));
  }

  @Test
  void the_load_is_told_also_of_a_late_answer_and_a_listener_that_throws_harms_nobody() {
    List<String> heard = new ArrayList<>();
    ClientPropagation told =
        wire.onLoad(
            (uri, load) -> {
              heard.add(uri + " " + load);
              throw new IllegalStateException("broken");
            });
    ClientPropagation.Attempt attempt = begin(told);
    attempt.cutOff();
    answer(attempt, 200, HeaderNames.SERVER_LOAD, "in-flight=3");
    answer(begin(told), 503, HeaderNames.SERVER_LOAD, "nonsense");
    assertThat(heard).containsExactly("http://quotes/1 in-flight=3");
  }
}
