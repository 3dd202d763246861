package dev.resilience.limit;

/**
 * Finds how many calls a dependency can work on at once.
 *
 * <h2>How it decides</h2>
 *
 * Time is divided into windows that hold just enough samples to tell a rise of the median by half
 * from noise. What a window says is compared with a <em>baseline</em>, the median duration when the
 * limit was not felt; never with an absolute latency.
 *
 * <ul>
 *   <li><b>Grows</b> while calls have to wait for it and the median is near the baseline: twice as
 *       large each window at first and on the way back to a size that was good before, by up to a
 *       quarter otherwise, less the further the median is above the baseline, and never beyond
 *       twice what was in use. While none has to wait, it only keeps a quarter more than is in use.
 *   <li><b>Shrinks</b>, to about half, when calls have to wait and the median exceeds 1.5 times the
 *       baseline, or 1.35 times where more than a tenth is cut off, or when most are.
 *   <li><b>Asks whether it helped.</b> A queue in the dependency gets shorter when fewer calls are
 *       under way: half of them, half the median. Where the median does not follow, the dependency
 *       itself has become slower, and a smaller limit is only harm: the limit goes back to where
 *       queueing begins (by Little's law), and the median of the small limit becomes the baseline.
 *       So the baseline follows a dependency that changes, and does not drift under overload. The
 *       same is asked where the median stays too high to grow and too low to shrink.
 *   <li><b>Does not wait for slow calls to tell that they are slow.</b> As soon as a call finds no
 *       permit, Little's law gives the mean duration from the calls under way and those that ended
 *       of late. Beyond three times the usual mean the limit is halved at once.
 *   <li><b>Grows with every call that finds no permit</b> before the first window has closed: a
 *       cold client is slow, and its dependency healthy.
 *   <li><b>Shrinks slowly while it is not used</b>, towards 1.5 times what is in use: a limit far
 *       above the use would let in a flood before the first sample says so.
 * </ul>
 *
 * <p>Its relatives: TCP Vegas, Netflix's Gradient2, the limiter of failsafe-go (limit against
 * throughput), Uber's Cinnamon. None of them asks whose end a call's end was; this gets its samples
 * by the truth table.
 *
 * <p>Not thread-safe: guarded by the lock of the limit. Allocates nothing.
 */
final class ConcurrencyEstimator {

  /** How far the median may be above the baseline before the limit shrinks. */
  private static final double TOLERANCE = 1.5;

  /** The same where many calls are cut off: they have no time for a queue. */
  private static final double TOLERANCE_OF_LOSS = 1.35;

  /**
   * How far the median may be above the baseline while the limit grows. Larger: more queueing in
   * the dependency. Smaller: noise keeps the limit below what the dependency can do.
   */
  private static final double QUEUEING = 1.3;

  /** How far the limit is above what is in use, while nobody waits. */
  private static final double HEADROOM = 1.25;

  /** An unused limit shrinks to this times what is in use. */
  private static final double KEPT = 1.5;

  /** The share of calls that is many. */
  private static final double MANY = 0.1;

  /** How much larger a size has to be to be larger by more than chance. */
  private static final double CLEARLY = 1.25;

  /** The same for the mean by Little's law, which sees outliers and is known before they end. */
  private static final double ALARM = 3;

  /** How far the median of a window may be off by chance: one standard error. */
  private static final double PRECISION = 0.1;

  /** The standard error of a median is this times that of a mean. */
  private static final double MEDIAN_NOISE = 1.25;

  /** The share of calls that find no permit from which on the limit is felt to be too small. */
  private static final double PRESSURE = 0.1;

  /** For how many windows the limit may stay between growing and shrinking. */
  private static final int PATIENCE = 10;

  /** How many times its first size it may grow to, one by one, before the first window closes. */
  private static final double COLD = 20;

  /** By how much it grows in a window at the most, once it has found a size. */
  private static final double GROWTH = 0.25;

  /** The same from where queueing was found to begin. */
  private static final double GROWTH_AT_KNEE = 0.05;

  /** To how much it shrinks: enough of a difference to see what it does, in one window. */
  private static final double SHRINKING = 0.55;

  private static final int FEWEST_SAMPLES = 8;
  private static final int FEWEST_IN_TIME = 5;
  private static final long SHORTEST_WINDOW = 20_000_000L;
  private static final long LONGEST_WINDOW = 1_000_000_000L;

  /** Without a call for so long, the limit has lost half of what it learned. */
  private static final double HALF_LIFE = 10e9;

  /** How many calls are measured in a second at the most, about. */
  private static final double SAMPLES_PER_SECOND = 2_000;

  private final double start;
  private final double floor;
  private final double ceiling;

  private double size;

  /** The usual median, and the usual mean; 0 before the first window. */
  private double baseline;

  private double usualMean;

  /** The 90th percentile of the last window. */
  private double high;

  private double spread = 0.5;

  /** Twice as large with each window, until the median rises for the first time. */
  private boolean isStarting = true;

  /** The size is where queueing begins, as far as is known: it grows gently from here. */
  private boolean isKneeKnown;

  /** The largest size that was used and good; forgotten slowly. */
  private double good;

  private double recentPeak;

  /** For how many windows the median has been too high to grow and too low to shrink. */
  private int inDoubt;

  // The size before it was made smaller, and the median with it; 0: nothing is being tried.
  private double triedFrom;
  private double medianBefore;

  /** Made smaller by alarm: the median before is still to come, from those admitted before. */
  private boolean isAlarmed;

  // The window.
  private final SampleWindow window = new SampleWindow();
  private final SampleWindow before = new SampleWindow();
  private boolean isOpen;
  private long openedAt;
  private long openedBefore;
  private long lastSeen;
  private int peak;
  private int arrivals;
  private int pressed;
  private int admissionsThen;
  private int completionsThen;

  /** Which calls are measured: those whose number has none of these bits. */
  private int mask;

  ConcurrencyEstimator(int start, int floor, int ceiling) {
    this.start = start;
    this.floor = floor;
    this.ceiling = ceiling;
    this.size = start;
  }

  /** The limit. */
  int limit() {
    return (int) Math.max(floor, Math.min(size, ceiling));
  }

  /** How long a call usually takes at the most, once it is let in; nanoseconds, 0 if unknown. */
  long workTime() {
    return (long) high;
  }

  /** The median duration when the limit is not felt; nanoseconds, 0 if unknown. */
  long baseline() {
    return (long) baseline;
  }

  /** One less than a power of two: calls whose number has none of these bits are measured. */
  int mask() {
    return mask;
  }

  // ---- what happens

  /** A call found no permit, whatever became of it. */
  void pressed(long now, boolean refused, PermitCounter counter) {
    pressed++;
    if (refused) {
      arrivals++;
    }
    peak = Math.max(peak, counter.limit());
    if (baseline == 0) {
      // Nothing is known yet; a cold client is slow, and its first calls may take very long.
      size = Math.min(size + 1, Math.min(ceiling, COLD * start));
    }
    if (!isOpen) {
      return;
    }
    lastSeen = now;
    long passed = now - openedAt;
    if (mask != 0 && passed > SHORTEST_WINDOW) {
      mask = 0;
    }
    if (baseline == 0 || triedFrom > 0 || passed < Math.max(SHORTEST_WINDOW, 2 * usualMean)) {
      return;
    }
    int inUse = counter.inUse();
    int ended = counter.completions() - completionsThen;
    double usual = Math.max(usualMean, baseline);
    boolean isSlow =
        ended >= 4 ? (double) inUse * passed / ended > ALARM * usual : passed > 2 * ALARM * usual;
    if (isSlow && inUse >= counter.limit()) {
      isAlarmed = true;
      isStarting = false;
      triedFrom = size;
      medianBefore = 0;
      size = Math.max(floor, size * SHRINKING);
      open(now, counter);
    }
  }

  /**
   * A call has ended that was measured.
   *
   * @param began when it was let in
   * @param atLeast whether it was cut off
   * @param inUse how many were under way when it was let in
   */
  void sample(long began, long now, boolean atLeast, int inUse, PermitCounter counter) {
    if (!isOpen) {
      isOpen = true;
      lastSeen = began;
      open(began, counter);
    }
    if (began - lastSeen > LONGEST_WINDOW) {
      rest(began - lastSeen);
      open(began, counter);
    }
    lastSeen = now;
    long passed = now - openedAt;
    peak = Math.max(peak, inUse);
    if (began - openedAt < 0) {
      // It was let in under another limit, of which it still tells.
      if (began - openedBefore >= 0) {
        before.add(now - began, atLeast);
      }
      return;
    }
    window.add(now - began, atLeast);
    boolean isEnough =
        window.size() >= samplesWanted()
            || (passed > LONGEST_WINDOW && window.size() >= FEWEST_IN_TIME);
    if (isEnough && passed >= SHORTEST_WINDOW) {
      close(now, counter);
    }
  }

  private double samplesWanted() {
    double precise = MEDIAN_NOISE * spread / PRECISION;
    double wanted = Math.min(2 * size + 4, precise * precise);
    return Math.max(FEWEST_SAMPLES, Math.min(SampleWindow.CAPACITY, wanted));
  }

  private void open(long now, PermitCounter counter) {
    openedBefore = openedAt;
    openedAt = now;
    window.clear();
    before.clear();
    peak = 0;
    arrivals = 0;
    pressed = 0;
    admissionsThen = counter.admissions();
    completionsThen = counter.completions();
  }

  /** Nothing came for a while: what was learned gets old. */
  private void rest(long passed) {
    double kept = Math.pow(0.5, passed / HALF_LIFE);
    size = start + (size - start) * kept;
    good *= kept;
    triedFrom = 0;
    isAlarmed = false;
  }

  // ---- what it says

  private void close(long now, PermitCounter counter) {
    window.summarize();
    double median = window.median();
    double mean = window.mean();
    boolean isCut = window.isMedianCut();
    high = window.high();
    spread += 0.3 * (window.spread() - spread);
    takeMedianBefore();
    if (baseline == 0) {
      baseline = Math.max(1, median);
      usualMean = mean;
    }
    int admitted = counter.admissions() - admissionsThen;
    boolean isPressed = pressed > PRESSURE * Math.max(1, admitted + arrivals);
    recentPeak = Math.max(peak, recentPeak * 0.9);
    follow(median, mean, isCut, isPressed);
    double tolerance = window.cutShare() > MANY ? TOLERANCE_OF_LOSS : TOLERANCE;
    boolean isSlow = isCut || median > tolerance * baseline;
    inDoubt = isPressed && median > QUEUEING * baseline ? inDoubt + 1 : 0;
    if (inDoubt > PATIENCE) {
      isSlow = true;
      inDoubt = 0;
    }
    if (isSlow && isPressed) {
      shrink(median, mean, isCut);
    } else {
      if (!isSlow) {
        triedFrom = 0;
        if (isPressed) {
          grow(median);
        } else {
          size = Math.max(size, HEADROOM * peak);
        }
      }
      if (!isPressed && recentPeak * KEPT < size) {
        size = Math.max(Math.max(Math.min(start, size), recentPeak * KEPT), size * 0.9);
      }
    }
    size = Math.max(floor, Math.min(ceiling, size));
    mask = maskFor(admitted * 1e9 / Math.max(1, now - openedAt));
    open(now, counter);
  }

  private static int maskFor(double perSecond) {
    int wanted = (int) Math.min(1 << 20, perSecond / SAMPLES_PER_SECOND);
    return wanted <= 1 ? 0 : Integer.highestOneBit(wanted) - 1;
  }

  /** After an alarm: the median of those who were let in before it. */
  private void takeMedianBefore() {
    if (isAlarmed) {
      isAlarmed = false;
      medianBefore = before.size() >= 4 ? medianOfBefore() : 0;
      triedFrom = medianBefore == 0 ? 0 : triedFrom;
    }
  }

  private double medianOfBefore() {
    before.summarize();
    return before.isMedianCut() ? 0 : before.median();
  }

  /**
   * The baseline. Under pressure it only goes down, and slowly, or noise would pull it down; what
   * may pull it up is told in {@link #shrink}.
   */
  private void follow(double median, double mean, boolean isCut, boolean isPressed) {
    if (isCut || (isPressed && median >= baseline)) {
      return;
    }
    isKneeKnown &= median > baseline / 1.5;
    double weight = median < baseline / 1.5 ? 0.5 : isPressed ? 0.1 : 0.2;
    baseline = Math.max(1, baseline + weight * (median - baseline));
    usualMean += weight * (mean - usualMean);
  }

  private void grow(double median) {
    double room = (QUEUEING - median / baseline) / (QUEUEING - 1);
    room = Math.max(0, Math.min(1, room));
    good = Math.max(good * 0.98, Math.min(size, peak));
    boolean isFast = (isStarting || size < 0.75 * good) && room > 0.3;
    double wanted =
        isKneeKnown
            ? size * (1 + GROWTH_AT_KNEE * room)
            : Math.max(size + room, size * (isFast ? 2 : 1 + GROWTH * room));
    size = Math.max(size, Math.min(wanted, 2 * peak + 1));
  }

  private void shrink(double median, double mean, boolean isCut) {
    isStarting = false;
    if (size <= floor && !isCut) {
      // It cannot get smaller; so this is what a call takes, whoever is to blame.
      rebase(median, mean);
      isStarting = true;
      return;
    }
    if (triedFrom > 0 && !isCut && triedFrom >= 1.7 * size) {
      // Where queueing begins, by Little's law, if there is no queueing now.
      double knee = triedFrom * median / medianBefore;
      if (knee > CLEARLY * size) {
        double effect = Math.log(medianBefore / median) / Math.log(triedFrom / size);
        size = Math.min(triedFrom, knee);
        rebase(median, mean);
        // No effect at all: there was no queueing before either, and there is room beyond.
        isStarting = effect < 0.25;
        isKneeKnown = !isStarting;
        return;
      }
      triedFrom = size;
      medianBefore = median;
    } else if (triedFrom == 0 && !isCut) {
      triedFrom = size;
      medianBefore = median;
    }
    size *= SHRINKING;
  }

  /** The dependency itself has become slower: this is normal from now on. */
  private void rebase(double median, double mean) {
    baseline = median;
    usualMean = mean;
    triedFrom = 0;
    good = 0;
  }
}
