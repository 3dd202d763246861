package dev.resilience.page;

import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;

/** How many calls ended in each way. Immutable. */
final class EndingCounts {

  static final EndingCounts NONE = new EndingCounts(none());

  /** Of all endings. */
  private final Map<Ending, Long> counts;

  /** Takes the map, which has all endings, as its own. */
  EndingCounts(Map<Ending, Long> counts) {
    this.counts = counts;
  }

  private static Map<Ending, Long> none() {
    Map<Ending, Long> zeros = new EnumMap<>(Ending.class);
    for (Ending ending : Ending.values()) {
      zeros.put(ending, 0L);
    }
    return zeros;
  }

  long of(Ending ending) {
    return Objects.requireNonNull(counts.get(ending));
  }

  long total() {
    return counts.values().stream().mapToLong(Long::longValue).sum();
  }

  /** Calls that say something of the dependency or of its policies: whose caller stayed. */
  long told() {
    return total() - of(Ending.CANCELLED);
  }

  EndingCounts minus(EndingCounts before) {
    Map<Ending, Long> difference = new EnumMap<>(Ending.class);
    counts.forEach((ending, count) -> difference.put(ending, count - before.of(ending)));
    return new EndingCounts(difference);
  }

  /** The share of some endings in the calls whose caller stayed, 0 to 1. */
  double share(Ending... endings) {
    long told = told();
    long some = 0;
    for (Ending ending : endings) {
      some += of(ending);
    }
    return told == 0 ? 0 : (double) some / told;
  }
}
