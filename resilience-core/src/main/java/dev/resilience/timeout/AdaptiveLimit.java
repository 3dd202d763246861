package dev.resilience.timeout;

import dev.resilience.statistics.KaplanMeier;
import dev.resilience.statistics.LogLinearBuckets;
import dev.resilience.statistics.SlidingWindow;
import dev.resilience.statistics.StripedHistogram;
import dev.resilience.time.Durations;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.ReentrantLock;

/**
 * A limit that follows a percentile of durations. Thread-safe.
 *
 * <p>To record a duration is to increment one count, where threads do not meet. Now and then, when
 * a batch or some time has passed, or a call was cut off, one thread takes the counts over into the
 * window and estimates anew, without waiting for a lock; the others go on counting.
 *
 * <p>A window of a thousand calls needs fifty slow ones to see that a service has turned slower. So
 * a few calls in a row that ran into the limit double it, until the window has caught up or as many
 * answers as it takes fit into the limit that the window wants.
 *
 * <p>Below the smallest limit the percentile matters little, so the buckets begin somewhat below
 * that; above the largest not at all.
 */
final class AdaptiveLimit {

  /** How often the window is looked at while calls come steadily. */
  private static final int LOOKS_PER_WINDOW = 64;

  /** However many calls there are, they do not look more often than this. */
  private static final long SHORTEST_PAUSE = 1_000_000;

  private static final int FINER_THAN_NEEDED = 16;

  /** So many calls in a row that ran into the limit double it. */
  private static final int CUT_OFF_IN_A_ROW = 3;

  /** So many answers in a row that fit into the wanted limit bring that back. */
  private static final int FITTING_IN_A_ROW = 10;

  /** What an adaptive limit is made of; see {@link AdaptiveTimeout.Builder}. */
  record Settings(
      double percentile,
      double multiplier,
      Duration floor,
      Duration ceiling,
      Duration startingAt,
      int minSamples,
      Duration window,
      int windowCount) {}

  private final Settings settings;
  private final long floor;
  private final long ceiling;
  private final LogLinearBuckets buckets;
  private final StripedHistogram ended;
  private final StripedHistogram cutOff;
  private final long pause;
  private final int sliceCount;

  private final ReentrantLock looking = new ReentrantLock();
  private final AtomicInteger sinceLook = new AtomicInteger();
  private volatile long lookedAt;
  private volatile boolean hasLearned;
  private final AtomicInteger openCircuits = new AtomicInteger();
  private final AtomicInteger cutOffInARow = new AtomicInteger();
  private final AtomicInteger fittingInARow = new AtomicInteger();
  private volatile Duration limit;

  /** The limit by the window; the one that holds is longer while it is doubled. */
  private volatile Duration wanted;

  // Under the lock

  private final SlidingWindow window;
  private long percentile;

  AdaptiveLimit(Settings settings) {
    this.settings = settings;
    this.floor = Durations.toNanos(settings.floor());
    this.ceiling = Durations.toNanos(settings.ceiling());
    this.buckets =
        new LogLinearBuckets((long) (floor / settings.multiplier()) / FINER_THAN_NEEDED, ceiling);
    this.ended = StripedHistogram.frequent(buckets.size());
    this.cutOff = StripedHistogram.rare(buckets.size());
    long nanos = Durations.toNanos(settings.window());
    this.window =
        new SlidingWindow(buckets.size(), nanos, settings.windowCount(), settings.minSamples());
    this.pause = Math.max(SHORTEST_PAUSE, nanos / LOOKS_PER_WINDOW);
    this.sliceCount = Math.max(1, settings.windowCount() / SlidingWindow.SLICES);
    this.limit = settings.startingAt();
    this.wanted = limit;
    this.percentile = (long) (Durations.toNanos(limit) / settings.multiplier());
  }

  Duration limit() {
    return limit;
  }

  /** While any circuit is open, nothing is learned and nothing changes. */
  void circuitOpened() {
    openCircuits.incrementAndGet();
  }

  void circuitIsOpenNoMore() {
    openCircuits.decrementAndGet();
  }

  private boolean isFrozen() {
    return openCircuits.get() > 0;
  }

  /** A call took this long. */
  void ended(long nanos, long now) {
    if (isFrozen()) {
      return;
    }
    if (cutOffInARow.get() != 0) {
      cutOffInARow.set(0);
    }
    if (isDoubled()) {
      answeredWhileDoubled(nanos);
    }
    boolean batch = ended.add(buckets.index(nanos));
    long since = now - lookedAt;
    if (since >= pause || batch || !hasLearned) {
      lookIfDue(batch, since, now);
    }
  }

  private void lookIfDue(boolean batch, long since, long now) {
    boolean sliceIsFull = batch && sinceLook.addAndGet(StripedHistogram.BATCH) >= sliceCount;
    if (since >= pause || !hasLearned || (sliceIsFull && since >= SHORTEST_PAUSE)) {
      look(now);
    }
  }

  /** A call would have taken at least this long. */
  void cutOff(long nanos, long now) {
    if (isFrozen()) {
      return;
    }
    cutOff.add(buckets.index(nanos));
    look(now);
    // One that ran under a shorter limit, or was cut off by its caller, says nothing of this one.
    if (nanos >= Durations.toNanos(limit) && cutOffInARow.incrementAndGet() >= CUT_OFF_IN_A_ROW) {
      doubleLimit();
    }
  }

  @SuppressWarnings("ReferenceEquality") // the same object where nothing is doubled
  private boolean isDoubled() {
    return limit != wanted;
  }

  private void doubleLimit() {
    if (!looking.tryLock()) {
      return;
    }
    try {
      cutOffInARow.set(0);
      fittingInARow.set(0);
      limit = Durations.min(settings.ceiling(), Durations.multiply(limit, 2));
    } finally {
      looking.unlock();
    }
  }

  private void answeredWhileDoubled(long nanos) {
    if (nanos >= Durations.toNanos(wanted)) {
      fittingInARow.set(0);
    } else if (fittingInARow.incrementAndGet() >= FITTING_IN_A_ROW && looking.tryLock()) {
      try {
        fittingInARow.set(0);
        limit = wanted;
      } finally {
        looking.unlock();
      }
    }
  }

  private void look(long now) {
    if (!looking.tryLock()) {
      return;
    }
    try {
      lookedAt = now;
      sinceLook.set(0);
      window.advance(ended, cutOff, buckets.index(percentile), now);
      if (window.count() >= settings.minSamples()) {
        learn(window.percentile(settings.percentile()));
      }
    } finally {
      looking.unlock();
    }
  }

  /** A lower bound below what is believed says nothing. */
  private void learn(KaplanMeier.Estimate estimate) {
    hasLearned = true;
    long seen = buckets.upperEdge(estimate.bucket());
    if (seen == percentile || (estimate.isLowerBound() && seen < percentile)) {
      return;
    }
    percentile = seen;
    boolean doubled = isDoubled();
    long nanos = (long) (percentile * settings.multiplier());
    wanted = Duration.ofNanos(Math.max(floor, Math.min(ceiling, nanos)));
    if (!doubled || wanted.compareTo(limit) >= 0) {
      limit = wanted;
    }
  }

  AdaptiveTimeoutSnapshot snapshot(String policy) {
    looking.lock();
    try {
      window.advance(ended, cutOff, buckets.index(percentile), lookedAt);
      return new AdaptiveTimeoutSnapshot(
          policy,
          limit,
          hasLearned ? Optional.of(Duration.ofNanos(percentile)) : Optional.empty(),
          window.count(),
          window.cutOffCount(),
          isFrozen());
    } finally {
      looking.unlock();
    }
  }
}
