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
final class BatchState<K, V extends @Nullable Object> {

  private final Map<String, K> keys = new LinkedHashMap<>();
  private final Map<String, NearEntry<K, V>> copies = new LinkedHashMap<>();
  private final Map<String, LoadException> failures = new LinkedHashMap<>();
  private Set<String> open;

  BatchState(Iterable<? extends K> wanted, Function<K, String> name) {
    for (K key : wanted) {
      SameName.check(key, keys.putIfAbsent(name.apply(key), key));
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

  /** What was found, loaded, or failed; the rest stays open. */
  void add(Fetched<String, NearEntry<K, V>> fetched) {
    Set<String> stillOpen = new LinkedHashSet<>(fetched.missing());
    fetched
        .values()
        .forEach(
            (farKey, near) -> {
              SameName.check(key(farKey), near.key());
              if (near.isKnown()) {
                copies.put(farKey, near);
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
          NearEntry<K, V> near = copies.get(farKey);
          if (near != null && near.value() != null) {
            values.put(key, near.value());
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
          NearEntry<K, V> near = copies.get(farKey);
          LoadException failure = failures.get(farKey);
          if (near != null) {
            values.put(key, near.value());
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
