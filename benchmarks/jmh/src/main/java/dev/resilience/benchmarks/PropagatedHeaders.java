package dev.resilience.benchmarks;

import dev.resilience.context.CancellableContext;
import dev.resilience.context.Context;
import dev.resilience.context.Criticality;
import dev.resilience.context.RequestInfo;
import dev.resilience.propagation.Baggage;
import dev.resilience.propagation.Boundary;
import dev.resilience.propagation.CallTimes;
import dev.resilience.propagation.Carriers;
import dev.resilience.propagation.Extraction;
import dev.resilience.propagation.HeaderReader;
import dev.resilience.propagation.HeaderWriter;
import dev.resilience.propagation.Propagation;
import dev.resilience.propagation.TraceContext;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/**
 * All that travels with a request, written by one service and read by the next: the time left,
 * trace, baggage, ids, criticality, attempt and path. The map is kept, since it is the carrier's.
 */
@State(Scope.Thread)
public class PropagatedHeaders {

  private final Propagation gateway = propagation("gateway");
  private final Propagation orders = propagation("orders");
  private final CallTimes times = CallTimes.withAllowance(Duration.ofMillis(1));
  private final HeaderWriter<Map<String, String>> writer = Carriers.intoMap();
  private final HeaderReader<Map<String, String>> reader = Carriers.map();
  private final Map<String, String> headers = new HashMap<>();
  private final Context server = Context.background();
  private final Context request =
      RequestInfo.builder()
          .requestId("7c0fd5a1")
          .userId("u-4711")
          .traceId("4bf92f3577b34da6a3ce929d0e0e4736")
          .build()
          .in(server)
          .withValue(
              TraceContext.KEY,
              TraceContext.of("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"))
          .withValue(Baggage.KEY, Baggage.of("tenant", "acme").with("cohort", "b"))
          .withValue(Criticality.KEY, Criticality.CRITICAL_PLUS)
          .withTimeout(Duration.ofDays(1));

  private static Propagation propagation(String service) {
    return Propagation.builder(service)
        .callers(Boundary.inside())
        .dependencies(Boundary.inside())
        .longestTime(Duration.ofDays(2))
        .build();
  }

  @Benchmark
  public Object writeAndRead() {
    gateway.inject(request, headers, writer, 1, times);
    Extraction in = orders.extract(server, headers, reader);
    try (CancellableContext there = in.context()) {
      return there;
    }
  }

  @Benchmark
  public Object write() {
    gateway.inject(request, headers, writer, 1, times);
    return headers;
  }
}
