package dev.resilience.breaker;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/**
 * The results of a time, in slices: the latest slice, which is not over yet, and those before it. A
 * slice is replaced by the first result that falls into its place later; what another thread still
 * adds to the old one is older than the window. While no slice holds anything bad, one more success
 * is counted and nothing is summed.
 */
final class TimeWindow implements Window {

  static final int SLICES = 10;

  private final long sliceNanos;
  private final Thresholds thresholds;
  private final AtomicReferenceArray<@Nullable Slice> slices = new AtomicReferenceArray<>(SLICES);
  private final AtomicInteger inARow = new AtomicInteger();

  /** When the first slice began; the first result says. */
  private final AtomicReference<@Nullable Long> origin = new AtomicReference<>();

  /** The number of a slice after which all is well; only the highest matters. */
  private volatile long lastBad = -SLICES;

  TimeWindow(long nanos, Thresholds thresholds) {
    this.sliceNanos = (nanos + SLICES - 1) / SLICES;
    this.thresholds = thresholds;
  }

  @Override
  public Health add(Result result, boolean slow, long now) {
    long number = numberAt(now);
    Slice slice = slice(number);
    if (slice == null) {
      return Health.WELL;
    }
    slice.calls.incrementAndGet();
    switch (result) {
      case SUCCESS -> {
        if (inARow.get() != 0) {
          inARow.set(0);
        }
      }
      case FAILURE -> {
        slice.failures.incrementAndGet();
        inARow.incrementAndGet();
      }
      case TIMED_OUT -> slice.timedOut.incrementAndGet();
    }
    if (slow) {
      slice.slow.incrementAndGet();
    }
    if (result != Result.SUCCESS || slow) {
      lastBad = Math.max(lastBad, number);
    } else if (number - lastBad >= SLICES) {
      return Health.WELL;
    }
    return thresholds.judge(sum(number));
  }

  @Override
  public WindowCounts counts(long now) {
    return origin.get() == null ? WindowCounts.NOTHING : sum(numberAt(now));
  }

  private WindowCounts sum(long latest) {
    int calls = 0;
    int failures = 0;
    int timedOut = 0;
    int slow = 0;
    for (int i = 0; i < SLICES; i++) {
      Slice slice = slices.get(i);
      if (slice != null && latest - slice.number < SLICES) {
        calls += slice.calls.get();
        failures += slice.failures.get();
        timedOut += slice.timedOut.get();
        slow += slice.slow.get();
      }
    }
    return new WindowCounts(calls, failures, timedOut, slow, Math.min(inARow.get(), failures));
  }

  private long numberAt(long now) {
    Long begin = origin.get();
    if (begin == null) {
      begin = origin.updateAndGet(first -> first == null ? now : first);
    }
    return Math.floorDiv(now - begin, sliceNanos);
  }

  /** Null: a result so late that its time has left the window. */
  private @Nullable Slice slice(long number) {
    int place = (int) Math.floorMod(number, (long) SLICES);
    while (true) {
      Slice there = slices.get(place);
      if (there != null && there.number >= number) {
        return there.number == number ? there : null;
      }
      Slice fresh = new Slice(number);
      if (slices.compareAndSet(place, there, fresh)) {
        return fresh;
      }
    }
  }

  private static final class Slice {

    final long number;
    final AtomicInteger calls = new AtomicInteger();
    final AtomicInteger failures = new AtomicInteger();
    final AtomicInteger timedOut = new AtomicInteger();
    final AtomicInteger slow = new AtomicInteger();

    Slice(long number) {
      this.number = number;
    }
  }
}
