package dev.resilience.configuration;

import java.util.Optional;

/** Keys of other libraries and guides that this one knows, and does not take: with the reason. */
final class Refused {

  private static final String NO_POOL =
      "not known here: contexts are not pooled. A context that is used again breaks the promise"
          + " that an end is decided once, and a new one costs less than a pool (expected: leave it"
          + " out)";

  private static final String NO_CACHE =
      "not known here: values of contexts are not cached. They are found at the same cost at any"
          + " depth, and a cache across contexts shows one request the values of another (expected:"
          + " leave it out)";

  private Refused() {}

  static Optional<String> reason(String written) {
    String key = Keys.folded(written);
    if (key.contains("pooling") || key.contains("poolsize") || key.contains("contextpool")) {
      return Optional.of(NO_POOL);
    }
    return key.contains("valuecache") ? Optional.of(NO_CACHE) : Optional.empty();
  }
}
