package dev.resilience.http.server;

import dev.resilience.statistics.RecentDurations;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * How long even quick requests take, for each operation: what nine of ten take at least. Who has
 * less time left than that is refused before the work, but for every tenth, and unless what was
 * learnt is older than ten seconds: refused requests teach nothing.
 */
final class UsualTimes {

  /** A container's places are few; a name that is made of paths is not to fill the heap. */
  private static final int MOST_OPERATIONS = 512;

  private static final int WINDOW = 32;
  private static final int ENOUGH = 8;
  private static final int RECOMPUTED = 8;
  private static final double QUICK = 0.1;
  private static final int PROBES = 10;
  private static final long FORGOTTEN = 10_000_000_000L;

  private final ConcurrentHashMap<String, Usual> operations = new ConcurrentHashMap<>();

  Usual of(String operation) {
    Usual known = operations.get(operation);
    if (known != null) {
      return known;
    }
    String name = operations.size() < MOST_OPERATIONS ? operation : "";
    return operations.computeIfAbsent(name, key -> new Usual());
  }

  /** Of one operation. Thread-safe; a sample that is lost to a race is no loss. */
  static final class Usual {

    private final RecentDurations durations = new RecentDurations(WINDOW);
    private final AtomicInteger refused = new AtomicInteger();
    private volatile long usual;
    private volatile long learntAt;

    /** A request was answered. */
    void answered(long nanos, long now) {
      int count = durations.record(nanos);
      learntAt = now;
      if (count == ENOUGH || (count > ENOUGH && count % RECOMPUTED == 0)) {
        usual = RecentDurations.quantile(durations.sorted(), QUICK);
      }
    }

    /** A request ran out of time after so long: it counts where it is longer than the usual. */
    void cutOff(long nanos, long now) {
      if (nanos > usual) {
        answered(nanos, now);
      }
    }

    /** Whether a request with so much time left is not worth the work. */
    boolean isHopeless(long left, long now) {
      return left < usual && now - learntAt < FORGOTTEN && refused.incrementAndGet() % PROBES != 0;
    }

    long nanos() {
      return usual;
    }
  }
}
