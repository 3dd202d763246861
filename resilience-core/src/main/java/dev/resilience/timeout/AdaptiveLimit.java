package dev.resilience.timeout;

import dev.resilience.time.Deadline;
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
 * <p>Below the smallest limit the percentile matters little, so the buckets begin somewhat below
 * that; above the largest not at all.
 */
final class AdaptiveLimit {

  /** How often the window is looked at while calls come steadily. */
  private static final int LOOKS_PER_WINDOW = 64;

  /** However many calls there are, they do not look more often than this. */
  private static final long SHORTEST_PAUSE = 1_000_000;

  private static final int FINER_THAN_NEEDED = 16;

  /** What an adaptive limit is made of; see {@link AdaptiveTimeoutBuilder}. */
  record Settings(
      double percentile,
      double times,
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
  private volatile boolean isFrozen;
  private volatile Duration limit;

  // Under the lock

  private final SlidingWindow window;
  private long percentile;

  AdaptiveLimit(Settings settings) {
    this.settings = settings;
    this.floor = Deadline.saturatedNanos(settings.floor());
    this.ceiling = Deadline.saturatedNanos(settings.ceiling());
    this.buckets =
        new LogLinearBuckets((long) (floor / settings.times()) / FINER_THAN_NEEDED, ceiling);
    this.ended = StripedHistogram.frequent(buckets.size());
    this.cutOff = StripedHistogram.rare(buckets.size());
    long nanos = Deadline.saturatedNanos(settings.window());
    this.window =
        new SlidingWindow(buckets.size(), nanos, settings.windowCount(), settings.minSamples());
    this.pause = Math.max(SHORTEST_PAUSE, nanos / LOOKS_PER_WINDOW);
    this.sliceCount = Math.max(1, settings.windowCount() / SlidingWindow.SLICES);
    this.limit = settings.startingAt();
    this.percentile = (long) (Deadline.saturatedNanos(limit) / settings.times());
  }

  Duration limit() {
    return limit;
  }

  /** While frozen, nothing is learned and nothing changes. */
  void freeze(boolean frozen) {
    isFrozen = frozen;
  }

  /** A call took this long. */
  void ended(long nanos, long now) {
    if (isFrozen) {
      return;
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
    if (isFrozen) {
      return;
    }
    cutOff.add(buckets.index(nanos));
    look(now);
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
    long wanted = (long) (percentile * settings.times());
    limit = Duration.ofNanos(Math.max(floor, Math.min(ceiling, wanted)));
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
          isFrozen);
    } finally {
      looking.unlock();
    }
  }
}
