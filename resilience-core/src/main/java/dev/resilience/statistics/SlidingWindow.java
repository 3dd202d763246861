package dev.resilience.statistics;

/**
 * How many calls ended, and were cut off, in each bucket, over the last while. Not thread-safe.
 *
 * <p>The window is a ring of slices. A slice is full after its share of the time or of the count,
 * whichever comes first, and then the oldest one is forgotten. Where calls are so rare that the
 * time alone would leave too few, older ones are kept: rather an old answer than none.
 */
public final class SlidingWindow {

  /** Of how many slices the window is made. */
  public static final int SLICES = 8;

  /** Counts of a part of the window. */
  private static final class Slice {
    final int[] ended;
    final int[] cutOff;
    int count;
    long begun;
    long lastAt;

    Slice(int buckets) {
      this.ended = new int[buckets];
      this.cutOff = new int[buckets];
    }
  }

  private final long nanos;
  private final int sliceCount;
  private final int fewest;
  private final long[] ended;
  private final long[] cutOff;
  private final Slice[] ring = new Slice[SLICES];

  /** The slice that is being filled. */
  private int newest;

  /** How many slices before that one hold something. */
  private int older;

  private long count;

  /**
   * An empty window.
   *
   * @param nanos how long a call stays in it
   * @param count how many calls there are in it
   * @param fewest how many stay in any case
   */
  public SlidingWindow(int buckets, long nanos, int count, int fewest) {
    this.nanos = nanos;
    this.sliceCount = Math.max(1, count / SLICES);
    this.fewest = fewest;
    this.ended = new long[buckets];
    this.cutOff = new long[buckets];
    for (int i = 0; i < SLICES; i++) {
      ring[i] = new Slice(buckets);
    }
  }

  /**
   * Takes over what was counted, and forgets what is too old.
   *
   * @param believed where the percentile is believed to be; a call that was cut off before that
   *     tells nearly nothing, and drives no other out of the window
   */
  public void advance(
      StripedHistogram nowEnded, StripedHistogram nowCutOff, int believed, long now) {
    Slice slice = ring[newest];
    int before = slice.count;
    take(nowEnded, 0, slice, slice.ended, ended);
    take(nowCutOff, believed, slice, slice.cutOff, cutOff);
    if (slice.count == before) {
      return;
    }
    if (before == 0) {
      slice.begun = now;
    }
    slice.lastAt = now;
    if (slice.count >= sliceCount
        || (now - slice.begun >= nanos / SLICES && slice.count * 2 >= fewest)) {
      begin();
    }
    while (older > 0 && isTooOld(oldest(), now)) {
      forget(oldest());
      older--;
    }
  }

  private void take(StripedHistogram counts, int telling, Slice slice, int[] part, long[] whole) {
    counts.drain(
        (bucket, n) -> {
          part[bucket] += (int) n;
          whole[bucket] += n;
          if (bucket >= telling) {
            slice.count += (int) n;
            count += n;
          }
        });
  }

  private void begin() {
    if (older == SLICES - 1) {
      forget(oldest());
      older--;
    }
    newest = (newest + 1) % SLICES;
    older++;
  }

  private Slice oldest() {
    return ring[(newest - older + SLICES) % SLICES];
  }

  private boolean isTooOld(Slice slice, long now) {
    return now - slice.lastAt >= nanos && count - slice.count >= fewest;
  }

  private void forget(Slice slice) {
    for (int bucket = 0; bucket < ended.length; bucket++) {
      ended[bucket] -= slice.ended[bucket];
      cutOff[bucket] -= slice.cutOff[bucket];
      slice.ended[bucket] = 0;
      slice.cutOff[bucket] = 0;
    }
    count -= slice.count;
    slice.count = 0;
  }

  /** How many calls are in it, without those that tell nearly nothing. */
  public long count() {
    return count;
  }

  /** How many calls in it were cut off, early or late. */
  public long cutOffCount() {
    long sum = 0;
    for (long n : cutOff) {
      sum += n;
    }
    return sum;
  }

  /** Estimates a percentile. */
  public KaplanMeier.Estimate percentile(double percentile) {
    return KaplanMeier.percentile(ended, cutOff, percentile);
  }
}
