package dev.resilience.fallback;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.resilience.Resilience;
import dev.resilience.WithFallback;
import dev.resilience.error.CircuitOpenException;
import dev.resilience.observe.PolicyEvent;
import dev.resilience.policy.Call;
import dev.resilience.policy.Way;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class OperationFallbacksTest {

  private final Resilience stack = Resilience.of();
  private final IOException refused = new IOException("refused");
  private final CircuitOpenException open =
      new CircuitOpenException("payments", Duration.ofSeconds(1));
  private final List<PolicyEvent> events = new ArrayList<>();

  private final OperationFallbacks fallbacks =
      OperationFallbacks.builder()
          .operation(
              "quote",
              String.class,
              Fallbacks.<String>onOpenCircuit((c, e) -> "stale quote")
                  .otherwise("no quote")
                  .listener(events::add))
          .operation("count", Integer.class, Fallbacks.ofValue(0))
          .build();

  private final OperationFallbacks withDefault =
      OperationFallbacks.builder()
          .operation("count", Integer.class, Fallbacks.ofValue(0))
          .otherwise(
              Fallbacks.<Object>onOpenCircuit((c, e) -> 7)
                  .or(Fallbacks.onAnyAsync((c, e) -> c.delay(Duration.ZERO).thenApply(n -> "any"))))
          .build();

  private static <T> Call<T, Exception> failing(Exception failure) {
    return c -> {
      throw failure;
    };
  }

  @Nested
  class An_operation {

    @ParameterizedTest
    @EnumSource
    void is_answered_by_its_own_chain(Way way) throws Exception {
      WithFallback<String> quotes =
          stack.withFallback(fallbacks.forOperation("quote", String.class));
      WithFallback<Integer> counts =
          stack.withFallback(fallbacks.forOperation("count", Integer.class));
      way.play(
          bench -> {
            assertThat(bench.call(quotes, bench.caller, failing(open))).isEqualTo("stale quote");
            assertThat(bench.call(quotes, bench.caller, failing(refused))).isEqualTo("no quote");
            assertThat(bench.call(counts, bench.caller, failing(refused))).isZero();
          });
    }

    @Test
    void gives_its_name_to_the_events_and_leaves_the_answers_theirs() throws Exception {
      Way.PLATFORM_THREAD.play(
          bench ->
              bench.call(
                  stack.withFallback(fallbacks.forOperation("quote", String.class)),
                  bench.caller,
                  failing(open)));
      assertThat(events)
          .singleElement()
          .isInstanceOfSatisfying(
              PolicyEvent.FallbackAnswered.class,
              told -> {
                assertThat(told.policy()).isEqualTo("quote");
                assertThat(told.answer()).isEqualTo("open circuit");
              });
    }

    @Test
    void may_be_asked_for_as_a_wider_type_and_not_as_another() {
      assertThat(fallbacks.forOperation("count", Number.class)).hasToString("count (value)");
      assertThatThrownBy(() -> fallbacks.forOperation("count", String.class))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage(
              "type: java.lang.String (expected: java.lang.Integer, the type of 'count', or a wider"
                  + " one)");
    }
  }

  @Nested
  class An_operation_that_is_not_listed {

    @Test
    void is_refused_where_there_is_no_default() {
      assertThatThrownBy(() -> fallbacks.forOperation("quotes", String.class))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("operation: 'quotes' (expected: one of [count, quote])");
    }

    @ParameterizedTest
    @EnumSource
    void is_answered_by_the_default_chain_as_far_as_the_type_fits(Way way) throws Exception {
      WithFallback<String> page =
          stack.withFallback(withDefault.forOperation("page", String.class));
      WithFallback<Integer> number =
          stack.withFallback(withDefault.forOperation("number", Integer.class));
      way.play(
          bench -> {
            assertThat(bench.call(page, bench.caller, failing(refused))).isEqualTo("any");
            assertThat(bench.call(number, bench.caller, failing(open))).isEqualTo(7);
            // A 7 is no String: the next one is asked.
            assertThat(bench.call(page, bench.caller, failing(open))).isEqualTo("any");

            IOException fresh = new IOException("refused");
            Throwable thrown =
                catchThrowable(() -> bench.call(number, bench.caller, failing(fresh)));
            assertThat(thrown).isSameAs(fresh);
            assertThat(thrown.getSuppressed())
                .singleElement()
                .isInstanceOf(ClassCastException.class)
                .extracting(Throwable::getMessage)
                .isEqualTo("answer: a java.lang.String (expected: a java.lang.Integer)");
          });
    }

    @Test
    void leaves_those_that_are_listed_alone() throws Exception {
      Way.PLATFORM_THREAD.play(
          bench ->
              assertThat(
                      bench.call(
                          stack.withFallback(withDefault.forOperation("count", Integer.class)),
                          bench.caller,
                          failing(open)))
                  .isZero());
    }
  }

  @Test
  void a_name_that_is_blank_or_taken_is_refused() {
    var builder =
        OperationFallbacks.builder().operation("count", Integer.class, Fallbacks.ofValue(0));
    assertThatThrownBy(() -> builder.operation(" ", Integer.class, Fallbacks.ofValue(1)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("name: ' ' (expected: not blank)");
    assertThatThrownBy(() -> builder.operation("count", Integer.class, Fallbacks.ofValue(1)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("name: 'count' (expected: one that is not listed already)");
    assertThat(builder.build().operations()).containsExactly("count");
  }

  @Test
  void says_what_it_holds() {
    assertThat(fallbacks).hasToString("[count, quote]");
    assertThat(withDefault).hasToString("[count], otherwise fallback (open circuit, any)");
  }
}
