package dev.resilience.cache;

import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What came of many keys before the time was up. Immutable; each key is in exactly one of the
 * three.
 *
 * @param values what is there, in the order of the keys; null for a key that has no value
 * @param failures the keys whose load has failed
 * @param missing the keys whose load was not over when the deadline passed
 * @param <K> the keys
 * @param <V> the values
 */
public record Fetched<K, V extends @Nullable Object>(
    Map<K, V> values, Map<K, LoadException> failures, Set<K> missing) {

  /** Whether there is a value, or the knowledge that there is none, for every key. */
  public boolean isComplete() {
    return failures.isEmpty() && missing.isEmpty();
  }

  /** How many of each; keys and values are somebody else's, and may be many. */
  @Override
  public String toString() {
    return values.size()
        + " values, "
        + failures.size()
        + " failures, "
        + missing.size()
        + " missing";
  }
}
