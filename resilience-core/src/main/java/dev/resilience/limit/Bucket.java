package dev.resilience.limit;

import dev.resilience.context.Context;
import dev.resilience.error.RateLimitExceededException;
import dev.resilience.time.TimeSource;
import dev.resilience.time.Timer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * A token bucket with a line before it. Tokens are counted as a fraction that grows with time and
 * is brought up to date by whoever looks. Who finds too few stands in line; one timer is set for
 * the head of the line, and the head takes its tokens only when they are there, so that whoever
 * leaves the line before has taken none, and those behind move up.
 *
 * <p>J. Turner, "New Directions in Communications (or Which Way to the Information Age?)", IEEE
 * Communications Magazine, 1986.
 */
final class Bucket implements Line {

  /** What the rounding of fractions may lack; it stays owed, and so never adds up. */
  private static final double ROUNDING = 1e-9;

  private final String name;
  private final ReentrantLock lock = new ReentrantLock();

  // All guarded by the lock.
  private final Set<Place> line = new LinkedHashSet<>();
  private double perNano;
  private int burst;
  private double level;
  private long at;
  private long inLine;
  private Stretch stretch = new Stretch();
  private @Nullable TimeSource time;
  private @Nullable Timer timer;
  private long timerAt;
  private long given;
  private long returned;
  private long rejected;
  private long waited;

  Bucket(String name, double perNano, int burst) {
    this.name = name;
    this.perNano = perNano;
    this.burst = burst;
    this.level = burst;
  }

  @Override
  public String name() {
    return name;
  }

  // ---- taking

  /**
   * Takes tokens that are there and that nobody in line waits for.
   *
   * @param isLast whether to be told that there are none is to be rejected
   */
  boolean tryTake(Context ctx, int tokens, boolean isLast) {
    List<Place> admitted = List.of();
    lock.lock();
    try {
      TimeSource clock = clockOf(ctx);
      checkTokens(tokens);
      admitted = refill(clock.nanoTime());
      boolean taken = line.isEmpty() && holds(tokens);
      if (taken) {
        level -= tokens;
        given += tokens;
      } else if (isLast) {
        rejected++;
      }
      setTimer();
      return taken;
    } finally {
      lock.unlock();
      tell(admitted, ctx.timeSource());
    }
  }

  /**
   * A place in line, which may have been admitted at once.
   *
   * @param maxWait in nanoseconds
   * @throws RateLimitExceededException if it could not be admitted in time; it has taken nothing
   *     then
   */
  Place enter(Context ctx, int tokens, long maxWait, boolean blocking) {
    List<Place> admitted = List.of();
    TimeSource clock = ctx.timeSource();
    lock.lock();
    try {
      clockOf(ctx);
      checkTokens(tokens);
      long now = clock.nanoTime();
      admitted = refill(now);
      Place place = new Place(tokens, blocking);
      if (line.isEmpty() && holds(tokens)) {
        admit(place);
        place.complete(null);
        return place;
      }
      long wait = nanosUntil((double) inLine + tokens);
      boolean inTime =
          wait <= maxWait
              && ctx.deadline().map(deadline -> deadline.nanos() - now > wait).orElse(true);
      if (!inTime) {
        rejected++;
        throw tooLate(tokens, wait);
      }
      line.add(place);
      inLine += tokens;
      waited++;
      return place;
    } finally {
      setTimer();
      lock.unlock();
      tell(admitted, clock);
    }
  }

  private RateLimitExceededException tooLate(int tokens, long wait) {
    return new RateLimitExceededException(
        name + ": no " + (tokens == 1 ? "token" : tokens + " tokens") + " in time",
        Duration.ofNanos(wait));
  }

  private void checkTokens(int tokens) {
    if (tokens < 1 || tokens > burst) {
      throw new IllegalArgumentException(
          "tokens: " + tokens + " (expected: 1 to " + burst + ", the burst of " + name + ")");
    }
  }

  private TimeSource clockOf(Context ctx) {
    TimeSource now = ctx.timeSource();
    TimeSource first = time;
    if (first == null) {
      time = now;
      at = now.nanoTime();
    } else if (first != now) {
      throw new IllegalArgumentException(
          "ctx: a context on "
              + now
              + " (expected: on "
              + first
              + ", on which rate limit '"
              + name
              + "' measures already)");
    }
    return now;
  }

  // ---- giving back

  @Override
  public void leave(Place place) {
    giveUp(place);
  }

  /** False: it was given up, or used, before. */
  boolean giveUp(Place place) {
    List<Place> admitted = List.of();
    TimeSource clock = null;
    lock.lock();
    try {
      clock = time;
      if (clock == null || place.left) {
        return false;
      }
      place.left = true;
      admitted = refill(clock.nanoTime());
      if (line.remove(place)) {
        inLine -= place.tokens;
      } else if (place.since != null) {
        level += place.since.putBack(place.tokens);
        place.since = null;
        returned += place.tokens;
      }
      admitted = plus(admitted, admitFromLine());
      setTimer();
      return true;
    } finally {
      lock.unlock();
      if (clock != null) {
        tell(admitted, clock);
      }
    }
  }

  /** From now on the tokens count as used. False: given up before. */
  boolean use(Place place) {
    lock.lock();
    try {
      if (place.left) {
        return false;
      }
      place.left = true;
      place.since = null;
      return true;
    } finally {
      lock.unlock();
    }
  }

  // ---- looking and changing

  /** How long until a place is admitted, as things are now; nanoseconds. */
  long waitOf(Place place) {
    List<Place> admitted = List.of();
    TimeSource clock = null;
    lock.lock();
    try {
      clock = time;
      if (clock == null || place.admitted) {
        return 0;
      }
      admitted = refill(clock.nanoTime());
      setTimer();
      if (place.admitted) {
        return 0;
      }
      double ahead = 0;
      for (Iterator<Place> before = line.iterator(); before.hasNext(); ) {
        Place next = before.next();
        ahead += next.tokens;
        if (next == place) {
          return nanosUntil(ahead);
        }
      }
      return 0;
    } finally {
      lock.unlock();
      if (clock != null) {
        tell(admitted, clock);
      }
    }
  }

  void change(double newPerNano, int newBurst) {
    List<Place> admitted = List.of();
    TimeSource clock = null;
    lock.lock();
    try {
      clock = time;
      if (clock != null) {
        admitted = refill(clock.nanoTime());
      } else if (newBurst > 0) {
        level = newBurst;
      }
      if (newPerNano > 0) {
        perNano = newPerNano;
      }
      if (newBurst > 0) {
        burst = newBurst;
        level = Math.min(level, burst);
      }
      if (clock != null) {
        admitted = plus(admitted, admitFromLine());
        setTimer();
      }
    } finally {
      lock.unlock();
      if (clock != null) {
        tell(admitted, clock);
      }
    }
  }

  int burst() {
    lock.lock();
    try {
      return burst;
    } finally {
      lock.unlock();
    }
  }

  RateLimitSnapshot snapshot() {
    List<Place> admitted = List.of();
    TimeSource clock = null;
    lock.lock();
    try {
      clock = time;
      if (clock != null) {
        admitted = refill(clock.nanoTime());
        setTimer();
      }
      return new RateLimitSnapshot(
          name,
          perNano * 1e9,
          burst,
          Math.max(0, level),
          line.size(),
          given,
          returned,
          waited,
          rejected);
    } finally {
      lock.unlock();
      if (clock != null) {
        tell(admitted, clock);
      }
    }
  }

  // ---- under the lock

  /** Brings the bucket up to date; whose turn it is now. */
  private List<Place> refill(long now) {
    if (now - at > 0) {
      level = Math.min(burst, level + (now - at) * perNano);
      at = now;
    }
    stretch.sawRoom(burst - level);
    return admitFromLine();
  }

  private List<Place> admitFromLine() {
    List<Place> admitted = List.of();
    for (Iterator<Place> waiting = line.iterator(); waiting.hasNext(); ) {
      Place head = waiting.next();
      if (!holds(Math.min(head.tokens, burst))) {
        break;
      }
      waiting.remove();
      inLine -= head.tokens;
      admit(head);
      admitted = plus(admitted, List.of(head));
    }
    return admitted;
  }

  private void admit(Place place) {
    level -= place.tokens;
    given += place.tokens;
    stretch = stretch.followedByNew();
    place.since = stretch;
    place.admitted = true;
  }

  private boolean holds(int tokens) {
    return level >= tokens - ROUNDING;
  }

  private long nanosUntil(double tokens) {
    double nanos = Math.ceil((tokens - level) / perNano);
    return (long) Math.max(0, Math.min(nanos, (double) TimeSource.MAX_AHEAD));
  }

  /** One timer, for the head of the line. */
  private void setTimer() {
    TimeSource clock = time;
    if (line.isEmpty() || clock == null) {
      if (timer != null) {
        timer.cancel();
        timer = null;
      }
      return;
    }
    long due = at + Math.max(1, nanosUntil(Math.min(line.iterator().next().tokens, burst)));
    if (timer != null) {
      if (timerAt == due) {
        return;
      }
      timer.cancel();
    }
    timerAt = due;
    timer = clock.startTimer(due, () -> ring(clock));
  }

  private void ring(TimeSource clock) {
    List<Place> admitted = List.of();
    lock.lock();
    try {
      long now = clock.nanoTime();
      if (timerAt - now <= 0) {
        timer = null;
      }
      admitted = refill(now);
      setTimer();
    } finally {
      lock.unlock();
      tell(admitted, clock);
    }
  }

  private static List<Place> plus(List<Place> some, List<Place> more) {
    if (some.isEmpty() || more.isEmpty()) {
      return some.isEmpty() ? more : some;
    }
    List<Place> all = new ArrayList<>(some);
    all.addAll(more);
    return all;
  }

  private static void tell(List<Place> admitted, TimeSource clock) {
    for (Place place : admitted) {
      place.tell(clock);
    }
  }
}
