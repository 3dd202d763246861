package dev.resilience.configuration;

import dev.resilience.text.SafeText;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Reads nested maps, as other parsers make them. */
final class MapReader {

  private static final int DEEPEST = 16;

  private final Set<Object> around = Collections.newSetFromMap(new IdentityHashMap<>());
  private final Faults faults;

  private MapReader(Faults faults) {
    this.faults = faults;
  }

  static Raw read(Map<String, ?> map, Faults faults) {
    return new MapReader(faults).raw("", map);
  }

  private Raw raw(String key, @Nullable Object value) {
    if (!(value instanceof Map<?, ?>) && !(value instanceof Iterable<?>)) {
      return new Raw.Scalar(0, value);
    }
    if (around.size() == DEEPEST || !around.add(value)) {
      faults.add(key, 0, "nested too deeply (expected: at most " + DEEPEST + " levels)");
      return new Raw.Scalar(0, null);
    }
    try {
      return value instanceof Map<?, ?> map ? mapping(key, map) : items(key, (Iterable<?>) value);
    } finally {
      around.remove(value);
    }
  }

  private Raw mapping(String key, Map<?, ?> map) {
    Map<String, Raw> entries = new LinkedHashMap<>();
    map.forEach(
        (name, value) -> {
          String path = Keys.join(key, String.valueOf(name));
          if (name instanceof String text) {
            entries.put(text, raw(path, value));
          } else {
            faults.add(path, 0, "a key that is " + SafeText.of(name) + " (expected: a text)");
          }
        });
    return new Raw.Mapping(0, entries, List.of());
  }

  private Raw items(String key, Iterable<?> values) {
    List<Raw> items = new ArrayList<>();
    for (Object value : values) {
      items.add(raw(key, value));
    }
    return new Raw.Items(0, items);
  }
}
