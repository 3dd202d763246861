package dev.resilience.simulation;

import dev.resilience.context.CancelReason;
import dev.resilience.context.CancellableContext;
import dev.resilience.context.Context;
import dev.resilience.context.Criticality;
import dev.resilience.context.Registration;
import dev.resilience.observe.PolicyEvent;
import dev.resilience.propagation.ReportedLoad;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.IntConsumer;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Plays a scenario under virtual time. Everything runs on the calling thread, one event after the
 * other; twelve seconds with 200 callers a second take about 50 ms.
 *
 * <p>The same scenario, contender and seed give the same log on every run.
 */
public final class Simulation {

  /** One way through the network. */
  private static final long NETWORK = Duration.ofNanos(500_000).toNanos();

  /** How long a run may go on after the last caller has come. */
  private static final long AFTERMATH = Duration.ofMinutes(5).toNanos();

  private final Scenario scenario;
  private final Contender contender;
  private final long seed;
  private final SimulatedClock clock;
  private final Context root;
  private final RandomGenerator cold;
  private final Traffic traffic;
  private final List<Hop> hops = new ArrayList<>();
  private final List<CallRecord> calls = new ArrayList<>();
  private final List<Sending> requests = new ArrayList<>();
  private final List<CircuitRecord> circuits = new ArrayList<>();
  private int open;
  private boolean over;

  private Simulation(Scenario scenario, Contender contender, long seed) {
    this.scenario = scenario;
    this.contender = contender;
    this.seed = seed;
    this.clock = new SimulatedClock(seed);
    this.root = Context.background(clock.time);
    this.cold = Traffic.random(seed, "cold");
    this.traffic = new Traffic(scenario, seed);
    Hop next = null;
    for (int i = scenario.services().size() - 1; i >= 0; i--) {
      next = new Hop(scenario.services().get(i), next, i == 0);
      hops.add(0, next);
    }
  }

  /**
   * Plays a scenario.
   *
   * @param contender opened anew
   * @param seed of callers, services and policies
   * @throws IllegalStateException if a call never ends
   */
  public static RunLog run(Scenario scenario, Contender contender, long seed) {
    return new Simulation(scenario, contender, seed).run();
  }

  private RunLog run() {
    scheduleNext();
    long limit = scenario.length().toNanos() + AFTERMATH;
    while (!(over && open == 0 && hops.stream().allMatch(Hop::isIdle))) {
      if (!clock.time.advanceToNext() || clock.now() > limit) {
        throw new IllegalStateException(
            open + " calls of " + contender.name() + " never ended in " + scenario.id());
      }
    }
    return new RunLog(
        scenario,
        contender.name(),
        seed,
        List.copyOf(calls),
        requests.stream().map(Sending::toRecord).toList(),
        List.copyOf(circuits));
  }

  private void scheduleNext() {
    Caller caller = traffic.next();
    if (caller == null) {
      over = true;
    } else {
      clock.at(
          caller.arrival().toNanos(),
          () -> {
            scheduleNext();
            begin(caller);
          });
    }
  }

  private void begin(Caller caller) {
    open++;
    long arrived = clock.now();
    @SuppressWarnings("MustBeClosed") // closed when the call has ended
    CancellableContext ctx = root(caller.critical()).withTimeout(caller.patience());
    caller
        .leavesAfter()
        .ifPresent(after -> clock.after(after.toNanos(), () -> ctx.cancel(CancelReason.USER)));
    hops.get(0)
        .call(ctx, caller.number())
        .whenComplete(
            (reply, failure) -> {
              open--;
              calls.add(
                  new CallRecord(
                      caller,
                      arrived,
                      clock.now(),
                      CallRecord.outcome(contender, ctx, reply, failure)));
              ctx.close();
            });
  }

  private Context root(boolean critical) {
    return critical ? root : Criticality.SHEDDABLE.in(root);
  }

  private void heard(PolicyEvent event) {
    if (event instanceof PolicyEvent.CircuitChanged changed) {
      circuits.add(new CircuitRecord(changed.policy(), clock.now(), changed.to()));
    }
  }

  /** How much longer an answer takes to a client whose code is not compiled yet. */
  private long coldDelay() {
    double now = clock.now() / (double) Duration.ofMillis(400).toNanos();
    return clock.now() >= scenario.coldFor().toNanos()
        ? 0
        : (long) (7e8 * Math.exp(-now) * (0.5 + cold.nextDouble()));
  }

  /** A client and the service that it calls. */
  private final class Hop implements ServiceModel.Downstream {

    private final List<ServiceModel> instances = new ArrayList<>();
    private final Client client;
    private final Service service;
    private final boolean isFirst;
    private int turn;

    Hop(Service service, @Nullable Hop next, boolean isFirst) {
      this.service = service;
      this.isFirst = isFirst;
      for (int i = 0; i < service.instances(); i++) {
        instances.add(new ServiceModel(service, i, clock, seed, contender.refusesHopeless(), next));
      }
      this.client =
          contender.open(
              new ClientSetup(
                  service.name(),
                  service.instances(),
                  scenario.load().patience(),
                  clock.time,
                  Simulation.this::heard));
    }

    boolean isIdle() {
      return instances.stream().allMatch(ServiceModel::isIdle);
    }

    CompletionStage<Reply> call(Context ctx, int call) {
      return client.call(ctx, new OneRequest(this, call));
    }

    /** From the service before: with the time that it was told, or else its usual patience. */
    @Override
    public void call(Job onBehalfOf, IntConsumer status) {
      Duration left =
          onBehalfOf.deadline() == Job.UNTOLD
              ? scenario.load().patience()
              : Duration.ofNanos(onBehalfOf.deadline() - clock.now());
      @SuppressWarnings("MustBeClosed") // closed when the call has ended
      CancellableContext ctx = root.withTimeout(left);
      call(ctx, onBehalfOf.call())
          .whenComplete(
              (reply, failure) -> {
                status.accept(failure == null ? Reply.OK : contender.statusOf(failure));
                ctx.close();
              });
    }

    CompletionStage<Reply> send(Context ctx, int call, int instance) {
      if (ctx.isDone()) {
        return CompletableFuture.failedFuture(ctx.toException());
      }
      Sending sending = new Sending(ctx, call, this, instance);
      requests.add(sending);
      return sending.begin();
    }

    int nextInstance() {
      return turn++ % instances.size();
    }
  }

  /** A request as its sender sees it. */
  private final class Sending {

    private final Context ctx;
    private final Hop hop;
    private final int instance;
    private final Job job;
    private final long sent = clock.now();
    private final CompletableFuture<Reply> reply = new CompletableFuture<>();
    private final Registration registration;
    private long released = -1;
    private int status = -1;

    Sending(Context ctx, int call, Hop hop, int instance) {
      this.ctx = ctx;
      this.hop = hop;
      this.instance = instance;
      boolean told = contender.passesDeadlines() && ctx.deadline().isPresent();
      long deadline = told ? sent + ctx.timeLeft().toNanos() : Job.UNTOLD;
      this.job = new Job(call, deadline, this::answered);
      this.registration = ctx.onDone(this::giveUp);
    }

    CompletionStage<Reply> begin() {
      clock.after(NETWORK, () -> hop.instances.get(instance).receive(job));
      return reply;
    }

    private void giveUp() {
      if (released < 0) {
        released = clock.now();
        reply.completeExceptionally(ctx.toException());
      }
    }

    /** At the service's end of the network. */
    private void answered(int result) {
      ReportedLoad load = hop.instances.get(instance).load();
      clock.after(NETWORK + (hop.isFirst ? coldDelay() : 0), () -> arrived(result, load));
    }

    private void arrived(int result, ReportedLoad load) {
      if (released >= 0) {
        return;
      }
      released = clock.now();
      status = result;
      registration.close();
      if (status == Reply.OK) {
        reply.complete(new Reply(status, load));
      } else {
        reply.completeExceptionally(new ServiceException(status));
      }
    }

    RequestRecord toRecord() {
      return new RequestRecord(
          job.call(),
          hop.service.name(),
          instance,
          sent,
          job.received(),
          job.began(),
          job.finished(),
          released,
          status);
    }
  }

  private record OneRequest(Hop hop, int call) implements Exchange {

    @Override
    public CompletionStage<Reply> send(Context ctx) {
      return send(ctx, hop.nextInstance());
    }

    @Override
    public CompletionStage<Reply> send(Context ctx, int instance) {
      return hop.send(ctx, call, instance);
    }
  }
}
