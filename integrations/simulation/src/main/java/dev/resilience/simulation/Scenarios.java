package dev.resilience.simulation;

import static java.time.Duration.ofMillis;
import static java.time.Duration.ofSeconds;

import java.time.Duration;
import java.util.List;

/**
 * The scenarios of the load comparison: twelve seconds each, the trouble in the middle four.
 *
 * <p>The service does 258 requests a second (16 workers, a median of 60 ms), and up to 256 wait;
 * callers wait for 600 ms. Where nothing else is said, 75 % of what it can do is asked of it. Full,
 * its queue takes a second: who waits at its end waits for nothing.
 */
public final class Scenarios {

  private static final Duration LENGTH = ofSeconds(12);
  private static final Duration FROM = ofSeconds(4);
  private static final Duration UNTIL = ofSeconds(8);

  private static final Duration PATIENCE = ofMillis(600);

  /** Requests a second: 16 workers, and a log-normal mean of 61.9 ms. */
  private static final double CAPACITY = 258;

  /** Healthy, at 60 % load. */
  public static final Scenario A =
      scenario("A", "healthy, 60 % load").service(orders().build()).load(at(0.6).build()).build();

  /** Six times slower for four seconds. */
  public static final Scenario B =
      scenario("B", "six times slower for 4 s")
          .service(orders().fault(Fault.slower(6).between(FROM, UNTIL)).build())
          .load(at(0.75).build())
          .build();

  /** Healthy, but three callers in ten leave early. */
  public static final Scenario C =
      scenario("C", "healthy, 30 % of the callers leave early")
          .service(orders().build())
          .load(at(0.6).leaving(0.3, Latency.uniform(ofMillis(5), ofMillis(60))).build())
          .build();

  /** Every answer is an error for four seconds. */
  public static final Scenario D1 =
      scenario("D1", "all errors for 4 s")
          .service(orders().fault(Fault.failing(1).between(FROM, UNTIL)).build())
          .load(at(0.75).build())
          .build();

  /** No connection for four seconds. */
  public static final Scenario D2 =
      scenario("D2", "no connection for 4 s")
          .service(orders().fault(Fault.unreachable().between(FROM, UNTIL)).build())
          .load(at(0.75).build())
          .build();

  /** Every answer is an error for four seconds, and most callers leave before it comes. */
  public static final Scenario D3 =
      scenario("D3", "all errors for 4 s, 70 % of the callers leave before")
          .service(orders().fault(Fault.failing(1).between(FROM, UNTIL)).build())
          .load(at(0.75).leaving(0.7, Latency.uniform(ofMillis(5), ofMillis(55))).build())
          .build();

  /** Of a hundred answers one takes two seconds. */
  public static final Scenario E =
      scenario("E", "one percent takes 2 s")
          .service(orders().latency(usual(60).with(0.01, Latency.constant(ofSeconds(2)))).build())
          .load(at(0.45).build())
          .build();

  /** A chain of three with 300 ms left, the second three times slower for four seconds. */
  public static final Scenario F =
      scenario("F", "chain of three, 300 ms left, the second three times slower for 4 s")
          .service(Service.builder("orders").workers(40).queue(64).latency(usual(40)).build())
          .service(
              Service.builder("prices")
                  .workers(16)
                  .queue(64)
                  .latency(usual(40))
                  .fault(Fault.slower(3).between(FROM, UNTIL))
                  .build())
          .service(Service.builder("stock").workers(12).queue(64).latency(usual(40)).build())
          .load(Load.builder(125).patience(ofMillis(300)).build())
          .build();

  /** More than the service can do for four seconds. */
  public static final Scenario G =
      scenario("G", "130 % of the capacity for 4 s")
          .service(orders().build())
          .load(at(0.75).surge(FROM, UNTIL, 1.3 * CAPACITY).build())
          .build();

  /** Five times the load for two seconds, then as before. */
  public static final Scenario H =
      scenario("H", "five times the load for 2 s")
          .service(orders().build())
          .load(at(0.6).surge(FROM, ofSeconds(6), 5 * 0.6 * CAPACITY).build())
          .build();

  /** One of five instances becomes ten times slower for good. */
  public static final Scenario I =
      scenario("I", "one of five instances ten times slower")
          .service(
              orders()
                  .instances(5)
                  .workers(4)
                  .fault(Fault.slower(10).between(FROM, LENGTH).onInstance(0))
                  .build())
          .load(at(0.6).build())
          .build();

  /** As {@link #G}, but only three callers in ten are critical. */
  public static final Scenario J =
      scenario("J", "130 % of the capacity for 4 s, 30 % critical")
          .service(orders().build())
          .load(at(0.75).surge(FROM, UNTIL, 1.3 * CAPACITY).critical(0.3).build())
          .build();

  /** As {@link #A}, with a client that has just been started on a busy machine. */
  public static final Scenario K =
      scenario("K", "cold start of the client on a busy machine")
          .service(orders().build())
          .load(at(0.6).build())
          .coldFor(ofMillis(1_500))
          .build();

  private Scenarios() {}

  /** All of them, in order. */
  public static List<Scenario> all() {
    return List.of(A, B, C, D1, D2, D3, E, F, G, H, I, J, K);
  }

  /**
   * The one with an id.
   *
   * @throws IllegalArgumentException if there is none
   */
  public static Scenario of(String id) {
    return all().stream()
        .filter(scenario -> scenario.id().equalsIgnoreCase(id))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "id: "
                        + id
                        + " (expected: one of "
                        + all().stream().map(Scenario::id).toList()
                        + ")"));
  }

  private static Scenario.Builder scenario(String id, String title) {
    return Scenario.builder(id, title).length(LENGTH);
  }

  private static Service.Builder orders() {
    return Service.builder("orders").workers(16).queue(256).latency(usual(60));
  }

  private static Latency usual(int medianMillis) {
    return Latency.logNormal(ofMillis(medianMillis), 0.25);
  }

  private static Load.Builder at(double share) {
    return Load.builder(share * CAPACITY).patience(PATIENCE);
  }
}
