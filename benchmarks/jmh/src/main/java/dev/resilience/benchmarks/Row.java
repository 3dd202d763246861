package dev.resilience.benchmarks;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A row of the table.
 *
 * @param work what is done
 * @param benchmark ours
 * @param peers the same work done by others, the benchmark and the name
 * @param clockReads how many readings of the clock the target allows
 * @param nanos what the target allows beside them; NaN: there is none
 * @param bytes what the target allows to be allocated; null: it does not say
 * @param timesFaster what the target says of the best of these peers; null: it speaks of another
 * @param timesPeer how many times the peer's nanoseconds the target allows; null: it is absolute
 */
record Row(
    String work,
    String benchmark,
    List<Peer> peers,
    int clockReads,
    double nanos,
    @Nullable Integer bytes,
    @Nullable Double timesFaster,
    @Nullable Double timesPeer) {

  record Peer(String name, String benchmark) {}

  static final String CLOCK = "Floor.clock";
  static final String CALL = "Floor.call";

  /** The rows that can be measured today, with the targets of the design. */
  static final List<Row> ALL =
      List.of(
          row(
              "withCancel + close",
              "CancelAndClose.ours",
              0,
              24,
              null,
              1.0,
              grpc("CancelAndClose.grpc")),
          row(
              "withTimeout + close, nobody listening",
              "TimeoutAndClose.ours",
              1,
              25,
              null,
              10.0,
              grpc("TimeoutAndClose.grpc")),
          row(
              "the same with a listener, 100,000 timers standing",
              "TimeoutWithListener.ours",
              0,
              120,
              100,
              4.5,
              grpc("TimeoutWithListener.grpc")),
          row(
              "child with a listener under a shared living parent, closed",
              "ChildOfSharedParent.ours",
              0,
              70,
              null,
              null),
          row("… on two threads", "ChildOfSharedParent.oursOnTwoThreads", 0, 150, null, null),
          row(
              "is it done? at depth 8, without a deadline",
              "IsDone.ours",
              0,
              8,
              0,
              15.0,
              grpc("IsDone.grpc")),
          row(
              "… with a deadline",
              "IsDone.oursWithDeadline",
              1,
              8,
              0,
              null,
              grpc("IsDone.grpcWithDeadline")),
          row(
              "value at depth 16 of 64 levels",
              "ValueLookup.ours",
              0,
              5,
              0,
              1.0,
              grpc("ValueLookup.grpc")),
          row(
              "tree of 1000 listeners, built and cancelled",
              "Tree.ours",
              0,
              80_000,
              80_000,
              3.0,
              grpc("Tree.grpc")),
          row(
              "child under a monitored root, closed",
              "ObservedContexts.monitored",
              2,
              300,
              400,
              null),
          row("… on two threads", "ObservedContexts.monitoredOnTwoThreads", 2, 600, 400, null),
          row("… leak detection on, sampled", "ObservedContexts.leaksSampled", 0, 100, 150, null),
          row("… leak detection strict", "ObservedContexts.leaksStrict", 2, 5_000, null, null),
          row("… JFR there and off", "ObservedContexts.flightRecorderOff", 0, 25, null, null),
          row("… JFR on", "FlightRecorderOn.context", 2, 500, null, null),
          row(
              "good call, events of attempts off",
              "FlightRecorderCosts.attemptsOff",
              0,
              5,
              0,
              null),
          row("… of calls off", "FlightRecorderCosts.callsOff", 0, 5, 0, null),
          row("… of attempts on", "FlightRecorderOn.attempts", 2, 200, null, null),
          row("… of calls on", "FlightRecorderOn.calls", 2, 200, null, null),
          beside(
              "good call, nobody listens",
              "Telemetry.nobodyListens",
              r4j("Telemetry.resilience4j")),
          beside(
              "… three fields in the MDC",
              "Telemetry.mdc",
              new Peer("MDC by hand", "Telemetry.mdcByHand")),
          beside("… that are there already", "Telemetry.mdcThatSaysSoAlready"),
          beside(
              "… meters",
              "Telemetry.meters",
              r4j("Telemetry.resilience4jMeters"),
              new Peer("Micrometer's timer alone", "Telemetry.micrometerTimer")),
          beside(
              "… a span for the call and the attempt",
              "Telemetry.spans",
              new Peer("OpenTelemetry by hand", "Telemetry.openTelemetrySpans")),
          beside("… spans that nobody wants", "Telemetry.spansThatNobodyWants"),
          row(
              "timer set and cleared, 100,000 standing",
              "TimerSetAndCleared.ours",
              0,
              90,
              null,
              null,
              jdk("TimerSetAndCleared.jdk")),
          row(
              "… on two threads",
              "TimerSetAndCleared.oursOnTwoThreads",
              0,
              90,
              null,
              3.5,
              jdk("TimerSetAndCleared.jdkOnTwoThreads")),
          hit("cache hit, get", "CacheHit.ours", "CacheHit.caffeine"),
          hit("… on two threads", "CacheHit.oursOnTwoThreads", "CacheHit.caffeineOnTwoThreads"),
          hit("cache hit, getOrFetch", "CacheHit.oursOrFetch", "CacheHit.caffeineOrFetch"),
          hit(
              "… on two threads",
              "CacheHit.oursOrFetchOnTwoThreads",
              "CacheHit.caffeineOrFetchOnTwoThreads"),
          row(
              "closed breaker, full of successes",
              "ClosedBreaker.ours",
              0,
              8,
              0,
              4.0,
              failsafe("ClosedBreaker.failsafe"),
              alone("ClosedBreaker.failsafeAlone")),
          row(
              "… on two threads",
              "ClosedBreaker.oursOnTwoThreads",
              0,
              10,
              0,
              null,
              failsafe("ClosedBreaker.failsafeOnTwoThreads"),
              alone("ClosedBreaker.failsafeAloneOnTwoThreads")),
          row(
              "closed breaker, with failures",
              "BreakerWithFailures.ours",
              0,
              15,
              0,
              null,
              failsafe("BreakerWithFailures.failsafe"),
              alone("BreakerWithFailures.failsafeAlone")),
          row(
              "… on two threads",
              "BreakerWithFailures.oursOnTwoThreads",
              0,
              40,
              0,
              null,
              failsafe("BreakerWithFailures.failsafeOnTwoThreads"),
              alone("BreakerWithFailures.failsafeAloneOnTwoThreads")),
          row(
              "retry, good first time",
              "FirstTimeGood.ours",
              0,
              4,
              0,
              null,
              failsafe("FirstTimeGood.failsafe")),
          beside(
              "fault injection without faults",
              "QuietChaos.noFaults",
              new Peer("a stack of nothing", "QuietChaos.nothing")),
          beside(
              "… switched off",
              "QuietChaos.switchedOff",
              new Peer("a stack of nothing", "QuietChaos.nothing")),
          row(
              "limit that interrupts, not reached",
              "LimitNotReached.ours",
              0,
              90,
              null,
              30.0,
              failsafe("LimitNotReached.failsafe")),
          row(
              "… on two threads",
              "LimitNotReached.oursOnTwoThreads",
              0,
              180,
              null,
              null,
              failsafe("LimitNotReached.failsafeOnTwoThreads")),
          row(
              "fallback(retry(breaker(limit)))",
              "WholeStack.ours",
              0,
              110,
              100,
              29.0,
              failsafe("WholeStack.failsafe")),
          row(
              "the same with the adaptive limit",
              "WholeStack.oursAdaptive",
              0,
              160,
              null,
              null,
              failsafe("WholeStack.failsafe")),
          row(
              "concurrency limit, fixed",
              "ConcurrencyLimits.fixed",
              0,
              25,
              0,
              null,
              netflix("ConcurrencyLimits.netflix"),
              alone("ConcurrencyLimits.failsafe")),
          row(
              "… on two threads",
              "ConcurrencyLimits.fixedOnTwoThreads",
              0,
              60,
              0,
              null,
              netflix("ConcurrencyLimits.netflixOnTwoThreads"),
              alone("ConcurrencyLimits.failsafeOnTwoThreads")),
          row(
              "concurrency limit, adaptive",
              "ConcurrencyLimits.adaptive",
              0,
              25,
              0,
              null,
              netflix("ConcurrencyLimits.netflix")),
          row(
              "… on two threads",
              "ConcurrencyLimits.adaptiveOnTwoThreads",
              0,
              60,
              0,
              null,
              netflix("ConcurrencyLimits.netflixOnTwoThreads")),
          row("a call that it refuses", "ConcurrencyLimits.refused", 0, 200, null, null),
          row("each of 1,000 calls that wait for it", "WaitingCalls.ours", 0, 2_000, null, null),
          beside(
              "each of 10 tasks forked and joined",
              "ForkAndJoin.group",
              new Peer("StructuredTaskScope", "ForkAndJoin.jdk"),
              new Peer("cached executor", "ForkAndJoin.executor")),
          beside(
              "submit to a worker pool and wait",
              "SubmitToPool.pool",
              new Peer("ThreadPoolExecutor", "SubmitToPool.jdk")),
          beside(
              "an item through a stage, streamed",
              "ItemThroughStage.pipeline",
              new Peer("two queues and a thread", "ItemThroughStage.jdkQueues")),
          beside("an item through a stage, one by one", "ItemThroughStage.oneByOne"),
          row("record a duration", "AdaptiveLimitCosts.record", 0, 12, 0, null),
          row("… on two threads", "AdaptiveLimitCosts.recordOnTwoThreads", 0, 12, 0, null),
          row("read the adaptive limit", "AdaptiveLimitCosts.readLimit", 0, 2, 0, null),
          row(
              "open circuit, with its exception",
              "OpenCircuit.ours",
              0,
              130,
              56,
              null,
              failsafe("OpenCircuit.failsafe")),
          row(
              "all headers of a request, written and read",
              "PropagatedHeaders.writeAndRead",
              0,
              1_000,
              500,
              null),
          row(
              "pick the least loaded of two, of three instances",
              "Pick.leastLoadedOfThree",
              0,
              50,
              0,
              null),
          row("pick among 10,000: round robin", "Pick.roundRobin", 0, 50, 0, null),
          row("… on two threads", "Pick.roundRobinOnTwoThreads", 0, 50, 0, null),
          row("… while 1,000 a second change", "Pick.roundRobinWhileTheyChange", 0, 50, null, null),
          row(
              "… while they change, on two threads",
              "Pick.roundRobinWhileTheyChangeOnTwoThreads",
              0,
              50,
              null,
              null),
          row("pick among 10,000: weighted, 1 to 100", "Pick.weighted", 0, 50, 0, null),
          row("… on two threads", "Pick.weightedOnTwoThreads", 0, 50, 0, null),
          row("… while 1,000 a second change", "Pick.weightedWhileTheyChange", 0, 50, null, null),
          row(
              "… while they change, on two threads",
              "Pick.weightedWhileTheyChangeOnTwoThreads",
              0,
              50,
              null,
              null),
          row("pick among 10,000: least loaded of two", "Pick.leastLoaded", 0, 50, 0, null),
          row("… on two threads", "Pick.leastLoadedOnTwoThreads", 0, 50, 0, null),
          row(
              "… while 1,000 a second change",
              "Pick.leastLoadedWhileTheyChange",
              0,
              50,
              null,
              null),
          row(
              "… while they change, on two threads",
              "Pick.leastLoadedWhileTheyChangeOnTwoThreads",
              0,
              50,
              null,
              null),
          row("pick among 10,000: consistent hash", "Pick.consistentHash", 0, 50, 0, null),
          row("… on two threads", "Pick.consistentHashOnTwoThreads", 0, 50, 0, null),
          row(
              "… while 1,000 a second change",
              "Pick.consistentHashWhileTheyChange",
              0,
              50,
              null,
              null),
          row(
              "… while they change, on two threads",
              "Pick.consistentHashWhileTheyChangeOnTwoThreads",
              0,
              50,
              null,
              null),
          row("a whole call, of three instances", "Pick.callOneOfThree", 0, 250, null, null),
          row("… on two threads", "Pick.callOneOfThreeOnTwoThreads", 0, 250, null, null),
          row("… of 10,000", "Pick.callOneOfMany", 0, 250, null, null),
          row(
              "… of 10,000 while 1,000 a second change",
              "Pick.callOneOfManyWhileTheyChange",
              0,
              250,
              null,
              null));

  private static Row row(
      String work,
      String benchmark,
      int clockReads,
      double nanos,
      @Nullable Integer bytes,
      @Nullable Double timesFaster,
      Peer... peers) {
    return new Row(work, benchmark, List.of(peers), clockReads, nanos, bytes, timesFaster, null);
  }

  /** Measured beside others, without a target. */
  private static Row beside(String work, String benchmark, Peer... peers) {
    return row(work, benchmark, 0, Double.NaN, null, null, peers);
  }

  /** A hit in the cache, whose target is a share of what raw Caffeine takes. */
  private static Row hit(String work, String benchmark, String peer) {
    return new Row(work, benchmark, List.of(new Peer("Caffeine", peer)), 1, 0, 0, null, 1.15);
  }

  private static Peer grpc(String benchmark) {
    return new Peer("gRPC", benchmark);
  }

  private static Peer r4j(String benchmark) {
    return new Peer("resilience4j", benchmark);
  }

  private static Peer jdk(String benchmark) {
    return new Peer("JDK", benchmark);
  }

  private static Peer failsafe(String benchmark) {
    return new Peer("Failsafe", benchmark);
  }

  private static Peer netflix(String benchmark) {
    return new Peer("Netflix", benchmark);
  }

  private static Peer alone(String benchmark) {
    return new Peer("without its executor", benchmark);
  }
}
