package dev.resilience.micrometer;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Names as values of a tag, bounded: each distinct value is a time series for ever, so a name with
 * an id in it would fill every monitoring system. Beyond the cap all names are {@value #OTHER}.
 * Thread-safe.
 */
final class TagValues {

  static final String OTHER = "other";
  static final String NONE = "none";

  private static final int LONGEST = 100;

  private final int most;
  private final Set<String> known = ConcurrentHashMap.newKeySet();
  private final ReentrantLock adding = new ReentrantLock();

  /** Once it is, no name is taken any more: what was counted as another stays so. */
  private volatile boolean full;

  TagValues(int most) {
    this.most = most;
  }

  static int checked(int most, String argument) {
    if (most < 1 || most > 100_000) {
      throw new IllegalArgumentException(argument + ": " + most + " (expected: 1 to 100000)");
    }
    return most;
  }

  /** The name as it may stand in a tag. */
  String of(String name) {
    if (name.isBlank()) {
      return NONE;
    }
    String value = name.length() <= LONGEST ? name : name.substring(0, LONGEST);
    if (known.contains(value)) {
      return value;
    }
    if (full) {
      return OTHER;
    }
    adding.lock();
    try {
      if (known.contains(value) || (!full && known.size() < most && known.add(value))) {
        return value;
      }
      full = true;
      return OTHER;
    } finally {
      adding.unlock();
    }
  }
}
