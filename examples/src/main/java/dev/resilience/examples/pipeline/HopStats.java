package dev.resilience.examples.pipeline;

import dev.resilience.context.Context;
import dev.resilience.context.DeadlineExceededException;
import dev.resilience.context.Key;
import dev.resilience.context.Registration;
import dev.resilience.examples.program.Samples;
import dev.resilience.http.server.ServerExchange;
import dev.resilience.http.server.ServerFilter;
import dev.resilience.http.server.ServerHandler;
import dev.resilience.propagation.Propagation;
import dev.resilience.time.TimeSource;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.LongAdder;

/**
 * What was measured at one service: the time that each request was given and that it used, how work
 * ended that nobody wanted any more, and what of it was left undone. A filter of the server.
 * Thread-safe.
 */
final class HopStats implements ServerFilter {

  private static final Key<HopStats> KEY = Key.of("hop", HopStats.class);

  /** Work that goes on for longer than this after its context has ended counts as late. */
  static final Duration LATE = Duration.ofMillis(250);

  private final String name;
  private final Samples given = new Samples();
  private final Samples used = new Samples();
  private final Samples toStop = new Samples();
  private final LongAdder spared = new LongAdder();
  private final LongAdder stoppedByCaller = new LongAdder();
  private final LongAdder stoppedByDeadline = new LongAdder();
  private final LongAdder late = new LongAdder();
  private final List<Propagation> wires = new CopyOnWriteArrayList<>();
  private final Set<Work> underWay = ConcurrentHashMap.newKeySet();

  HopStats(String name) {
    this.name = name;
  }

  String name() {
    return name;
  }

  /** The time left to each request when it arrived. */
  Samples given() {
    return given;
  }

  /** The time that the service worked for each request. */
  Samples used() {
    return used;
  }

  /** How long work that was stopped went on after the end of its context. */
  Samples toStop() {
    return toStop;
  }

  /** Requests that came too late, for which nothing was done. */
  long refusedLate() {
    return wires.stream().mapToLong(wire -> wire.snapshot().rejected()).sum();
  }

  /** Headers that made no sense. */
  long malformed() {
    return wires.stream().mapToLong(wire -> wire.snapshot().malformed()).sum();
  }

  void watch(Propagation wire) {
    wires.add(wire);
  }

  /** Work that was left undone, because its context ended. */
  Duration spared() {
    return Duration.ofNanos(spared.sum());
  }

  long stoppedByCaller() {
    return stoppedByCaller.sum();
  }

  long stoppedByDeadline() {
    return stoppedByDeadline.sum();
  }

  /** Work that went on, or still goes on, for longer than {@link #LATE} when nobody wanted it. */
  long late() {
    return late.sum() + underWay.stream().filter(Work::isLate).count();
  }

  /** Requests that the service works on just now. */
  int underWay() {
    return underWay.size();
  }

  /** That of the hop which serves a request. */
  static HopStats of(Context request) {
    return request.require(KEY);
  }

  /** Does some work, for as long as somebody wants it. */
  void work(Context ctx, Duration takes) throws InterruptedException {
    long began = ctx.timeSource().nanoTime();
    try {
      ctx.sleep(takes);
    } finally {
      if (ctx.isDone()) {
        spared.add(Math.max(0, takes.toNanos() - (ctx.timeSource().nanoTime() - began)));
      }
    }
  }

  @Override
  public void filter(Context ctx, ServerExchange exchange, ServerHandler next) throws Exception {
    try (Work work = begin(ctx)) {
      try {
        next.handle(ctx.withValue(KEY, this), exchange);
      } catch (Throwable failure) {
        // Not the exception tells, but whether the context has ended.
        if (ctx.isDone()) {
          work.stoppedEarly();
        }
        throw failure;
      }
    }
  }

  /** Work for a request begins; it ends with the close of what is returned. */
  Work begin(Context request) {
    var work = new Work(request);
    underWay.add(work);
    return work;
  }

  /** One request, as long as the service works on it. */
  final class Work implements AutoCloseable {

    private final Context request;
    private final TimeSource time;
    private final long began;
    private final Registration atTheEnd;
    private volatile long unwantedSince = Long.MIN_VALUE;

    private Work(Context request) {
      this.request = request;
      this.time = request.timeSource();
      this.began = time.nanoTime();
      given.add(request.timeLeft());
      atTheEnd = request.onDone(() -> unwantedSince = time.nanoTime());
    }

    /** It ends now, because its context did. */
    void stoppedEarly() {
      boolean deadline = request.error() instanceof DeadlineExceededException;
      (deadline ? stoppedByDeadline : stoppedByCaller).increment();
      toStop.add(unwantedFor());
    }

    boolean isLate() {
      return unwantedFor().compareTo(LATE) > 0;
    }

    private Duration unwantedFor() {
      long since = unwantedSince;
      return since == Long.MIN_VALUE ? Duration.ZERO : Duration.ofNanos(time.nanoTime() - since);
    }

    @Override
    public void close() {
      atTheEnd.withdraw();
      if (isLate()) {
        late.increment();
      }
      underWay.remove(this);
      used.add(Duration.ofNanos(time.nanoTime() - began));
    }
  }
}
