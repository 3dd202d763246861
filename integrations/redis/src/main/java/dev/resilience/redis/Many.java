package dev.resilience.redis;

import dev.resilience.cache.Fetched;
import dev.resilience.cache.LoadException;
import dev.resilience.context.Context;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Many keys, their names in Redis, and what has come of them. Used by one thread at a time. */
final class Many<K, V extends @Nullable Object> {

  private final Map<String, K> keys = new LinkedHashMap<>();
  private final Map<String, Copy<V>> copies = new LinkedHashMap<>();
  private final Map<String, LoadException> failures = new LinkedHashMap<>();
  private Set<String> open;

  Many(Iterable<? extends K> wanted, Function<K, String> name) {
    for (K key : wanted) {
      keys.putIfAbsent(name.apply(key), key);
    }
    open = keys.keySet();
  }

  /** What has to be asked for, or asked for again. */
  Set<String> open() {
    return open;
  }

  K key(String farKey) {
    return Objects.requireNonNull(keys.get(farKey), "farKey");
  }

  void add(Fetched<String, Copy<V>> fetched) {
    Set<String> stillOpen = new LinkedHashSet<>(fetched.missing());
    fetched
        .values()
        .forEach(
            (farKey, copy) -> {
              if (copy.isKnown()) {
                copies.put(farKey, copy);
              } else {
                stillOpen.add(farKey);
              }
            });
    failures.putAll(fetched.failures());
    open = stillOpen;
  }

  /** Some were on flights of callers who only look; without end, there is time for another try. */
  boolean mustAskAgain(Context ctx) {
    return !open.isEmpty() && !ctx.isDone();
  }

  /** What there is, in the order of the keys. */
  Map<K, V> values() {
    Map<K, V> values = new LinkedHashMap<>();
    keys.forEach(
        (farKey, key) -> {
          Copy<V> copy = copies.get(farKey);
          if (copy != null && copy.value() != null) {
            values.put(key, copy.value());
          }
        });
    return values;
  }

  Fetched<K, V> fetched() {
    Map<K, V> values = new LinkedHashMap<>();
    Map<K, LoadException> failed = new LinkedHashMap<>();
    Set<K> missing = new LinkedHashSet<>();
    keys.forEach(
        (farKey, key) -> {
          Copy<V> copy = copies.get(farKey);
          LoadException failure = failures.get(farKey);
          if (copy != null) {
            values.put(key, copy.value());
          } else if (failure != null) {
            failed.put(key, failure);
          } else {
            missing.add(key);
          }
        });
    return new Fetched<>(
        Collections.unmodifiableMap(values),
        Collections.unmodifiableMap(failed),
        Collections.unmodifiableSet(missing));
  }
}
