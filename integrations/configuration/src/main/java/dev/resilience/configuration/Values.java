package dev.resilience.configuration;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * What was given for the settings of a section. Immutable; equal if the same values were given,
 * however they were written.
 */
final class Values {

  static final Values NONE = new Values(Map.of(), Map.of());

  private final Map<Setting<?>, Object> given;
  private final Map<Setting<?>, Integer> lines;

  Values(Map<Setting<?>, Object> given, Map<Setting<?>, Integer> lines) {
    this.given = Collections.unmodifiableMap(new LinkedHashMap<>(given));
    this.lines = Map.copyOf(lines);
  }

  boolean has(Setting<?> setting) {
    return given.containsKey(setting);
  }

  @SuppressWarnings("unchecked") // the setting's type has read it
  <T> Optional<T> find(Setting<T> setting) {
    return Optional.ofNullable((T) given.get(setting));
  }

  <T> T get(Setting<T> setting, T otherwise) {
    return find(setting).orElse(otherwise);
  }

  <T> void ifGiven(Setting<T> setting, Consumer<? super T> use) {
    find(setting).ifPresent(use);
  }

  boolean isOn(Setting<Boolean> setting) {
    return get(setting, false);
  }

  int line(Setting<?> setting) {
    return lines.getOrDefault(setting, 0);
  }

  Values without(Setting<?> setting) {
    Map<Setting<?>, Object> rest = new LinkedHashMap<>(given);
    rest.remove(setting);
    return new Values(rest, lines);
  }

  /** As it would be written. */
  Map<String, Object> toMap() {
    Map<String, Object> map = new LinkedHashMap<>();
    given.keySet().forEach(setting -> map.put(setting.key(), written(setting)));
    return map;
  }

  private <T> Object written(Setting<T> setting) {
    return setting.type().write(find(setting).orElseThrow());
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof Values values && given.equals(values.given);
  }

  @Override
  public int hashCode() {
    return given.hashCode();
  }

  @Override
  public String toString() {
    return toMap().toString();
  }
}
