package dev.resilience.concurrent;

import static java.util.Objects.requireNonNull;

import dev.resilience.context.Context;
import dev.resilience.time.Durations;
import dev.resilience.time.TimeSource;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.DoubleSupplier;
import java.util.function.Predicate;
import java.util.function.Supplier;
import javax.management.JMException;
import javax.management.ObjectName;

/**
 * How busy this process is, from 0, idle, to 1, as much as it can bear: the largest of several
 * figures. For {@link Conditions}, and wherever less is done under load.
 *
 * <pre>{@code
 * SystemLoad load =
 *     SystemLoad.builder()
 *         .processor()
 *         .queueWait(() -> pool.snapshot().oldestWaiting(), ofSeconds(1))   // 1 s is a load of 1
 *         .build();
 * conditions.when("high load", load.above(0.8), c -> c.withTimeout(ofSeconds(1)));
 * }</pre>
 *
 * <p>Figures are read at most once per {@linkplain Builder#every interval}, by whoever asks then; a
 * figure that cannot be read counts as 0. Thread-safe.
 */
public final class SystemLoad {

  private final List<DoubleSupplier> figures;
  private final long interval;
  private final AtomicLong readAt = new AtomicLong();
  private volatile boolean everRead;
  private volatile double last;

  private SystemLoad(Builder builder) {
    this.figures = List.copyOf(builder.figures);
    this.interval = Durations.toNanos(builder.interval);
  }

  /** Returns a builder without figures. */
  public static Builder builder() {
    return new Builder();
  }

  /** The load now, or as it was less than an interval ago. */
  public double current(TimeSource time) {
    long now = time.nanoTime();
    long before = readAt.get();
    if ((!everRead || now - before >= interval) && readAt.compareAndSet(before, now)) {
      last = figures.stream().mapToDouble(SystemLoad::read).max().orElse(0);
      everRead = true;
    }
    return last;
  }

  private static double read(DoubleSupplier figure) {
    try {
      double value = figure.getAsDouble();
      return Double.isNaN(value) ? 0 : Math.max(0, value);
    } catch (Throwable unreadable) {
      return 0;
    }
  }

  /** Whether the load is above a threshold, as a condition. */
  public Predicate<Context> above(double threshold) {
    return ctx -> current(ctx.timeSource()) > threshold;
  }

  /** Builds a {@link SystemLoad}. Not thread-safe. */
  public static final class Builder {

    private final List<DoubleSupplier> figures = new ArrayList<>();
    private Duration interval = Duration.ofMillis(500);

    private Builder() {}

    /** A figure of your own, where 1 is as much as can be borne. */
    public Builder figure(DoubleSupplier figure) {
      figures.add(requireNonNull(figure, "figure"));
      return this;
    }

    /** How busy the processors of the machine are, or of the container where it has a share. */
    public Builder processor() {
      return figure(SystemLoad::processorLoad);
    }

    /**
     * How long somebody waits in a line.
     *
     * @param wait the longest wait now
     * @param full the wait that is a load of 1; positive
     */
    public Builder queueWait(Supplier<Duration> wait, Duration full) {
      requireNonNull(wait, "wait");
      double whole = Durations.toNanos(Durations.requirePositive(full, "full"));
      return figure(() -> Durations.toNanos(wait.get()) / whole);
    }

    /** How old a figure may be. Default: 500 ms. */
    public Builder every(Duration newInterval) {
      interval = Durations.requireNotNegative(newInterval, "every");
      return this;
    }

    /** The load. */
    public SystemLoad build() {
      return new SystemLoad(this);
    }
  }

  /** By name, because the type that has it is in a module that a JVM may lack. */
  private static double processorLoad() {
    try {
      Object load =
          ManagementFactory.getPlatformMBeanServer()
              .getAttribute(new ObjectName("java.lang:type=OperatingSystem"), "CpuLoad");
      return load instanceof Double value ? value : 0;
    } catch (JMException notThere) {
      var system = ManagementFactory.getOperatingSystemMXBean();
      return system.getSystemLoadAverage() / system.getAvailableProcessors();
    }
  }
}
