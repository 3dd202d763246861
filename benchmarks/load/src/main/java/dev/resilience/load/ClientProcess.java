package dev.resilience.load;

import dev.resilience.context.CancelReason;
import dev.resilience.context.CancellableContext;
import dev.resilience.context.Context;
import dev.resilience.context.Criticality;
import dev.resilience.observe.PolicyEvent;
import dev.resilience.simulation.CallRecord;
import dev.resilience.simulation.Caller;
import dev.resilience.simulation.CircuitRecord;
import dev.resilience.simulation.Client;
import dev.resilience.simulation.ClientSetup;
import dev.resilience.simulation.Contender;
import dev.resilience.simulation.Scenario;
import dev.resilience.simulation.Scenarios;
import dev.resilience.simulation.Traffic;
import dev.resilience.time.TimeSource;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executors;
import java.util.concurrent.Phaser;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * Plays the callers of one run, through the client of one contender: {@code SCENARIO SEED CONTENDER
 * PORTS}. Answers {@code ready}; on {@code start NANOS FILE} it plays, writes its notes, and
 * answers {@code done}.
 */
final class ClientProcess {

  /** How long after the last caller all calls must have ended. */
  private static final long AFTERMATH_SECONDS = 10;

  private final Scenario scenario;
  private final Contender contender;
  private final long seed;
  private final RealTime time = new RealTime(System.nanoTime());
  private final HttpSender sender;
  private final Client client;
  private final ScheduledExecutorService leaving =
      Executors.newSingleThreadScheduledExecutor(Threads.daemons("leaving"));
  private final Phaser open = new Phaser(1);
  private final Queue<CallRecord> calls = new ConcurrentLinkedQueue<>();
  private final Queue<CircuitRecord> circuits = new ConcurrentLinkedQueue<>();

  private ClientProcess(Scenario scenario, long seed, Contender contender, List<Integer> ports) {
    this.scenario = scenario;
    this.seed = seed;
    this.contender = contender;
    this.sender = new HttpSender("client-", ports, time, contender.passesDeadlines());
    ClientSetup setup =
        new ClientSetup(
            scenario.services().get(0).name(),
            scenario.services().get(0).instances(),
            scenario.load().patience(),
            TimeSource.system(),
            this::heard);
    if (scenario.coldFor().isZero()) {
      sender.warmUp(contender.open(setup), 600);
    }
    circuits.clear();
    this.client = contender.open(setup);
  }

  public static void main(String[] args) {
    ClientProcess process =
        new ClientProcess(
            Scenarios.of(args[0]),
            Long.parseLong(args[1]),
            Contenders.of(args[2]),
            ServerProcess.parse(args[3]));
    System.out.println("ready");
    Child.serve(process::obey);
  }

  private String obey(String line) throws Exception {
    String[] words = line.split(" ", -1);
    time.startAt(Long.parseLong(words[1]));
    long before = Child.processorNanos();
    keepBusy(scenario.coldFor());
    play();
    sender.close();
    Child.await(sender::isIdle);
    write(Path.of(words[2]), Child.processorNanos() - before);
    return "done";
  }

  private void play() throws Exception {
    Traffic traffic = new Traffic(scenario, seed);
    for (Caller caller = traffic.next(); caller != null; caller = traffic.next()) {
      long left = caller.arrival().toNanos() - time.now();
      while (left > 0) {
        LockSupport.parkNanos(left);
        left = caller.arrival().toNanos() - time.now();
      }
      begin(caller);
    }
    open.awaitAdvanceInterruptibly(open.arrive(), AFTERMATH_SECONDS, TimeUnit.SECONDS);
  }

  private void begin(Caller caller) {
    open.register();
    long arrived = time.now();
    Context root =
        caller.critical() ? Context.background() : Criticality.SHEDDABLE.in(Context.background());
    CancellableContext ctx = root.withTimeout(caller.patience());
    caller.leavesAfter().ifPresent(after -> leaveAfter(ctx, after));
    var unused =
        client
            .call(ctx, sender.exchange(caller.number()))
            .whenComplete(
                (reply, failure) -> {
                  calls.add(
                      new CallRecord(
                          caller,
                          arrived,
                          time.now(),
                          CallRecord.outcome(contender, ctx, reply, failure)));
                  ctx.close();
                  open.arriveAndDeregister();
                });
  }

  private void leaveAfter(CancellableContext ctx, Duration time) {
    var unused =
        leaving.schedule(() -> ctx.cancel(CancelReason.USER), time.toNanos(), TimeUnit.NANOSECONDS);
  }

  private void heard(PolicyEvent event) {
    if (event instanceof PolicyEvent.CircuitChanged changed) {
      circuits.add(new CircuitRecord(changed.policy(), time.now(), changed.to()));
    }
  }

  /** The machine is busy: a thread for each processor computes. */
  private void keepBusy(Duration duration) {
    if (duration.isZero()) {
      return;
    }
    for (int i = 0; i < Runtime.getRuntime().availableProcessors(); i++) {
      Threads.daemons("busy").newThread(() -> compute(duration.toNanos())).start();
    }
  }

  private void compute(long until) {
    while (time.now() < until) {
      Thread.onSpinWait();
    }
  }

  private void write(Path file, long processorNanos) throws IOException {
    List<String> lines = new ArrayList<>();
    lines.add("processor\t" + processorNanos);
    for (CallRecord call : calls) {
      lines.add(
          "call\t"
              + call.caller().number()
              + "\t"
              + call.arrived()
              + "\t"
              + call.ended()
              + "\t"
              + call.outcome());
    }
    sender.sent().forEach(request -> lines.add("sent\t" + request.toLine()));
    for (CircuitRecord change : circuits) {
      lines.add("circuit\t" + change.policy() + "\t" + change.at() + "\t" + change.to());
    }
    Files.write(file, lines);
  }
}
