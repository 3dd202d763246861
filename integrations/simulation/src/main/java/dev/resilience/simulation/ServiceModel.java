package dev.resilience.simulation;

import dev.resilience.propagation.ReportedLoad;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Optional;
import java.util.function.IntConsumer;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * One instance of a service: workers, a queue in front of them, and what goes wrong.
 *
 * <p>It does not notice when a sender waits no longer, as most servers do not: what is in the queue
 * is worked on, unless requests tell their deadline. For use on one thread.
 */
public final class ServiceModel {

  private static final int REMEMBERED = 64;

  /** Hopeless is what has less time left than even quick requests take. */
  private static final double QUICK = 0.1;

  /** Refused requests teach nothing; without some that are not, a slow service stays out. */
  private static final int LET_THROUGH_ONE_OF = 10;

  private final Service spec;
  private final int instance;
  private final EventLoop loop;
  private final RandomGenerator random;
  private final boolean refusesHopeless;
  private final @Nullable Downstream downstream;
  private final ArrayDeque<Job> queue = new ArrayDeque<>();
  private final long[] durations = new long[REMEMBERED];
  private int done;
  private int busy;
  private int refused;

  /** The next service of a chain. */
  @FunctionalInterface
  public interface Downstream {

    /** Calls it on behalf of a request; the status comes later. */
    void call(Job onBehalfOf, IntConsumer status);
  }

  /**
   * An idle instance.
   *
   * @param spec what it is like
   * @param instance its number
   * @param loop on which it is called, and works
   * @param seed of the durations of its work
   * @param refusesHopeless whether it refuses, as our servers do, nine of ten requests that have
   *     less time left than nine of ten take
   * @param downstream what it calls when its own work is done; null: nothing
   */
  public ServiceModel(
      Service spec,
      int instance,
      EventLoop loop,
      long seed,
      boolean refusesHopeless,
      @Nullable Downstream downstream) {
    this.spec = spec;
    this.instance = instance;
    this.loop = loop;
    this.random = Traffic.random(seed, spec.name() + instance);
    this.refusesHopeless = refusesHopeless;
    this.downstream = downstream;
  }

  /** Whether it has nothing to do. */
  public boolean isIdle() {
    return busy == 0 && queue.isEmpty();
  }

  /** How many requests are there, with a worker or in the queue, and what work on them takes. */
  public ReportedLoad load() {
    return ReportedLoad.of(busy + queue.size(), Duration.ofNanos(usual(0.5)));
  }

  /** Takes a request, which is answered later, or at once if it is refused. */
  public void receive(Job job) {
    if (active(Fault.Kind.UNREACHABLE).isPresent()) {
      job.answer(ServiceException.UNREACHABLE);
      return;
    }
    job.received = loop.now();
    Optional<Fault> silent = active(Fault.Kind.SILENT);
    if (silent.isPresent() && random.nextDouble() < silent.get().amount()) {
      loop.at(silent.get().until().toNanos(), () -> job.answer(ServiceException.UNREACHABLE));
    } else if (busy < spec.workers()) {
      begin(job);
    } else if (queue.size() < spec.queue() && !isHopeless(job)) {
      queue.add(job);
    } else {
      job.answer(ServiceException.REFUSED);
    }
  }

  private void begin(Job job) {
    if (isHopeless(job)) {
      job.answer(ServiceException.TOO_LATE);
      return;
    }
    busy++;
    job.began = loop.now();
    double nanos = spec.latency().sample(random).toNanos();
    boolean fails = false;
    for (Fault fault : spec.faults()) {
      if (fault.isActive(job.began, instance)) {
        if (fault.kind() == Fault.Kind.SLOWER) {
          nanos *= fault.amount();
        } else if (fault.kind() == Fault.Kind.FAILING) {
          fails |= random.nextDouble() < fault.amount();
        }
      }
    }
    int status = fails ? ServiceException.ERROR : Reply.OK;
    loop.after((long) nanos, () -> worked(job, status));
  }

  private void worked(Job job, int status) {
    if (downstream == null || status != Reply.OK) {
      finish(job, status);
    } else {
      downstream.call(job, result -> finish(job, result));
    }
  }

  private void finish(Job job, int status) {
    busy--;
    job.finished = loop.now();
    durations[done++ % REMEMBERED] = job.finished - job.began;
    job.answer(status);
    while (busy < spec.workers()) {
      Job next = queue.poll();
      if (next == null) {
        return;
      }
      begin(next);
    }
  }

  private boolean isHopeless(Job job) {
    if (job.deadline() == Long.MAX_VALUE) {
      return false;
    }
    long left = job.deadline() - loop.now();
    return left <= 0
        || (refusesHopeless && left < usual(QUICK) && ++refused % LET_THROUGH_ONE_OF != 0);
  }

  /** What a share of the latest durations does not exceed; zero while there are few. */
  private long usual(double share) {
    if (done < REMEMBERED / 4) {
      return 0;
    }
    long[] sorted = Arrays.copyOf(durations, Math.min(done, REMEMBERED));
    Arrays.sort(sorted);
    return sorted[(int) (share * sorted.length)];
  }

  private Optional<Fault> active(Fault.Kind kind) {
    long now = loop.now();
    return spec.faults().stream()
        .filter(fault -> fault.kind() == kind && fault.isActive(now, instance))
        .findFirst();
  }
}
