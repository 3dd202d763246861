package dev.resilience.configuration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.resilience.Preset;
import dev.resilience.breaker.Breaker;
import dev.resilience.hedge.Hedge;
import dev.resilience.limit.ConcurrencyLimit;
import dev.resilience.limit.RateLimit;
import dev.resilience.policy.RetryBudget;
import dev.resilience.retry.Retry;
import dev.resilience.timeout.AdaptiveTimeout;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The reference of all keys is made of what the reader validates with, and says the truth. */
class ReferenceTest {

  private static final List<Section> SECTIONS =
      Stream.concat(
              Stream.of(
                  ContextKeys.SECTION,
                  StackKeys.SECTION,
                  BudgetKeys.SECTION,
                  ServiceTimeoutKeys.ALL),
              Stream.of(PolicyKind.values()).map(PolicyKind::section))
          .toList();

  /** {@code -Dresilience.draw=true} writes it anew. */
  @Test
  void the_page_lists_all_keys() throws IOException {
    String begin = "<!-- reference: made by ReferenceTest -->\n";
    String end = "<!-- end of the reference -->\n";
    Path page = Path.of("..", "..", "docs", "configuration.md");
    String text = Files.readString(page);
    int from = text.indexOf(begin) + begin.length();
    int to = text.indexOf(end);
    if (Boolean.getBoolean("resilience.draw")) {
      Files.writeString(page, text.substring(0, from) + reference() + text.substring(to));
      return;
    }
    assertThat(text.substring(from, to))
        .as(
            "docs/configuration.md (write it anew: mvn test -pl integrations/configuration -am"
                + " -Dtest=ReferenceTest -Dsurefire.failIfNoSpecifiedTests=false"
                + " -Dresilience.draw=true)")
        .isEqualTo(reference());
  }

  private static String reference() {
    StringBuilder out = new StringBuilder();
    for (Section section : SECTIONS) {
      String title = section.title();
      boolean isPolicy = PolicyKind.find(title).isPresent();
      out.append("\n### ")
          .append(
              title.isEmpty() ? "At the top" : "`" + (isPolicy ? "stacks.NAME." : "") + title + "`")
          .append("\n\n")
          .append(section.meaning())
          .append("\n\n| key | value | default | what it does |\n|---|---|---|---|\n");
      for (Setting<?> setting : section.settings()) {
        String usual = setting.otherwise();
        out.append("| `")
            .append(setting.key())
            .append("` | ")
            .append(setting.type())
            .append(" | ")
            .append(usual.contains("`") || usual.contains(" ") ? usual : "`" + usual + "`")
            .append(" | ")
            .append(setting.meaning())
            .append(" |\n");
      }
    }
    return out.append('\n').toString();
  }

  // ---- the defaults

  /** A policy, and a builder of it to which values are applied. */
  record Subject(Section section, Function<Values, Object> builder) {
    @Override
    public String toString() {
      return section.title();
    }
  }

  static List<Subject> subjects() {
    return List.of(
        new Subject(RetryKeys.SECTION, v -> RetryKeys.apply(v, Retry.builder(), false)),
        new Subject(HedgeKeys.SECTION, v -> HedgeKeys.apply(v, Hedge.builder())),
        new Subject(BreakerKeys.SECTION, v -> BreakerKeys.apply(v, Breaker.builder("a"), false)),
        new Subject(RateLimitKeys.SECTION, v -> RateLimitKeys.apply(v, RateLimit.builder("a"))),
        new Subject(
            ConcurrencyLimitKeys.SECTION,
            v ->
                v.has(ConcurrencyLimitKeys.PERMITS)
                    ? ConcurrencyLimitKeys.applyFixed(
                        v, ConcurrencyLimit.builder("a", v.get(ConcurrencyLimitKeys.PERMITS, 1)))
                    : ConcurrencyLimitKeys.apply(v, ConcurrencyLimit.adaptive("a"))),
        new Subject(
            AdaptiveTimeoutKeys.SECTION,
            v -> AdaptiveTimeoutKeys.apply(v, AdaptiveTimeout.builder("a"))),
        new Subject(TimeoutKeys.SECTION, v -> TimeoutKeys.builder(withLimit(v), "a")),
        new Subject(ServiceTimeoutKeys.ALL, v -> ServiceTimeoutKeys.builder(v, Map.of())),
        new Subject(BudgetKeys.SECTION, v -> BudgetKeys.apply(v, RetryBudget.builder())));
  }

  private static Values withLimit(Values values) {
    return values.has(TimeoutKeys.LIMIT)
        ? values
        : and(values, TimeoutKeys.LIMIT, Duration.ofSeconds(1));
  }

  private static Values and(Values values, Setting<?> setting, Object value) {
    Map<Setting<?>, Object> all = new LinkedHashMap<>();
    for (Section section : SECTIONS) {
      for (Setting<?> known : section.settings()) {
        values.find(known).ifPresent(there -> all.put(known, there));
      }
    }
    all.put(setting, value);
    return new Values(all, Map.of());
  }

  /** The documented default, where it is a value and not a sentence. */
  private static Optional<Object> usual(Setting<?> setting, boolean isPreset) {
    String text = setting.otherwise();
    int preset = text.indexOf("in a preset ");
    String said =
        isPreset && preset >= 0
            ? text.substring(preset + "in a preset ".length()).split(";", -1)[0]
            : text.split("[,;]", -1)[0];
    return setting.type().read(said).map(Object.class::cast);
  }

  private static Values defaults(Section section, boolean isPreset) {
    Map<Setting<?>, Object> all = new LinkedHashMap<>();
    for (Setting<?> setting : section.settings()) {
      usual(setting, isPreset).ifPresent(value -> all.put(setting, value));
    }
    return new Values(all, Map.of());
  }

  @ParameterizedTest
  @MethodSource("subjects")
  void the_defaults_are_those_of_the_builders(Subject subject) {
    Values defaults = defaults(subject.section(), false);
    assertThat(defaults.toMap()).as("values among the defaults").isNotEmpty();
    assertThat(subject.builder().apply(defaults))
        .usingRecursiveComparison()
        .usingOverriddenEquals()
        .isEqualTo(subject.builder().apply(Values.NONE));
  }

  @Test
  void a_default_that_is_no_value_is_a_sentence_on_purpose() {
    List<String> sentences = new ArrayList<>();
    for (Subject subject : subjects()) {
      for (Setting<?> setting : subject.section().settings()) {
        if (usual(setting, false).isEmpty()) {
          sentences.add(subject + "." + setting);
        }
      }
    }
    assertThat(sentences)
        .containsExactly(
            "hedge.delay",
            "breaker.window_time",
            "breaker.minimum_calls",
            "breaker.consecutive_failures",
            "breaker.slow_call_rate",
            "breaker.slow_call_duration",
            "breaker.max_open_for",
            "rate_limit.burst",
            "rate_limit.max_wait",
            "concurrency_limit.permits",
            "concurrency_limit.max_waiting",
            "adaptive_timeout.starting_at",
            "timeout.limit");
  }

  @Test
  void the_defaults_in_a_preset_are_those_of_the_preset() {
    Values retry = defaults(RetryKeys.SECTION, true);
    assertThat(retry.get(RetryKeys.DELAY, Duration.ZERO)).hasMillis(50);
    assertThat(presets(b -> RetryKeys.apply(retry, b, true), null))
        .usingRecursiveComparison()
        .usingOverriddenEquals()
        .isEqualTo(presets(b -> b, null));

    Values breaker = defaults(BreakerKeys.SECTION, true);
    assertThat(breaker.get(BreakerKeys.MAX_OPEN_FOR, Duration.ZERO)).hasMillis(400);
    assertThat(presets(null, b -> BreakerKeys.apply(breaker, b, true)))
        .usingRecursiveComparison()
        .usingOverriddenEquals()
        .isEqualTo(presets(null, b -> b));
  }

  /** The builder of a preset, after a change. */
  private static Object presets(
      Function<Retry.Builder, Retry.Builder> retry,
      Function<Breaker.Builder, Breaker.Builder> breaker) {
    AtomicReference<Object> seen = new AtomicReference<>();
    Preset.rpc("a")
        .budget(BUDGET)
        .retry(
            b -> {
              if (retry != null) {
                seen.set(retry.apply(b));
              }
              return b;
            })
        .breaker(
            b -> {
              if (breaker != null) {
                seen.set(breaker.apply(b));
              }
              return b;
            })
        .build();
    return seen.get();
  }

  private static final RetryBudget BUDGET = RetryBudget.ofDefaults();

  // ---- the ranges

  private static final List<Integer> WHOLE =
      List.of(-1, 0, 1, 2, 9, 99, 100, 999, 1000, 1001, 1_000_000, 1_000_001, Integer.MAX_VALUE);
  private static final List<Double> NUMBERS =
      List.of(
          -0.1, 0.0, 0.001, 0.5, 0.999, 1.0, 1.001, 99.0, 100.0, 100.1, 1000.0, 1000.1, 1e6, 1e7);
  private static final List<Duration> DURATIONS =
      List.of(
          Duration.ofNanos(-1),
          Duration.ZERO,
          Duration.ofNanos(1),
          Duration.ofNanos(9),
          Duration.ofNanos(10),
          Duration.ofSeconds(1),
          Duration.ofDays(1),
          Duration.ofDays(1).plusNanos(1),
          Duration.ofDays(1000));

  /** Where ours refuses what the builder takes: there is another key that says it. */
  private static final List<String> STRICTER = List.of("retry.delay", "retry.max_delay");

  private static List<?> candidates(Setting<?> setting) {
    return switch (setting.type().title()) {
      case "whole number" -> WHOLE;
      case "number", "share" -> NUMBERS;
      case "duration" -> DURATIONS;
      default -> List.of();
    };
  }

  /** A refusal for another reason than the range: it names another key, or what is missing. */
  private static boolean isForItsRange(Throwable refusal) {
    String message = String.valueOf(refusal.getMessage());
    return !message.contains("the window)")
        && !message.contains("calls in the window)")
        && !message.contains("given alone")
        && !message.contains("the floor)")
        && !message.contains("open_for)")
        && !message.contains("the delay)")
        && !message.startsWith("startingAt: ");
  }

  private static void build(Object builder) throws Throwable {
    try {
      builder.getClass().getMethod("build").invoke(builder);
    } catch (java.lang.reflect.InvocationTargetException refused) {
      throw refused.getCause();
    }
  }

  @ParameterizedTest
  @MethodSource("subjects")
  void the_ranges_are_those_of_the_builders(Subject subject) {
    for (Setting<?> setting : subject.section().settings()) {
      for (Object candidate : candidates(setting)) {
        boolean isAllowed =
            setting
                .type()
                .read(candidate instanceof Double number ? number.toString() : candidate)
                .isPresent();
        Throwable refusal =
            catchThrowable(
                () -> build(subject.builder().apply(and(Values.NONE, setting, candidate))));
        String what = subject + "." + setting + ": " + candidate;
        if (isAllowed) {
          assertThat(refusal == null || !isForItsRange(refusal))
              .as("%s is in the range, but refused: %s", what, refusal)
              .isTrue();
        } else if (!STRICTER.contains(subject + "." + setting)) {
          assertThat(refusal).as("%s is out of the range", what).isNotNull();
        }
      }
    }
  }

  @Test
  void each_key_is_listed_once_and_in_one_spelling() {
    for (Section section : SECTIONS) {
      assertThat(section.settings()).extracting(s -> Keys.folded(s.key())).doesNotHaveDuplicates();
      assertThat(section.settings())
          .allSatisfy(setting -> assertThat(setting.key()).matches("[a-z]+(_[a-z]+)*"));
    }
  }
}
