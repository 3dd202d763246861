package dev.resilience.configuration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@SuppressWarnings("StringConcatToTextBlock") // each line is one fault
class FaultsTest {

  private static List<String> faults(String yaml) {
    ConfigurationException refused =
        catchThrowableOfType(ConfigurationException.class, () -> Configuration.ofYaml(yaml));
    assertThat(refused).as("refused: %s", yaml).isNotNull();
    return refused.faults().stream().map(ConfigurationFault::toString).toList();
  }

  @Test
  void all_come_out_at_once_each_with_its_line_its_key_and_what_was_expected() {
    ConfigurationException refused =
        catchThrowableOfType(
            ConfigurationException.class,
            () ->
                Configuration.ofYaml(
                    """
                    default_timeout: 10s
                    max_timeout: 0s
                    stacks:
                      quotes:
                        preset: https
                        retry:
                          max_attempts: 0
                          max_atempts: 4
                        breaker: {failure_rate: 50, window: 10, minimum_calls: 20, consecutive_failures: 30}
                      mail:
                        rate_limit: {rate: 5, burst: 2, strict_window: on}
                      empty:
                    stakcs: {}
                    """));
    assertThat(refused.faults())
        .extracting(ConfigurationFault::toString)
        .containsExactly(
            "line 2: max_timeout: '0s' (expected: a duration, more than 0, such as 250ms or"
                + " 1m30s)",
            "line 13: stakcs: unknown key (did you mean stacks?)",
            "line 5: stacks.quotes.preset: 'https' (expected: a word, one of http, rpc, database,"
                + " cache)",
            "line 7: stacks.quotes.retry.max_attempts: '0' (expected: a whole number, at least 1)",
            "line 8: stacks.quotes.retry.max_atempts: unknown key (did you mean max_attempts?)",
            "line 9: stacks.quotes.breaker.failure_rate: '50' (expected: a share, more than 0 and"
                + " at most 1, such as 0.5 or 50 %)",
            "line 11: stacks.mail.rate_limit.burst: 2 (expected: none, a strict window has 5"
                + " tokens)",
            "line 12: stacks.empty: no policy (expected: a preset, or one policy at least)");
    assertThat(refused)
        .hasMessageStartingWith("8 faults in the configuration:\n  line 2: max_timeout: ");
    assertThat(refused.faults().get(0).key()).isEqualTo("max_timeout");
    assertThat(refused.faults().get(0).line()).isEqualTo(2);
  }

  @Test
  void rules_between_keys_are_all_looked_at_too() {
    assertThat(
            faults(
                "stacks:\n"
                    + "  a:\n"
                    + "    breaker: {window: 10, minimum_calls: 20, consecutive_failures: 30}"))
        .containsExactly(
            "line 3: stacks.a.breaker.minimum_calls: 20 (expected: <= 10, the window)",
            "line 3: stacks.a.breaker.consecutive_failures: 30 (expected: <= 10, the window)");
  }

  @Nested
  class The_limits_of_contexts {

    @ParameterizedTest
    @CsvSource({
      "default_timeout, 0s",
      "default_timeout, -1s",
      "default_timeout, 5",
      "max_timeout, 0ms",
      "leak_check_interval, 0s",
      "leak_check_interval, -30s",
      "enable_metrics, 1",
      "enable_leak_detection, perhaps",
    })
    void have_their_ranges(String key, String value) {
      assertThat(faults(key + ": " + value))
          .singleElement()
          .asString()
          .startsWith("line 1: " + key + ": '" + value + "' (expected: a ");
    }

    @Test
    void fit_together() {
      assertThat(faults("default_timeout: 10s\nmax_timeout: 5s"))
          .containsExactly("line 1: default_timeout: 10 s (expected: at most 5 s, max_timeout)");
      assertThat(Configuration.ofYaml("default_timeout: 5s\nmax_timeout: 5s").toMap()).hasSize(2);
    }

    @ParameterizedTest
    @CsvSource({
      "enable_pooling: false, contexts are not pooled",
      "max_pool_size: 100, contexts are not pooled",
      "contextPoolSize: 100, contexts are not pooled",
      "value_cache_size: 1000, values of contexts are not cached",
      "enable-value-cache: true, values of contexts are not cached",
    })
    void have_no_pool_and_no_cache_and_say_why(String line, String reason) {
      assertThat(faults(line)).singleElement().asString().contains(reason).contains("leave it out");
    }
  }

  @Nested
  class A_stack {

    @Test
    void knows_its_budget() {
      assertThat(faults("budgets: {shared: {}}\nstacks:\n  a: {preset: http, budget: shard}"))
          .containsExactly(
              "line 3: stacks.a.budget: 'shard': unknown budget (did you mean shared?)");
      assertThat(faults("budgets: {b: {}}\nstacks:\n  a: {preset: cache, budget: b}"))
          .containsExactly("line 3: stacks.a.budget: 'b' (expected: none without retry and hedge)");
    }

    @Test
    void orders_all_its_policies() {
      assertThat(faults("stacks:\n  a: {retry: on, timeout: 1s, order: [timeout]}"))
          .containsExactly(
              "line 2: stacks.a.order: timeout (expected: all its policies, each once: retry,"
                  + " timeout)");
    }

    @Test
    void is_unrepeatable_only_as_a_preset_and_without_a_hedge() {
      assertThat(faults("stacks:\n  a: {retry: on, unrepeatable: on}"))
          .containsExactly("line 2: stacks.a.unrepeatable: on (expected: only with a preset)");
      assertThat(faults("stacks:\n  a: {preset: http, unrepeatable: on, hedge: {max_hedges: 2}}"))
          .singleElement()
          .asString()
          .contains("stacks.a.hedge: given (expected: none");
    }

    @Test
    void needs_the_limit_of_a_timeout() {
      assertThat(faults("stacks:\n  a:\n    timeout: {isolated: on}"))
          .containsExactly("line 3: stacks.a.timeout: no limit (expected: one, such as 250ms)");
    }

    @Test
    void does_not_mix_what_excludes_each_other() {
      assertThat(faults("stacks: {a: {concurrency_limit: {permits: 5, floor: 2, ceiling: 9}}}"))
          .hasSize(2)
          .allSatisfy(fault -> assertThat(fault).contains("none beside permits"));
      assertThat(faults("stacks: {a: {hedge: {delay: 5ms, percentile: 90 %}}}"))
          .singleElement()
          .asString()
          .contains("hedge.delay: given (expected: none beside percentile");
      assertThat(faults("stacks: {a: {breaker: {window: 5, window_time: 1s}}}"))
          .singleElement()
          .asString()
          .contains("breaker.window_time: given (expected: none beside window)");
      assertThat(faults("stacks: {a: {breaker: {slow_call_rate: 50 %}}}"))
          .singleElement()
          .asString()
          .contains("slow_call_rate: given alone (expected: together with slow_call_duration)");
      assertThat(faults("stacks: {a: {retry: {backoff: none, delay: 5ms, delay_factor: 3}}}"))
          .hasSize(2);
      assertThat(faults("stacks: {a: {retry: {delay: 5s, max_delay: 1s}}}"))
          .singleElement()
          .asString()
          .contains("max_delay: 1 s (expected: at least 5 s, the delay)");
      assertThat(faults("stacks: {a: {adaptive_timeout: {floor: 5s, ceiling: 1s}}}"))
          .singleElement()
          .asString()
          .contains("ceiling: 1 s (expected: at least 5 s, the floor)");
      assertThat(faults("stacks: {a: {breaker: {open_for: 5s, max_open_for: 1s}}}"))
          .singleElement()
          .asString()
          .contains("max_open_for: 1 s (expected: at least 5 s, open_for)");
    }
  }

  @Test
  void a_key_that_is_given_twice_is_a_fault_in_any_spelling() {
    assertThat(faults("stacks: {a: {retry: {max_attempts: 2, maxAttempts: 3}}}"))
        .containsExactly("line 1: stacks.a.retry.maxAttempts: given twice (expected: once)");
    assertThat(faults("stacks:\n  a: {preset: rpc}\n  a: {preset: http}"))
        .singleElement()
        .asString()
        .contains("stacks.a: given twice");
    assertThat(faults("stacks: {a: {retry: on, Retry: off}}"))
        .singleElement()
        .asString()
        .contains("stacks.a.Retry: given twice");
  }

  @Test
  void values_of_the_wrong_shape_are_named() {
    assertThat(faults("stacks: [a, b]"))
        .containsExactly(
            "line 1: stacks: no names (expected: names, with keys and values below each)");
    assertThat(faults("stacks: {a: http}"))
        .contains("line 1: stacks.a: 'http' (expected: keys and values)");
    assertThat(faults("stacks: {a: {retry: [1, 2]}}"))
        .containsExactly("line 1: stacks.a.retry: a list (expected: keys and values)");
    assertThat(faults("stacks: {a: {retry: {max_attempts: {deep: 1}}}}"))
        .containsExactly(
            "line 1: stacks.a.retry.max_attempts: keys and values (expected: a whole number, at"
                + " least 1)");
    assertThat(faults("default_timeout:"))
        .singleElement()
        .asString()
        .startsWith("line 1: default_timeout: no value (expected: a duration");
    assertThat(faults("just a text")).singleElement().asString().contains("no keys and values");
    assertThat(faults("service_timeouts: {services: {inventory: 300}}"))
        .singleElement()
        .asString()
        .contains("service_timeouts.services.inventory: '300' (expected: a duration");
  }

  @Test
  void a_text_that_cannot_be_read_says_where() {
    assertThat(faults("stacks:\n  a: {retry: [}"))
        .singleElement()
        .asString()
        .startsWith("line 2: cannot be read: ");
    assertThat(faults("a: *nowhere"))
        .singleElement()
        .asString()
        .contains("*nowhere (expected: an anchor above it)");
    assertThat(faults("a: 1\n---\nb: 2")).singleElement().asString().contains("a second document");
    assertThat(faults("{[a]: 1}")).singleElement().asString().contains("a key that is no text");
    assertThat(faults("[".repeat(200_000)))
        .singleElement()
        .asString()
        .contains("nested too deeply");
    assertThat(faults("a: " + "x".repeat(2_000_000)))
        .singleElement()
        .asString()
        .contains("characters (expected: at most");
  }

  @Test
  void aliases_do_not_blow_up() {
    StringBuilder laughs = new StringBuilder("a0: &a0 [x, x, x, x, x, x, x, x, x]\n");
    for (int i = 1; i < 10; i++) {
      String before = "*a" + (i - 1);
      laughs.append("a").append(i).append(": &a").append(i).append(" [");
      laughs.append(String.join(", ", java.util.Collections.nCopies(9, before))).append("]\n");
    }
    assertThat(faults(laughs.toString())).singleElement().asString().contains("too much");
  }

  @Test
  void a_map_that_contains_itself_is_refused() {
    Map<String, Object> map = new HashMap<>();
    map.put("stacks", map);
    assertThat(
            catchThrowableOfType(ConfigurationException.class, () -> Configuration.of(map))
                .faults())
        .extracting(ConfigurationFault::problem)
        .anySatisfy(problem -> assertThat(problem).contains("nested too deeply"));
  }

  @Test
  void a_property_with_a_value_and_keys_below_it_is_refused() {
    Properties properties = new Properties();
    properties.setProperty("stacks.a", "x");
    properties.setProperty("stacks.a.preset", "http");
    assertThat(
            catchThrowableOfType(
                    ConfigurationException.class, () -> Configuration.ofProperties(properties))
                .getMessage())
        .contains("stacks.a.preset: 'a' has a value and keys below it");
  }

  @Test
  void what_was_written_forges_no_line_and_fills_no_log() {
    String fault =
        faults("default_timeout: \"1s\\nINFO all is well" + "x".repeat(5_000) + "\"").get(0);
    assertThat(fault).doesNotContain("\n").hasSizeLessThan(500);
  }
}
