package dev.resilience.configuration;

import static java.util.Objects.requireNonNull;

import dev.resilience.text.SafeText;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Properties;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Stacks, budgets and limits by name, read and found good. To use them, open a {@link
 * LiveConfiguration}.
 *
 * <pre>{@code
 * Configuration configuration = Configuration.ofYaml("""
 *     default_timeout: 2s
 *     stacks:
 *       quotes:
 *         preset: http
 *         retry: {max_attempts: 4}
 *         breaker: {failure_rate: 50 %, open_for: 1s}
 *     """);
 * }</pre>
 *
 * <p>Keys may be written {@code max_attempts}, {@code max-attempts} or {@code maxAttempts};
 * durations {@code 250ms}, {@code 2s}, {@code 1m30s} or {@code PT2S}; shares {@code 0.5} or {@code
 * 50 %}; switches {@code on} and {@code off}, or {@code true} and {@code false}.
 *
 * <p>All readers validate the whole: what is wrong, misspelled or missing comes out in one {@link
 * ConfigurationException} that names each key, its line, and what was expected.
 *
 * <p>Immutable, and equal to another one if both come to the same, however they were written.
 */
public final class Configuration {

  static final Configuration EMPTY =
      new Configuration(Values.NONE, Map.of(), Values.NONE, Map.of(), Map.of());

  private final Values contexts;
  private final Map<String, Values> budgets;
  private final Values serviceTimeouts;
  private final Map<String, Duration> services;
  private final Map<String, StackSpec> stacks;

  Configuration(
      Values contexts,
      Map<String, Values> budgets,
      Values serviceTimeouts,
      Map<String, Duration> services,
      Map<String, StackSpec> stacks) {
    this.contexts = contexts;
    this.budgets = copy(budgets);
    this.serviceTimeouts = serviceTimeouts;
    this.services = copy(services);
    this.stacks = copy(stacks);
  }

  private static <V> Map<String, V> copy(Map<String, V> map) {
    return Collections.unmodifiableMap(new LinkedHashMap<>(map));
  }

  // ---- readers

  /**
   * From nested maps, as other parsers make them; values may be texts, numbers, booleans and {@link
   * Duration}s.
   *
   * @throws ConfigurationException with all that is wrong
   */
  public static Configuration of(Map<String, ?> map) {
    Faults faults = new Faults();
    return checked(MapReader.read(requireNonNull(map, "map"), faults), faults);
  }

  /**
   * From properties with dotted keys, such as {@code stacks.quotes.retry.max_attempts}. A name must
   * not have a dot in it.
   *
   * @throws ConfigurationException with all that is wrong
   */
  public static Configuration ofProperties(Properties properties) {
    return ofProperties(properties, "");
  }

  /**
   * From those properties that begin with a prefix; the others are left alone.
   *
   * @param prefix with its dot: {@code "resilience."}
   * @throws ConfigurationException with all that is wrong
   */
  public static Configuration ofProperties(Properties properties, String prefix) {
    requireNonNull(prefix, "prefix");
    Map<String, String> texts = new LinkedHashMap<>();
    for (String key : requireNonNull(properties, "properties").stringPropertyNames()) {
      texts.put(key, requireNonNull(properties.getProperty(key)));
    }
    Faults faults = new Faults();
    return checked(PropertiesReader.read(texts, prefix, faults), faults);
  }

  /**
   * From YAML 1.2, with anchors and aliases.
   *
   * @param text of at most 1,048,576 characters
   * @throws ConfigurationException with all that is wrong
   */
  public static Configuration ofYaml(String text) {
    Faults faults = new Faults();
    return checked(YamlReader.read(requireNonNull(text, "text"), faults), faults);
  }

  /**
   * From JSON. Read as the part of YAML that it is, so comments are allowed, too.
   *
   * @param text of at most 1,048,576 characters
   * @throws ConfigurationException with all that is wrong
   */
  public static Configuration ofJson(String text) {
    // JSON may be indented with tabs, YAML may not; inside of a JSON text none can stand.
    return ofYaml(requireNonNull(text, "text").replace('\t', ' '));
  }

  /**
   * From a file, by the end of its name: {@code .yaml} or {@code .yml}, {@code .json}, {@code
   * .properties}. In UTF-8.
   *
   * @throws ConfigurationException with all that is wrong
   * @throws IOException if the file cannot be read
   */
  public static Configuration read(Path file) throws IOException {
    String name = file.toString().toLowerCase(Locale.ROOT);
    if (name.endsWith(".yaml") || name.endsWith(".yml")) {
      return ofYaml(Files.readString(file));
    }
    if (name.endsWith(".json")) {
      return ofJson(Files.readString(file));
    }
    if (name.endsWith(".properties")) {
      Properties properties = new Properties();
      try (var reader = Files.newBufferedReader(file)) {
        properties.load(reader);
      }
      return ofProperties(properties);
    }
    throw new IllegalArgumentException(
        "file: "
            + SafeText.of(file)
            + " (expected: a name that ends with .yaml, .yml, .json or .properties)");
  }

  private static Configuration checked(Raw raw, Faults faults) {
    Configuration read = ConfigurationReader.read(raw, faults);
    faults.throwIfAny();
    return read;
  }

  // ---- what it says

  /** The names of the stacks, in their order. */
  public Set<String> stackNames() {
    return stacks.keySet();
  }

  /**
   * All that was given, as nested maps of texts and numbers from which {@link #of} reads it again.
   */
  public Map<String, Object> toMap() {
    Map<String, Object> map = new LinkedHashMap<>(contexts.toMap());
    if (!budgets.isEmpty()) {
      map.put(ConfigurationReader.BUDGETS, written(budgets));
    }
    Map<String, Object> timeouts = new LinkedHashMap<>(serviceTimeouts.toMap());
    if (!services.isEmpty()) {
      Map<String, Object> limits = new LinkedHashMap<>();
      services.forEach((name, limit) -> limits.put(name, ServiceTimeoutKeys.LIMIT.write(limit)));
      timeouts.put(ServiceTimeoutKeys.SERVICES, limits);
    }
    if (!timeouts.isEmpty()) {
      map.put(ConfigurationReader.SERVICE_TIMEOUTS, timeouts);
    }
    if (!stacks.isEmpty()) {
      Map<String, Object> all = new LinkedHashMap<>();
      stacks.forEach((name, stack) -> all.put(name, stack.toMap()));
      map.put(ConfigurationReader.STACKS, all);
    }
    return map;
  }

  private static Map<String, Object> written(Map<String, Values> sections) {
    Map<String, Object> map = new LinkedHashMap<>();
    sections.forEach((name, values) -> map.put(name, values.toMap()));
    return map;
  }

  /** All that was given, as JSON from which {@link #ofJson} reads it again. */
  public String toJson() {
    return JsonWriter.write(toMap());
  }

  Values contexts() {
    return contexts;
  }

  Map<String, Values> budgets() {
    return budgets;
  }

  Values serviceTimeouts() {
    return serviceTimeouts;
  }

  Map<String, Duration> services() {
    return services;
  }

  Map<String, StackSpec> stacks() {
    return stacks;
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof Configuration that
        && contexts.equals(that.contexts)
        && budgets.equals(that.budgets)
        && serviceTimeouts.equals(that.serviceTimeouts)
        && services.equals(that.services)
        && stacks.equals(that.stacks);
  }

  @Override
  public int hashCode() {
    return Objects.hash(contexts, budgets, serviceTimeouts, services, stacks);
  }

  /** As {@link #toJson}. */
  @Override
  public String toString() {
    return toJson();
  }
}
