package dev.resilience.configuration;

import dev.resilience.text.SafeText;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The settings of one thing, such as a retry. */
final class Section {

  /** How builders refuse: {@code maxAttempts: 0 (expected: >= 1)}. */
  private static final Pattern REFUSAL = Pattern.compile("(\\w+): (.*)", Pattern.DOTALL);

  private final String title;
  private final String meaning;
  private final List<Setting<?>> settings = new ArrayList<>();
  private @Nullable Setting<?> main;

  /**
   * @param title its key
   * @param meaning one line
   */
  Section(String title, String meaning) {
    this.title = title;
    this.meaning = meaning;
  }

  <T> Setting<T> add(String key, ValueType<T> type, String otherwise, String does) {
    Setting<T> setting = new Setting<>(key, type, otherwise, does);
    settings.add(setting);
    return setting;
  }

  /** The one that a value in place of the section is for: {@code timeout: 2s}. */
  <T> Setting<T> addMain(String key, ValueType<T> type, String otherwise, String does) {
    Setting<T> setting = add(key, type, otherwise, does);
    main = setting;
    return setting;
  }

  String title() {
    return title;
  }

  String meaning() {
    return meaning;
  }

  List<Setting<?>> settings() {
    return Collections.unmodifiableList(settings);
  }

  Optional<Setting<?>> main() {
    return Optional.ofNullable(main);
  }

  Optional<Setting<?>> find(String written) {
    String folded = Keys.folded(written);
    return settings.stream()
        .filter(setting -> Keys.folded(setting.key()).equals(folded))
        .findFirst();
  }

  private List<String> keys() {
    return settings.stream().map(Setting::key).toList();
  }

  // ---- reading

  /**
   * Reads what stands below a key.
   *
   * @param path of the section
   * @param others keys that stand there as well, and that somebody else reads
   */
  Values read(String path, Raw raw, Faults faults, Set<String> others) {
    if (raw instanceof Raw.Scalar scalar) {
      return readScalar(path, scalar, faults);
    }
    if (!(raw instanceof Raw.Mapping mapping)) {
      faults.add(path, raw.line(), "a list (expected: keys and values)");
      return Values.NONE;
    }
    Map<Setting<?>, Object> values = new LinkedHashMap<>();
    Map<Setting<?>, Integer> lines = new LinkedHashMap<>();
    mapping
        .entries()
        .forEach(
            (written, value) -> {
              String key = Keys.join(path, written);
              Optional<Setting<?>> setting = find(written);
              if (setting.isEmpty()) {
                if (others.stream().noneMatch(o -> Keys.folded(o).equals(Keys.folded(written)))) {
                  faults.add(key, value.line(), unknown(written, others));
                }
              } else if (values.containsKey(setting.get()) || lines.containsKey(setting.get())) {
                faults.add(key, value.line(), "given twice (expected: once)");
              } else {
                lines.put(setting.get(), value.line());
                read(key, setting.get(), value, faults)
                    .ifPresent(known -> values.put(setting.get(), known));
              }
            });
    for (String twice : mapping.twice()) {
      faults.add(Keys.join(path, twice), mapping.line(), "given twice (expected: once)");
    }
    return new Values(values, lines);
  }

  private String unknown(String written, Set<String> others) {
    Set<String> known = new LinkedHashSet<>(keys());
    known.addAll(others);
    return Refused.reason(written).orElseGet(() -> Keys.unknown("key", known, written));
  }

  private Values readScalar(String path, Raw.Scalar scalar, Faults faults) {
    if (scalar.value() == null || ValueType.onOff(scalar.value()).isPresent()) {
      return Values.NONE;
    }
    if (main != null) {
      Setting<?> setting = main;
      return read(path, setting, scalar, faults)
          .map(value -> new Values(Map.of(setting, value), Map.of(setting, scalar.line())))
          .orElse(Values.NONE);
    }
    faults.add(
        path, scalar.line(), "'" + SafeText.of(scalar.value()) + "' (expected: keys and values)");
    return Values.NONE;
  }

  private static Optional<Object> read(String path, Setting<?> setting, Raw raw, Faults faults) {
    Object value = plain(raw);
    Optional<?> known = value == null ? Optional.empty() : setting.type().read(value);
    if (known.isEmpty()) {
      String given =
          raw instanceof Raw.Mapping
              ? "keys and values"
              : value == null ? "no value" : "'" + SafeText.of(value) + "'";
      faults.add(path, raw.line(), given + " (expected: a " + setting.type() + ")");
    }
    return known.map(Object.class::cast);
  }

  private static @Nullable Object plain(Raw raw) {
    if (raw instanceof Raw.Scalar scalar) {
      return scalar.value();
    }
    if (raw instanceof Raw.Items items) {
      return items.items().stream()
          .map(item -> item instanceof Raw.Scalar scalar ? scalar.value() : null)
          .map(value -> value == null ? Optional.empty() : value)
          .toList();
    }
    return null;
  }

  // ---- rules between several keys

  /**
   * Tries whether what is built from these values is refused, as by rules between several keys.
   * Where a refusal names a key, the others are tried without it, so that all faults come out.
   *
   * @param build may throw an {@link IllegalArgumentException}
   */
  void check(String path, Values given, int line, Faults faults, Consumer<Values> build) {
    Values values = given;
    while (true) {
      try {
        build.accept(values);
        return;
      } catch (IllegalArgumentException refused) {
        String message = SafeText.messageOf(refused);
        Matcher named = REFUSAL.matcher(message);
        Setting<?> setting = named.matches() ? find(named.group(1)).orElse(null) : null;
        if (setting == null || !values.has(setting)) {
          faults.add(path, line, message);
          return;
        }
        faults.add(Keys.join(path, setting.key()), values.line(setting), named.group(2));
        values = values.without(setting);
      }
    }
  }
}
