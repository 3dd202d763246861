package dev.resilience;

import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.when;

import dev.resilience.context.Context;
import dev.resilience.error.CircuitOpenException;
import dev.resilience.observe.PolicyEvent;
import dev.resilience.observe.PolicyEvent.CallCompleted;
import dev.resilience.observe.PolicyEvent.CircuitChanged;
import dev.resilience.policy.Classifier;
import dev.resilience.policy.PolicyRole;
import dev.resilience.policy.RetryBudget;
import dev.resilience.policy.Verdict;
import dev.resilience.time.Simulated;
import dev.resilience.time.VirtualTime;
import java.io.IOException;
import java.net.ConnectException;
import java.net.http.HttpHeaders;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@Simulated(seed = 1)
class PresetTest {

  private final VirtualTime.Automatic time;
  private final Context root;
  private final AtomicInteger calls = new AtomicInteger();

  PresetTest(VirtualTime.Automatic time, Context root) {
    this.time = time;
    this.root = root;
  }

  private String fails() throws IOException {
    calls.incrementAndGet();
    throw new IOException("down");
  }

  private String refuses() throws IOException {
    calls.incrementAndGet();
    throw new ConnectException("refused");
  }

  @SuppressWarnings("unchecked")
  private HttpResponse<String> answers(int status, Map<String, List<String>> headers) {
    calls.incrementAndGet();
    HttpResponse<String> response = mock(HttpResponse.class);
    when(response.statusCode()).thenReturn(status);
    when(response.headers()).thenReturn(HttpHeaders.of(headers, (name, value) -> true));
    return response;
  }

  @Nested
  class Has_its_parts_in_order {

    @Test
    void for_http_and_rpc() {
      assertThat(Resilience.forHttp("quotes").describe())
          .isEqualTo(Resilience.forRpc("quotes").describe());
      assertThat(Resilience.forHttp("quotes").roles())
          .containsExactly(
              PolicyRole.RETRY, PolicyRole.HEDGE, PolicyRole.BREAKER, PolicyRole.LIMIT);
    }

    @Test
    void for_a_database_and_a_cache() {
      assertThat(Resilience.forDatabase("orders").roles())
          .containsExactly(PolicyRole.RETRY, PolicyRole.BREAKER, PolicyRole.LIMIT);
      assertThat(Resilience.forCache("users").roles())
          .containsExactly(PolicyRole.BREAKER, PolicyRole.LIMIT);
    }

    @Test
    void without_those_that_are_not_wanted() {
      assertThat(
              Preset.http("quotes")
                  .withoutRetry()
                  .withoutHedge()
                  .withoutBreaker()
                  .withoutLimit()
                  .build()
                  .roles())
          .isEmpty();
    }

    @Test
    void that_nobody_warns_of() {
      for (Preset preset :
          List.of(
              Preset.http("a"),
              Preset.rpc("a"),
              Preset.database("a"),
              Preset.cache("a"),
              Preset.http("a").unrepeatable())) {
        assertThat(preset.build().warnings()).isEmpty();
      }
    }

    @Test
    void under_its_name() {
      assertThat(Resilience.forHttp("quotes").name()).isEqualTo("quotes");
      assertThat(Resilience.forHttp("quotes").describe()).contains("quotes");
      assertThatThrownBy(() -> Resilience.forHttp(" "))
          .hasMessage("name: ' ' (expected: not blank)");
    }
  }

  @Nested
  class Retries {

    @Test
    void failures_of_what_may_be_repeated() throws Exception {
      catchThrowable(() -> Resilience.forHttp("q").call(root, c -> fails()));
      assertThat(calls).hasValue(3);
    }

    @Test
    void nothing_that_may_have_been_done_where_it_must_not_be_done_twice() throws Exception {
      Resilience payments = Preset.http("payments").unrepeatable().build();
      catchThrowable(() -> payments.call(root, c -> fails()));
      assertThat(calls).hasValue(1);

      payments.call(root, c -> answers(500, Map.of()));
      assertThat(calls).hasValue(2);
    }

    @ParameterizedTest
    @CsvSource({
      "503,x-amz-retry-after,5,false",
      "503,X-Refused-Before-Work,overloaded,true",
      "429,x-amz-retry-after,5,true"
    })
    void a_refusal_of_what_must_not_be_done_twice_only_where_surely_nothing_was_done(
        int status, String header, String value, boolean isRepeated) throws Exception {
      List<PolicyEvent> events = new ArrayList<>();
      Resilience payments = Preset.http("payments").unrepeatable().listener(events::add).build();
      payments.call(root, c -> answers(status, Map.of(header, List.of(value))));
      assertThat(calls.get() > 1).isEqualTo(isRepeated);
      assertThat(events)
          .filteredOn(CallCompleted.class::isInstance)
          .extracting(event -> ((CallCompleted) event).verdict())
          .containsExactly(Verdict.REJECTED);
    }

    @Test
    void of_a_protocol_with_refusals_that_leave_it_open() {
      Classifier classifier =
          Classifier.ofDefaults().onFailure(ConnectException.class, e -> Verdict.REJECTED);
      Resilience payments =
          Preset.rpc("payments")
              .classifier(classifier)
              .unrepeatable()
              .doubtfulIf(ConnectException.class::isInstance)
              .build();
      catchThrowable(() -> payments.call(root, c -> refuses()));
      assertThat(calls).hasValue(1);
    }

    @Test
    void what_was_refused_before_work_in_any_case() throws Exception {
      Classifier refusedConnections =
          Classifier.ofDefaults().onFailure(ConnectException.class, e -> Verdict.REJECTED);
      Resilience payments =
          Preset.rpc("payments").unrepeatable().classifier(refusedConnections).build();
      catchThrowable(
          () ->
              payments.call(
                  root,
                  c -> {
                    if (calls.incrementAndGet() < 3) {
                      throw new ConnectException("refused");
                    }
                    return "paid";
                  }));
      assertThat(calls).hasValue(3);
    }
  }

  @Nested
  class Statuses {

    @ParameterizedTest
    @ValueSource(ints = {200, 304, 400, 404, 409})
    void that_are_answers_are_not_retried(int status) throws Exception {
      HttpResponse<String> response =
          Resilience.forHttp("q").call(root, c -> answers(status, Map.of()));
      assertThat(response.statusCode()).isEqualTo(status);
      assertThat(calls).hasValue(1);
    }

    @ParameterizedTest
    @ValueSource(ints = {429, 500, 502, 503, 504})
    void that_are_failures_or_refusals_are_retried_and_come_out_as_they_were(int status)
        throws Exception {
      HttpResponse<String> response =
          Resilience.forHttp("q").call(root, c -> answers(status, Map.of()));
      assertThat(response.statusCode()).isEqualTo(status);
      assertThat(calls).hasValueGreaterThan(1);
    }

    @Test
    void of_a_server_that_says_when_to_come_again_are_obeyed() throws Exception {
      long start = time.nanoTime();
      Resilience.forHttp("q")
          .call(
              root,
              c ->
                  calls.get() == 0
                      ? answers(503, Map.of("Retry-After", List.of("3")))
                      : answers(200, Map.of()));
      assertThat(time.nanoTime() - start).isGreaterThanOrEqualTo(ofSeconds(3).toNanos());
      assertThat(calls).hasValue(2);
    }

    @Test
    void that_refuse_open_no_circuit_and_failures_do() throws Exception {
      List<PolicyEvent> events = new ArrayList<>();
      Resilience stack = Preset.http("q").withoutRetry().listener(events::add).build();
      for (int i = 0; i < 100; i++) {
        Map<String, List<String>> later = Map.of("Retry-After", List.of("1"));
        stack.call(root, c -> answers(503, later));
      }
      assertThat(events).hasOnlyElementsOfType(CallCompleted.class).hasSize(100);

      for (int i = 0; i < 30; i++) {
        catchThrowable(() -> stack.call(root, c -> answers(500, Map.of())));
      }
      assertThat(events).hasAtLeastOneElementOfType(CircuitChanged.class);
      assertThat(catchThrowable(() -> stack.call(root, c -> "?")))
          .isInstanceOf(CircuitOpenException.class);
    }
  }

  @Test
  void two_stacks_to_one_service_have_one_circuit() throws Exception {
    Resilience reads =
        Preset.rpc("q")
            .withoutRetry()
            .withoutHedge()
            .breaker(b -> b.consecutiveFailures(2))
            .build();
    Resilience writes = Preset.rpc("q").withoutRetry().unrepeatable().limitsOf(reads).build();
    catchThrowable(() -> reads.call(root, c -> fails()));
    catchThrowable(() -> writes.call(root, c -> fails()));

    assertThat(catchThrowable(() -> reads.call(root, c -> "?")))
        .isInstanceOf(CircuitOpenException.class);
    assertThat(catchThrowable(() -> writes.call(root, c -> "?")))
        .isInstanceOf(CircuitOpenException.class);
  }

  @Test
  void what_was_never_begun_is_tried_again_and_counts_as_a_failure() throws Exception {
    List<PolicyEvent> events = new ArrayList<>();
    Resilience payments =
        Preset.rpc("payments")
            .unrepeatable(failure -> failure instanceof ConnectException)
            .breaker(b -> b.consecutiveFailures(3))
            .listener(events::add)
            .build();
    catchThrowable(() -> payments.call(root, c -> refuses()));
    assertThat(calls).hasValue(3);
    assertThat(events).hasAtLeastOneElementOfType(CircuitChanged.class);
  }

  @Test
  void parts_can_be_changed() throws Exception {
    Resilience stack =
        Preset.rpc("q").retry(r -> r.maxAttempts(2)).breaker(b -> b.consecutiveFailures(2)).build();
    catchThrowable(() -> stack.call(root, c -> fails()));

    assertThat(calls).hasValue(2);
    assertThat(catchThrowable(() -> stack.call(root, c -> "?")))
        .isInstanceOf(CircuitOpenException.class);
  }

  @Test
  void without_a_retry_the_hedge_fills_the_budget_that_it_spends() throws Exception {
    RetryBudget budget = RetryBudget.ofDefaults();
    while (budget.tryAcquire(root, RetryBudget.Reason.FAILURE)) {
      // to the last token
    }
    Resilience stack = Preset.rpc("q").withoutRetry().budget(budget).build();

    for (int i = 0; i < 50; i++) {
      stack.call(root, c -> "answer");
    }

    assertThat(budget.available()).isGreaterThanOrEqualTo(9);
  }
}
