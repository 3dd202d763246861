package dev.resilience.configuration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ReadingTest {

  private static final String YAML =
      """
      # The same in four forms.
      default_timeout: 2s
      budgets:
        shared: {ratio: 10 %, burst: 50}
      stacks:
        quotes:
          preset: http
          budget: shared
          hedge: off
          retry: {max_attempts: 4, delay: 25ms}
          timeout: 1m30s
      """;

  private final Configuration expected = Configuration.ofYaml(YAML);

  @Nested
  class The_same_configuration_comes_from {

    @Test
    void json_indented_with_tabs() {
      assertThat(
              Configuration.ofJson(
                  """
                  {
                  \t"default_timeout": "2s",
                  \t"budgets": {"shared": {"ratio": 0.1, "burst": 50}},
                  \t"stacks": {
                  \t\t"quotes": {
                  \t\t\t"preset": "http",
                  \t\t\t"budget": "shared",
                  \t\t\t"hedge": false,
                  \t\t\t"retry": {"max_attempts": 4, "delay": "25ms"},
                  \t\t\t"timeout": "90s"
                  \t\t}
                  \t}
                  }
                  """))
          .isEqualTo(expected);
    }

    @Test
    void properties_with_a_prefix() throws Exception {
      Properties properties = new Properties();
      properties.load(
          new java.io.StringReader(
              """
              resilience.default_timeout=PT2S
              resilience.budgets.shared.ratio=10%
              resilience.budgets.shared.burst=50
              resilience.stacks.quotes.preset=http
              resilience.stacks.quotes.budget=shared
              resilience.stacks.quotes.hedge=off
              resilience.stacks.quotes.retry.max-attempts=4
              resilience.stacks.quotes.retry.delay=25 ms
              resilience.stacks.quotes.timeout.limit=90s
              other.application=unknown
              """));
      assertThat(Configuration.ofProperties(properties, "resilience.")).isEqualTo(expected);
    }

    @Test
    void a_map_with_values_of_java() {
      assertThat(
              Configuration.of(
                  Map.of(
                      "defaultTimeout",
                      Duration.ofSeconds(2),
                      "budgets",
                      Map.of("shared", Map.of("ratio", 0.1, "burst", 50L)),
                      "stacks",
                      Map.of(
                          "quotes",
                          Map.of(
                              "preset",
                              "HTTP",
                              "budget",
                              "shared",
                              "hedge",
                              false,
                              "retry",
                              Map.of("maxAttempts", 4, "delay", Duration.ofMillis(25)),
                              "timeout",
                              Map.of("limit", Duration.ofSeconds(90)))))))
          .isEqualTo(expected);
    }

    @Test
    void a_file_by_the_end_of_its_name(@TempDir Path folder) throws Exception {
      Path yaml = Files.writeString(folder.resolve("a.YML"), YAML);
      Path json = Files.writeString(folder.resolve("a.json"), expected.toJson());
      assertThat(Configuration.read(yaml)).isEqualTo(expected);
      assertThat(Configuration.read(json)).isEqualTo(expected);
      assertThatThrownBy(() -> Configuration.read(folder.resolve("a.toml")))
          .hasMessageContaining("a.toml (expected: a name that ends with .yaml");
    }

    @Test
    void what_it_writes_itself() {
      assertThat(Configuration.of(expected.toMap())).isEqualTo(expected);
      assertThat(Configuration.ofJson(expected.toJson())).isEqualTo(expected);
      assertThat(expected.toMap()).containsEntry("default_timeout", "2s");
    }
  }

  @Test
  void anchors_and_aliases_say_a_thing_once() {
    Configuration configuration =
        Configuration.ofYaml(
            """
            stacks:
              one: {preset: rpc, breaker: &usual {window: 40}}
              two: {preset: rpc, breaker: *usual}
            """);
    assertThat(configuration.stacks().get("two")).isEqualTo(configuration.stacks().get("one"));
  }

  @Test
  void an_empty_text_is_an_empty_configuration() {
    assertThat(Configuration.ofYaml("# nothing yet\n")).isEqualTo(Configuration.of(Map.of()));
    assertThat(Configuration.ofYaml("stacks:\nbudgets:\n").stackNames()).isEmpty();
  }

  @Test
  void a_policy_with_nothing_below_it_has_its_defaults() {
    StackSpec stack =
        Configuration.ofYaml("stacks:\n  a:\n    retry:\n    breaker: on\n    hedge: {}\n")
            .stacks()
            .get("a");
    assertThat(stack.order())
        .containsExactly(PolicyKind.RETRY, PolicyKind.HEDGE, PolicyKind.BREAKER);
  }

  @ParameterizedTest
  @CsvSource({
    "250ms, 250000000",
    "2s, 2000000000",
    "2 s, 2000000000",
    "2 sec, 2000000000",
    "1m30s, 90000000000",
    "1 m 30 s, 90000000000",
    "5min, 300000000000",
    "1.5h, 5400000000000",
    "1d, 86400000000000",
    "10us, 10000",
    "10\u00b5s, 10000",
    "7ns, 7",
    "PT2S, 2000000000",
    "pt0.25s, 250000000",
    "P1DT1H, 90000000000000",
    "0s, 0",
  })
  void durations_are_read_as_people_write_them(String text, long nanos) {
    assertThat(DurationSyntax.read(text)).contains(Duration.ofNanos(nanos));
    Duration duration = Duration.ofNanos(nanos);
    assertThat(DurationSyntax.read(DurationSyntax.write(duration))).contains(duration);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        " ",
        "2",
        "2x",
        "s",
        "-2s",
        "2s3",
        "1s30m",
        "2s2s",
        "0.5ns",
        "1e3s",
        "P",
        "PT",
        "Pfoo",
        "9999999999d",
        "1..5s",
        "1,5s",
        "ms250",
        "NaNs",
        "PT9999999999999S"
      })
  void what_is_no_duration_is_none(String text) {
    assertThat(DurationSyntax.read(text)).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({
    "0.5, 0.5",
    "50 %, 0.5",
    "50%, 0.5",
    "12.5%, 0.125",
    "1, 1",
    "100 %, 1",
    "1e-3, 0.001"
  })
  void shares_are_read_as_people_write_them(String text, double share) {
    assertThat(ValueType.share().read(text)).contains(share);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "50",
        "0",
        "0 %",
        "101 %",
        "-0.1",
        "half",
        "0,5",
        "NaN",
        "1e999",
        "%",
        "1e999999999"
      })
  void what_is_no_share_is_none(String text) {
    assertThat(ValueType.share().read(text)).isEmpty();
  }

  @Test
  void numbers_are_whole_where_they_have_to_be() {
    ValueType<Integer> number = ValueType.wholeNumber(1, Integer.MAX_VALUE);
    assertThat(number.read("20")).contains(20);
    assertThat(number.read(20.0)).contains(20);
    assertThat(List.of("20.5", "2e10", "twenty", "0x10", "1_000", "20 %"))
        .allSatisfy(text -> assertThat(number.read(text)).isEmpty());
    assertThat(number.read(Long.MAX_VALUE)).isEmpty();
    assertThat(number.read(Double.NaN)).isEmpty();
  }

  @Test
  void an_order_is_a_list_or_words_with_commas() {
    ValueType<List<String>> order = ValueType.order(PolicyKind.keys());
    Optional<List<String>> expected = Optional.of(List.of("timeout", "retry"));
    assertThat(order.read(List.of("timeout", "retry"))).isEqualTo(expected);
    assertThat(order.read("timeout, retry")).isEqualTo(expected);
    assertThat(order.read("timeout, timeout")).isEmpty();
    assertThat(order.read("timeout, typo")).isEmpty();
    assertThat(order.read("")).isEmpty();
  }
}
