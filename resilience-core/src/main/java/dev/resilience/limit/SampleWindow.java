package dev.resilience.limit;

import java.util.Arrays;

/**
 * A few durations, of which some are only known to be "at least this long", and what they say. The
 * percentiles are those of Kaplan and Meier: a call that was cut off early changes next to nothing,
 * and where most were cut off the median is told to be so.
 */
final class SampleWindow {

  /** As many as are ever needed; more are left out. */
  static final int CAPACITY = 64;

  /** The standard deviation of a normal distribution is its interquartile range divided by this. */
  private static final double QUARTILES_APART = 1.35;

  private static final double ROUNDING = 1e-9;

  /** Twice the duration, plus one if it was cut off; so an exact one sorts before its equal. */
  private final long[] samples = new long[CAPACITY];

  private int size;

  // Of the last call of summarize.
  private double median;
  private double high;
  private boolean isMedianCut;
  private double spread;

  void clear() {
    size = 0;
  }

  int size() {
    return size;
  }

  void add(long nanos, boolean atLeast) {
    if (size < CAPACITY) {
      samples[size++] = Math.max(0, Math.min(nanos, Long.MAX_VALUE / 4)) << 1 | (atLeast ? 1 : 0);
    }
  }

  /** Works the figures out. There must be at least one sample. */
  void summarize() {
    Arrays.sort(samples, 0, size);
    isMedianCut = true;
    median = duration(size - 1);
    high = median;
    boolean isHighCut = true;
    double surviving = 1;
    for (int i = 0; i < size && isHighCut; i++) {
      if ((samples[i] & 1) != 0) {
        continue;
      }
      surviving *= 1 - 1.0 / (size - i);
      if (isMedianCut && surviving <= 0.5) {
        median = duration(i);
        isMedianCut = false;
      }
      if (surviving <= 0.1 + ROUNDING) {
        high = duration(i);
        isHighCut = false;
      }
    }
    double quartiles = duration(size * 3 / 4) - duration(size / 4);
    spread = Math.min(1, quartiles / QUARTILES_APART / Math.max(1, median));
  }

  private double duration(int index) {
    return samples[index] >> 1;
  }

  /** Nanoseconds; a lower bound where {@link #isMedianCut}. */
  double median() {
    return median;
  }

  /** Whether so many were cut off that the median is not to be seen. */
  boolean isMedianCut() {
    return isMedianCut;
  }

  /** The 90th percentile, or what is known of it. */
  double high() {
    return high;
  }

  /** The standard deviation as a share of the median, at most 1; blind to outliers. */
  double spread() {
    return spread;
  }

  /** The share of calls that were cut off. */
  double cutShare() {
    int cut = 0;
    for (int i = 0; i < size; i++) {
      cut += (int) (samples[i] & 1);
    }
    return cut / (double) size;
  }

  /** The arithmetic mean. */
  double mean() {
    double sum = 0;
    for (int i = 0; i < size; i++) {
      sum += duration(i);
    }
    return sum / size;
  }
}
