package dev.resilience.simulation;

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
final class SimulatedService {

  private static final int REMEMBERED = 64;

  private final Service spec;
  private final int instance;
  private final SimulatedClock clock;
  private final RandomGenerator random;
  private final boolean refusesHopeless;
  private final @Nullable Downstream downstream;
  private final ArrayDeque<Request> queue = new ArrayDeque<>();
  private final long[] durations = new long[REMEMBERED];
  private int done;
  private int busy;

  /** The next service of a chain. */
  interface Downstream {

    /** Calls it on behalf of a request; the status comes later. */
    void call(Request onBehalfOf, IntConsumer status);
  }

  SimulatedService(
      Service spec,
      int instance,
      SimulatedClock clock,
      long seed,
      boolean refusesHopeless,
      @Nullable Downstream downstream) {
    this.spec = spec;
    this.instance = instance;
    this.clock = clock;
    this.random = Traffic.random(seed, spec.name() + instance);
    this.refusesHopeless = refusesHopeless;
    this.downstream = downstream;
  }

  String name() {
    return spec.name();
  }

  int instance() {
    return instance;
  }

  boolean isIdle() {
    return busy == 0 && queue.isEmpty();
  }

  void receive(Request request) {
    if (active(Fault.Kind.UNREACHABLE).isPresent()) {
      request.answer.accept(ServiceException.UNREACHABLE);
      return;
    }
    request.received = clock.now();
    Optional<Fault> silent = active(Fault.Kind.SILENT);
    if (silent.isPresent() && random.nextDouble() < silent.get().amount()) {
      clock.at(
          silent.get().until().toNanos(),
          () -> request.answer.accept(ServiceException.UNREACHABLE));
    } else if (busy < spec.workers()) {
      begin(request);
    } else if (queue.size() < spec.queue() && !isHopeless(request)) {
      queue.add(request);
    } else {
      request.answer.accept(ServiceException.REFUSED);
    }
  }

  private void begin(Request request) {
    if (isHopeless(request)) {
      request.answer.accept(ServiceException.TOO_LATE);
      return;
    }
    busy++;
    request.began = clock.now();
    double nanos = spec.latency().sample(random).toNanos();
    boolean fails = false;
    for (Fault fault : spec.faults()) {
      if (fault.isActive(request.began, instance)) {
        if (fault.kind() == Fault.Kind.SLOWER) {
          nanos *= fault.amount();
        } else if (fault.kind() == Fault.Kind.FAILING) {
          fails |= random.nextDouble() < fault.amount();
        }
      }
    }
    int status = fails ? ServiceException.ERROR : Reply.OK.status();
    clock.after((long) nanos, () -> worked(request, status));
  }

  private void worked(Request request, int status) {
    if (downstream == null || status != Reply.OK.status()) {
      finish(request, status);
    } else {
      downstream.call(request, result -> finish(request, result));
    }
  }

  private void finish(Request request, int status) {
    busy--;
    request.finished = clock.now();
    durations[done++ % REMEMBERED] = request.finished - request.began;
    request.answer.accept(status);
    while (busy < spec.workers()) {
      Request next = queue.poll();
      if (next == null) {
        return;
      }
      begin(next);
    }
  }

  private boolean isHopeless(Request request) {
    if (request.deadline == Long.MAX_VALUE) {
      return false;
    }
    long left = request.deadline - clock.now();
    return left <= 0 || (refusesHopeless && left < usual());
  }

  /** The median of the latest durations; zero while there are few. */
  private long usual() {
    if (done < REMEMBERED / 4) {
      return 0;
    }
    long[] sorted = Arrays.copyOf(durations, Math.min(done, REMEMBERED));
    Arrays.sort(sorted);
    return sorted[sorted.length / 2];
  }

  private Optional<Fault> active(Fault.Kind kind) {
    long now = clock.now();
    return spec.faults().stream()
        .filter(fault -> fault.kind() == kind && fault.isActive(now, instance))
        .findFirst();
  }
}
