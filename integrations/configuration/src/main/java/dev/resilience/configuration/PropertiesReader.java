package dev.resilience.configuration;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Reads dotted keys: {@code stacks.payments.retry.max_attempts=4}. */
final class PropertiesReader {

  private PropertiesReader() {}

  /**
   * @param properties texts by dotted key
   * @param prefix of the keys that are ours; all others are left alone
   */
  static Raw read(Map<String, String> properties, String prefix, Faults faults) {
    Map<String, Object> root = new LinkedHashMap<>();
    new TreeMap<>(properties)
        .forEach(
            (key, value) -> {
              if (key.startsWith(prefix)) {
                put(root, key.substring(prefix.length()), value, faults);
              }
            });
    return MapReader.read(root, faults);
  }

  private static void put(Map<String, Object> root, String key, String value, Faults faults) {
    Map<String, Object> place = root;
    List<String> path = List.of(key.split("\\.", -1));
    for (String part : path.subList(0, path.size() - 1)) {
      Object inner = place.computeIfAbsent(part, name -> new LinkedHashMap<String, Object>());
      if (!(inner instanceof Map<?, ?>)) {
        faults.add(
            key, 0, "'" + part + "' has a value and keys below it (expected: one of the two)");
        return;
      }
      place = asSection(inner);
    }
    String last = path.get(path.size() - 1);
    if (place.putIfAbsent(last, value) != null) {
      faults.add(key, 0, "has a value and keys below it (expected: one of the two)");
    }
  }

  @SuppressWarnings("unchecked") // only we put maps there
  private static Map<String, Object> asSection(Object inner) {
    return (Map<String, Object>) inner;
  }
}
