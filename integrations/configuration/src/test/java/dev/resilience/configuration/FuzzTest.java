package dev.resilience.configuration;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Random;
import java.util.function.Supplier;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/**
 * Whatever is read, a reader returns a configuration or refuses it with faults, and nothing else.
 * To repeat one: {@code -Dresilience.seed=n}; for more: {@code -Dresilience.schedules=n}.
 */
class FuzzTest {

  private static final String ALPHABET =
      "{}[]:,-&*!|>'\"%@`#?~\\\n\t \u0000\u00a0\u2028\uFEFF\uD83D0123456789aeimnorst_.";

  private static void forSeeds(int usual, java.util.function.LongConsumer property) {
    Long only = Long.getLong("resilience.seed");
    LongStream seeds =
        only != null
            ? LongStream.of(only)
            : LongStream.range(0, Integer.getInteger("resilience.schedules", usual));
    seeds.forEach(
        seed -> {
          try {
            property.accept(seed);
          } catch (Throwable failure) {
            throw new AssertionError("with -Dresilience.seed=" + seed + ": " + failure, failure);
          }
        });
  }

  /** A configuration with some of all keys, most of them in their ranges. */
  private static Map<String, Object> generated(Random random) {
    Map<String, Object> root = section(random, ContextKeys.SECTION);
    root.remove("default_timeout");
    Map<String, Object> budgets = new LinkedHashMap<>();
    for (int i = random.nextInt(3); i > 0; i--) {
      budgets.put("b" + i, section(random, BudgetKeys.SECTION));
    }
    root.put("budgets", budgets);
    Map<String, Object> timeouts = section(random, ServiceTimeoutKeys.ALL);
    timeouts.put("services", Map.of("payment", "300ms"));
    root.put("service_timeouts", timeouts);
    Map<String, Object> stacks = new LinkedHashMap<>();
    for (int i = random.nextInt(4); i > 0; i--) {
      Map<String, Object> stack = new LinkedHashMap<>();
      if (random.nextBoolean()) {
        stack.put("preset", PresetKind.keys()[random.nextInt(4)]);
      }
      for (PolicyKind kind : PolicyKind.values()) {
        switch (random.nextInt(6)) {
          case 0 -> stack.put(kind.key(), "off");
          case 1, 2 -> stack.put(spelled(random, kind.key()), section(random, kind.section()));
          default -> {}
        }
      }
      stacks.put("stack " + i, stack);
    }
    root.put("stacks", stacks);
    return root;
  }

  private static Map<String, Object> section(Random random, Section section) {
    Map<String, Object> map = new LinkedHashMap<>();
    for (Setting<?> setting : section.settings()) {
      if (random.nextInt(4) == 0) {
        map.put(spelled(random, setting.key()), value(random, setting));
      }
    }
    return map;
  }

  private static String spelled(Random random, String key) {
    return switch (random.nextInt(3)) {
      case 0 -> key.replace('_', '-');
      case 1 -> key.toUpperCase(java.util.Locale.ROOT);
      default -> key;
    };
  }

  private static Object value(Random random, Setting<?> setting) {
    return switch (setting.type().title()) {
      case "whole number" -> List.of(1, 2, 5, 10, 100, 1000).get(random.nextInt(6));
      case "number" -> List.of("1", "2.5", "10 %", "100").get(random.nextInt(4));
      case "share" -> List.of("0.5", "90 %", "1", "12.5%").get(random.nextInt(4));
      case "duration" -> List.of("1ms", "PT2S", "1m30s", "500 ms").get(random.nextInt(4));
      case "switch" -> List.of("on", "off", "true", "no").get(random.nextInt(4));
      default -> setting.type().range().split("[ ,:]+", -1)[random.nextInt(3)];
    };
  }

  @Test
  void what_is_accepted_comes_out_as_it_went_in_and_what_is_refused_names_its_keys() {
    int[] accepted = {0};
    forSeeds(
        3_000,
        seed -> {
          Map<String, Object> map = generated(new Random(seed));
          Configuration read = readOrNull(() -> Configuration.of(map));
          assertThat(readOrNull(() -> Configuration.ofJson(JsonWriter.write(map))))
              .as("the same as JSON")
              .isEqualTo(read);
          if (read != null) {
            accepted[0]++;
            assertThat(Configuration.of(read.toMap())).isEqualTo(read);
            assertThat(Configuration.ofYaml(read.toJson())).isEqualTo(read);
            assertThat(Configuration.ofJson(read.toJson()).hashCode()).isEqualTo(read.hashCode());
          }
        });
    if (Long.getLong("resilience.seed") == null) {
      assertThat(accepted[0])
          .as("accepted")
          .isGreaterThan(Integer.getInteger("resilience.schedules", 3_000) / 10);
    }
  }

  @Test
  void an_accepted_configuration_can_be_used_and_changed_to_any_other() {
    List<Configuration> accepted = new ArrayList<>();
    forSeeds(
        300,
        seed -> {
          Map<String, Object> map = generated(new Random(seed));
          map.keySet().removeIf(key -> Keys.folded(key).startsWith("enable"));
          Configuration read = readOrNull(() -> Configuration.of(map));
          if (read != null) {
            accepted.add(read);
          }
        });
    if (accepted.isEmpty()) {
      return; // a single seed may be refused
    }
    LiveConfiguration live = LiveConfiguration.of(accepted.get(0));
    for (Configuration next : accepted) {
      live.update(next);
      assertThat(live.update(next)).as("nothing is left to change").isEmpty();
      for (String name : next.stackNames()) {
        assertThat(next.stacks().get(name).kinds()).isNotEmpty();
      }
      assertThat(live.toString()).isNotEmpty();
    }
  }

  @Test
  void a_key_that_is_not_known_is_always_named() {
    forSeeds(
        300,
        seed -> {
          Random random = new Random(seed);
          Map<String, Object> map = generated(random);
          List<Map<String, Object>> places = new ArrayList<>(List.of(map));
          collect(map, places);
          places.get(random.nextInt(places.size())).put("zzz_" + seed, 1);
          assertThat(faults(() -> Configuration.of(map)))
              .anySatisfy(fault -> assertThat(fault.toString()).contains("zzz_" + seed));
        });
  }

  @SuppressWarnings("unchecked")
  private static void collect(Map<String, Object> map, List<Map<String, Object>> places) {
    map.forEach(
        (key, value) -> {
          // Below these, any key is a name.
          boolean isOfNames = List.of("stacks", "budgets", "services").contains(key);
          if (value instanceof Map<?, ?> inner && !key.equals("services")) {
            if (!isOfNames) {
              places.add((Map<String, Object>) inner);
            }
            collect((Map<String, Object>) inner, places);
          }
        });
  }

  @Test
  void mutated_texts_are_read_or_refused() {
    forSeeds(
        3_000,
        seed -> {
          Random random = new Random(seed);
          StringBuilder text = new StringBuilder(JsonWriter.write(generated(random)));
          for (int i = 1 + random.nextInt(8); i > 0 && !text.isEmpty(); i--) {
            int at = random.nextInt(text.length());
            switch (random.nextInt(5)) {
              case 0 -> text.deleteCharAt(at);
              case 1 -> text.insert(at, ALPHABET.charAt(random.nextInt(ALPHABET.length())));
              case 2 -> text.setCharAt(at, ALPHABET.charAt(random.nextInt(ALPHABET.length())));
              case 3 -> text.setLength(at);
              default ->
                  text.insert(at, text.substring(at, Math.min(text.length(), at + 20)).repeat(3));
            }
          }
          readOrNull(() -> Configuration.ofYaml(text.toString()));
          readOrNull(() -> Configuration.ofJson(text.toString()));
        });
  }

  @Test
  void noise_is_read_or_refused() {
    forSeeds(
        3_000,
        seed -> {
          Random random = new Random(seed);
          StringBuilder text = new StringBuilder();
          for (int i = random.nextInt(60); i > 0; i--) {
            text.append(
                random.nextInt(10) == 0
                    ? (char) random.nextInt(0x10000)
                    : ALPHABET.charAt(random.nextInt(ALPHABET.length())));
          }
          readOrNull(() -> Configuration.ofYaml(text.toString()));
          DurationSyntax.read(text.toString());
          Properties properties = new Properties();
          for (String line : text.toString().split("\n", -1)) {
            properties.setProperty("stacks." + line, line);
          }
          readOrNull(() -> Configuration.ofProperties(properties));
          readOrNull(
              () -> Configuration.of(Map.of(text.toString(), List.of(Map.of("x", Duration.ZERO)))));
        });
  }

  /** Null if refused, with faults that can be shown. */
  private static Configuration readOrNull(Supplier<Configuration> reader) {
    try {
      return reader.get();
    } catch (ConfigurationException refused) {
      assertThat(refused.faults()).isNotEmpty();
      assertThat(refused.faults())
          .allSatisfy(
              fault -> assertThat(fault.toString()).doesNotContain("\n").hasSizeLessThan(2_000));
      return null;
    }
  }

  private static List<ConfigurationFault> faults(Supplier<Configuration> reader) {
    try {
      reader.get();
      return List.of();
    } catch (ConfigurationException refused) {
      return refused.faults();
    }
  }
}
