package dev.resilience.benchmarks;

import dev.resilience.Resilience;
import dev.resilience.breaker.Breaker;
import dev.resilience.context.Context;
import dev.resilience.context.RequestInfo;
import dev.resilience.context.ThreadBinding;
import dev.resilience.micrometer.BreakerMetrics;
import dev.resilience.micrometer.CallMetrics;
import dev.resilience.opentelemetry.OpenTelemetryTracing;
import dev.resilience.policy.Call;
import dev.resilience.slf4j.LogFields;
import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import io.github.resilience4j.circuitbreaker.CircuitBreakerRegistry;
import io.github.resilience4j.micrometer.tagged.TaggedCircuitBreakerMetrics;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.sdk.OpenTelemetrySdk;
import io.opentelemetry.sdk.trace.ReadWriteSpan;
import io.opentelemetry.sdk.trace.ReadableSpan;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.SpanProcessor;
import io.opentelemetry.sdk.trace.samplers.Sampler;
import java.util.Objects;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.slf4j.MDC;

/** A good call through a closed breaker, and what those who watch it cost. */
@State(Scope.Benchmark)
public class Telemetry {

  private final Object answer = new Object();
  private final Call<Object, RuntimeException> work = c -> answer;

  private final Context plain =
      RequestInfo.builder()
          .requestId("r-17")
          .userId("u-4")
          .traceId("4bf92f3577b34da6a3ce929d0e0e4736")
          .build()
          .in(Context.background());
  private final Context logged = LogFields.ofDefaults().in(plain);

  private final OpenTelemetrySdk sdk =
      OpenTelemetrySdk.builder()
          .setTracerProvider(SdkTracerProvider.builder().addSpanProcessor(new Discarding()).build())
          .build();
  private final Tracer tracer = sdk.getTracer("peer");
  private final Context traced = OpenTelemetryTracing.of(sdk).in(plain);
  private final Context outOfTheSample =
      OpenTelemetryTracing.of(
              OpenTelemetrySdk.builder()
                  .setTracerProvider(
                      SdkTracerProvider.builder()
                          .setSampler(Sampler.alwaysOff())
                          .addSpanProcessor(new Discarding())
                          .build())
                  .build())
          .in(plain);

  private final MeterRegistry registry = new SimpleMeterRegistry();
  private final Breaker breaker = Breaker.ofDefaults("payments");
  private final Resilience stack = Resilience.of(breaker).named("payments");
  private final Resilience measured = stack.withListener(CallMetrics.of(registry));
  private final Resilience spanned = stack.withSpans();
  private final Timer bare = Timer.builder("bare").register(registry);

  private final Supplier<Object> theirs;
  private final Supplier<Object> theirsTimed;

  public Telemetry() {
    BreakerMetrics.of(breaker).bindTo(registry);
    CircuitBreakerRegistry breakers = CircuitBreakerRegistry.ofDefaults();
    CircuitBreaker measuredBreaker = breakers.circuitBreaker("payments");
    TaggedCircuitBreakerMetrics.ofCircuitBreakerRegistry(breakers).bindTo(registry);
    theirsTimed = measuredBreaker.decorateSupplier(() -> answer);
    theirs = CircuitBreaker.ofDefaults("plain").decorateSupplier(() -> answer);
  }

  @Benchmark
  public Object nobodyListens() {
    return stack.call(plain, work);
  }

  @Benchmark
  public Object mdc() {
    return stack.call(logged, work);
  }

  /** The thread has entered once, as under the request's own stack. */
  @Benchmark
  public Object mdcThatSaysSoAlready(Entered thread) {
    return stack.call(thread.logged, work);
  }

  /** A thread that works for the request already. */
  @State(Scope.Thread)
  public static class Entered {

    private final Context logged =
        LogFields.ofDefaults()
            .in(RequestInfo.builder().requestId("r-17").build().in(Context.background()));
    private ThreadBinding.@Nullable Bound bound;

    @Setup
    public void enter() {
      bound = ThreadBinding.bind(logged);
    }

    @TearDown
    public void leave() {
      Objects.requireNonNull(bound).close();
    }
  }

  /** Makes the spans of the tracer real: without a processor it records none. */
  private static final class Discarding implements SpanProcessor {

    @Override
    public void onStart(io.opentelemetry.context.Context parent, ReadWriteSpan span) {}

    @Override
    public boolean isStartRequired() {
      return true;
    }

    @Override
    public void onEnd(ReadableSpan span) {}

    @Override
    public boolean isEndRequired() {
      return true;
    }
  }

  @Benchmark
  public Object mdcByHand() {
    MDC.put("request_id", "r-17");
    MDC.put("user_id", "u-4");
    MDC.put("trace_id", "4bf92f3577b34da6a3ce929d0e0e4736");
    try {
      return stack.call(plain, work);
    } finally {
      MDC.remove("request_id");
      MDC.remove("user_id");
      MDC.remove("trace_id");
    }
  }

  @Benchmark
  public Object meters() {
    return measured.call(plain, work);
  }

  @Benchmark
  public Object micrometerTimer() {
    return bare.record(() -> stack.call(plain, work));
  }

  @Benchmark
  public Object resilience4j() {
    return theirs.get();
  }

  @Benchmark
  public Object resilience4jMeters() {
    return theirsTimed.get();
  }

  @Benchmark
  public Object spansThatNobodyWants() {
    return spanned.call(plain, work);
  }

  @Benchmark
  public Object spans() {
    return spanned.call(traced, work);
  }

  @Benchmark
  public Object spansOutOfTheSample() {
    return spanned.call(outOfTheSample, work);
  }

  /** The spans of {@link #spans}, with their attributes, by hand. */
  @Benchmark
  public Object openTelemetrySpansWithAttributes() {
    Span call = clientSpan("payments");
    try (var outer = call.makeCurrent()) {
      Span attempt = clientSpan("payments attempt");
      attempt.setAttribute("resilience.attempt", 1);
      try (var inner = attempt.makeCurrent()) {
        Object result = stack.call(plain, work);
        attempt.setAttribute("resilience.verdict", "SUCCESS");
        call.setAttribute("resilience.verdict", "SUCCESS");
        return result;
      } finally {
        attempt.end();
      }
    } finally {
      call.end();
    }
  }

  private Span clientSpan(String name) {
    return tracer
        .spanBuilder(name)
        .setSpanKind(SpanKind.CLIENT)
        .setAttribute("request.id", "r-17")
        .setAttribute("user.id", "u-4")
        .startSpan();
  }

  @Benchmark
  public Object openTelemetrySpans() {
    Span call = tracer.spanBuilder("payments").startSpan();
    try (var outer = call.makeCurrent()) {
      Span attempt = tracer.spanBuilder("payments attempt").startSpan();
      try (var inner = attempt.makeCurrent()) {
        return stack.call(plain, work);
      } finally {
        attempt.end();
      }
    } finally {
      call.end();
    }
  }
}
