package dev.resilience.limit;

import static java.util.Objects.requireNonNull;

import dev.resilience.context.Context;
import dev.resilience.statistics.RecentDurations;
import dev.resilience.time.Deadline;
import dev.resilience.time.Durations;
import java.time.Duration;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * How long even quick requests of a server take, for each operation: what nine of ten take at
 * least. A request with less time left than that is refused before the work, but for every tenth,
 * and unless what was learnt is older than ten seconds: refused requests teach nothing.
 *
 * <pre>{@code
 * UsualTimes.Usual usual = times.of("GET /orders");
 * if (usual.isHopeless(ctx)) { refuse(); }
 * }</pre>
 *
 * <p>Thread-safe; a sample that is lost to a race is no loss. To record costs some nanoseconds, and
 * every eighth time a sort of 32 numbers.
 */
public final class UsualTimes {

  /** A server's operations are few; a name that is made of paths is not to fill the heap. */
  private static final int MOST_OPERATIONS = 512;

  private static final int WINDOW = 32;
  private static final int ENOUGH = 8;
  private static final int RECOMPUTED = 8;
  private static final double QUICK = 0.1;
  private static final int PROBES = 10;
  private static final long FORGOTTEN = 10_000_000_000L;

  private final ConcurrentHashMap<String, Usual> operations = new ConcurrentHashMap<>();

  private UsualTimes() {}

  /** Nothing is known yet. */
  public static UsualTimes ofDefaults() {
    return new UsualTimes();
  }

  /**
   * What is known of an operation. Beyond 512 of them, all others are one.
   *
   * @param operation its name, of a few
   */
  public Usual of(String operation) {
    Usual known = operations.get(requireNonNull(operation, "operation"));
    if (known != null) {
      return known;
    }
    String name = operations.size() < MOST_OPERATIONS ? operation : "";
    return operations.computeIfAbsent(name, key -> new Usual());
  }

  /** Of one operation. */
  public static final class Usual {

    private final RecentDurations durations = new RecentDurations(WINDOW);
    private final AtomicInteger refused = new AtomicInteger();
    private volatile long usual;
    private volatile long learntAt;

    private Usual() {}

    /** A request was answered. */
    public void answered(Context ctx, Duration took) {
      learn(Durations.toNanos(took), ctx.timeSource().nanoTime());
    }

    /** A request ran out of time after so long: it counts where it is longer than the usual. */
    public void cutOff(Context ctx, Duration ran) {
      long nanos = Durations.toNanos(ran);
      if (nanos > usual) {
        learn(nanos, ctx.timeSource().nanoTime());
      }
    }

    private void learn(long nanos, long now) {
      int count = durations.record(nanos);
      learntAt = now;
      if (count == ENOUGH || (count > ENOUGH && count % RECOMPUTED == 0)) {
        usual = RecentDurations.quantile(durations.sorted(), QUICK);
      }
    }

    /**
     * Whether a request has so little time left that it is not worth the work. To ask counts: every
     * tenth time that it would be, it is not.
     */
    public boolean isHopeless(Context ctx) {
      Deadline deadline = ctx.deadline().orElse(null);
      if (deadline == null) {
        return false;
      }
      long now = ctx.timeSource().nanoTime();
      return deadline.nanos() - now < usual
          && now - learntAt < FORGOTTEN
          && refused.incrementAndGet() % PROBES != 0;
    }

    /** What nine of ten take at least; zero as long as too little is known. */
    public Duration time() {
      return Duration.ofNanos(usual);
    }
  }
}
