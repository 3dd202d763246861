package dev.resilience.statistics;

import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.atomic.AtomicReferenceArray;

/**
 * Counts for buckets that many threads increment without meeting each other. All count in the first
 * stripe until two of them have met there; from then on each thread has a stripe that is chosen by
 * its number. So where one thread runs at a time, as under virtual time, the numbers of the
 * threads, which differ from run to run, decide nothing. A stripe is made when it is first needed.
 * Thread-safe.
 */
public final class StripedHistogram {

  /** So many counts make a batch. */
  public static final int BATCH = 32;

  /** Keeps what is written off the cache lines of other objects. */
  private static final int PADDING = 16;

  private static final int MOST_STRIPES = 16;

  /** Takes the counts of a bucket. */
  @FunctionalInterface
  public interface Drain {

    /** So many more in this bucket. */
    void take(int bucket, long count);
  }

  private final int buckets;
  private final int shift;
  private final AtomicReferenceArray<AtomicLongArray> stripes;

  /** Whether two threads have met. */
  private volatile boolean crowded;

  private StripedHistogram(int buckets, int stripes) {
    this.buckets = buckets;
    this.shift = Long.SIZE - Integer.numberOfTrailingZeros(stripes);
    this.stripes = new AtomicReferenceArray<>(stripes);
  }

  /** For what happens with every call. */
  public static StripedHistogram frequent(int buckets) {
    int wanted = 4 * Runtime.getRuntime().availableProcessors();
    return new StripedHistogram(
        buckets, Math.min(MOST_STRIPES, 2 * Integer.highestOneBit(wanted - 1)));
  }

  /** For what happens seldom. */
  public static StripedHistogram rare(int buckets) {
    return new StripedHistogram(buckets, 2);
  }

  /** Counts one, and says whether that makes one batch more. */
  public boolean add(int bucket) {
    AtomicLongArray stripe = stripe(crowded ? home() : 0);
    int place = PADDING + 1 + bucket;
    long count = stripe.getPlain(place);
    if (!stripe.compareAndSet(place, count, count + 1)) {
      crowded = true;
      stripe = stripe(home());
      stripe.getAndIncrement(place);
    }
    // Two threads that share a stripe may lose one here: it only says when to look.
    long counted = stripe.getPlain(PADDING) + 1;
    stripe.setPlain(PADDING, counted);
    return counted % BATCH == 0;
  }

  /** Fibonacci hashing: numbers that follow on each other fall far apart. */
  private int home() {
    return (int) ((Thread.currentThread().getId() * 0x9E3779B97F4A7C15L) >>> shift);
  }

  private AtomicLongArray stripe(int index) {
    AtomicLongArray stripe = stripes.getAcquire(index);
    if (stripe != null) {
      return stripe;
    }
    stripes.compareAndSet(index, null, new AtomicLongArray(PADDING + 1 + buckets + PADDING));
    return stripes.get(index);
  }

  /** Hands over all that was counted since the last time; each count goes to one drain. */
  public void drain(Drain drain) {
    for (int i = 0; i < stripes.length(); i++) {
      AtomicLongArray stripe = stripes.getAcquire(i);
      for (int bucket = 0; stripe != null && bucket < buckets; bucket++) {
        if (stripe.getPlain(PADDING + 1 + bucket) != 0) {
          drain.take(bucket, stripe.getAndSet(PADDING + 1 + bucket, 0));
        }
      }
    }
  }
}
