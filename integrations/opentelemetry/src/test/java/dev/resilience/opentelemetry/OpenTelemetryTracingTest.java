package dev.resilience.opentelemetry;

import static java.time.Duration.ofMillis;
import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.resilience.Resilience;
import dev.resilience.context.CancelReason;
import dev.resilience.context.Context;
import dev.resilience.context.Credential;
import dev.resilience.context.RequestInfo;
import dev.resilience.policy.RetryBudget;
import dev.resilience.propagation.Boundary;
import dev.resilience.propagation.Carriers;
import dev.resilience.propagation.Propagation;
import dev.resilience.propagation.TraceContext;
import dev.resilience.retry.Backoff;
import dev.resilience.retry.Retry;
import dev.resilience.time.VirtualTime;
import dev.resilience.trace.SpanRole;
import dev.resilience.trace.Tracing;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.context.Scope;
import io.opentelemetry.sdk.OpenTelemetrySdk;
import io.opentelemetry.sdk.testing.exporter.InMemorySpanExporter;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.data.EventData;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.opentelemetry.sdk.trace.export.SimpleSpanProcessor;
import io.opentelemetry.sdk.trace.samplers.Sampler;
import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

class OpenTelemetryTracingTest {

  private static final String TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";
  private static final String CALLER = "00f067aa0ba902b7";

  private final InMemorySpanExporter exported = InMemorySpanExporter.create();
  private final OpenTelemetrySdk sdk =
      OpenTelemetrySdk.builder()
          .setTracerProvider(
              SdkTracerProvider.builder()
                  .addSpanProcessor(SimpleSpanProcessor.create(exported))
                  .build())
          .build();
  private final OpenTelemetryTracing tracing = OpenTelemetryTracing.of(sdk);
  private final Context root = Context.background();
  private final Resilience payments =
      Resilience.of(
              Retry.builder()
                  .maxAttempts(3)
                  .backoff(Backoff.constant(ofMillis(1)))
                  .budget(RetryBudget.unlimited())
                  .build())
          .named("payments")
          .withSpans();

  @AfterEach
  void nothingIsCurrent() {
    assertThat(Span.current().getSpanContext().isValid()).isFalse();
    sdk.close();
  }

  private SpanData span(String name) {
    return spans(name).get(0);
  }

  private List<SpanData> spans(String name) {
    return exported.getFinishedSpanItems().stream()
        .filter(span -> span.getName().equals(name))
        .toList();
  }

  private static String attribute(SpanData span, String key) {
    return span.getAttributes().get(AttributeKey.stringKey(key));
  }

  @Nested
  class A_call {

    @Test
    void has_a_span_and_one_for_each_attempt_and_what_was_decided() throws Exception {
      AtomicInteger attempts = new AtomicInteger();
      payments.call(
          tracing.in(root),
          c -> {
            if (attempts.getAndIncrement() == 0) {
              throw new IOException("down");
            }
            return "paid";
          });

      SpanData call = span("payments");
      assertThat(call.getKind()).isEqualTo(SpanKind.CLIENT);
      assertThat(call.getStatus().getStatusCode()).isEqualTo(StatusCode.UNSET);
      assertThat(attribute(call, "resilience.verdict")).isEqualTo("SUCCESS");
      assertThat(call.getEvents())
          .extracting(EventData::getName)
          .containsExactly("retry: waited 1 ms", "retry: stopped: an attempt succeeded");
      assertThat(spans("payments attempt"))
          .hasSize(2)
          .allSatisfy(attempt -> assertThat(attempt.getParentSpanId()).isEqualTo(call.getSpanId()));
      SpanData first = span("payments attempt");
      assertThat(first.getStatus().getStatusCode()).isEqualTo(StatusCode.ERROR);
      assertThat(attribute(first, "error.type")).isEqualTo("java.io.IOException");
      assertThat(first.getAttributes().get(AttributeKey.longKey("resilience.attempt")))
          .isEqualTo(1);
    }

    @Test
    void is_the_same_where_it_is_asynchronous() {
      payments
          .callAsync(tracing.in(root), c -> CompletableFuture.failedFuture(new IOException("down")))
          .exceptionally(down -> null)
          .toCompletableFuture()
          .join();

      SpanData call = span("payments");
      assertThat(call.getStatus().getStatusCode()).isEqualTo(StatusCode.ERROR);
      assertThat(spans("payments attempt"))
          .hasSize(3)
          .allSatisfy(attempt -> assertThat(attempt.getParentSpanId()).isEqualTo(call.getSpanId()));
    }

    @Test
    void that_its_caller_cancelled_is_no_error() {
      try (var request = tracing.in(root).withCancel()) {
        catchThrowable(
            () ->
                payments.call(
                    request,
                    c -> {
                      request.cancel(CancelReason.USER);
                      throw new IOException("reset by ourselves");
                    }));
      }

      assertThat(exported.getFinishedSpanItems())
          .hasSize(2)
          .allSatisfy(
              span -> {
                assertThat(span.getStatus().getStatusCode()).isEqualTo(StatusCode.UNSET);
                assertThat(attribute(span, "error.type")).isNull();
                assertThat(
                        span.getAttributes().get(AttributeKey.booleanKey("resilience.cancelled")))
                    .isTrue();
              });
    }

    @Test
    void that_ran_out_of_time_is_one() throws Exception {
      VirtualTime.Automatic time = VirtualTime.automatic(1);
      time.run(
          () -> {
            try (var request = tracing.in(Context.background(time)).withTimeout(ofMillis(5))) {
              return catchThrowable(() -> payments.run(request, c -> c.sleep(ofSeconds(20))));
            }
          });

      assertThat(span("payments").getStatus().getStatusCode()).isEqualTo(StatusCode.ERROR);
      assertThat(attribute(span("payments"), "error.type"))
          .isEqualTo("dev.resilience.context.DeadlineExceededException");
    }

    @Test
    void has_the_ids_of_the_request_and_never_a_credential() {
      Context request =
          RequestInfo.builder()
              .requestId("r-17")
              .userId("u-4")
              .credential(Credential.of("s3cr3t-token"))
              .build()
              .in(root);
      payments.run(tracing.in(request), c -> {});

      assertThat(attribute(span("payments"), "request.id")).isEqualTo("r-17");
      assertThat(attribute(span("payments"), "user.id")).isEqualTo("u-4");
      assertThat(exported.getFinishedSpanItems().toString()).doesNotContain("s3cr3t");
      assertThatThrownBy(
              () -> OpenTelemetryTracing.builder().attribute("token", RequestInfo.CREDENTIAL))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("key: 'credential' is a credential (expected: a key that may be shown)");
    }
  }

  @Nested
  class The_parent {

    @Test
    void comes_from_the_header_and_goes_into_the_header_of_the_next_call() {
      Propagation wire =
          Propagation.builder("orders")
              .callers(Boundary.inside())
              .dependencies(Boundary.inside())
              .build();
      Map<String, String> in =
          Map.of("traceparent", "00-" + TRACE + "-" + CALLER + "-01", "tracestate", "vendor=a:b");
      Map<String, String> out = new HashMap<>();
      try (var request = wire.extract(root, in, Carriers.map()).context()) {
        payments.run(tracing.in(request), c -> wire.inject(c, out, Carriers.intoMap(), 1, null));
      }

      SpanData call = span("payments");
      SpanData attempt = span("payments attempt");
      assertThat(call.getTraceId()).isEqualTo(TRACE);
      assertThat(call.getParentSpanId()).isEqualTo(CALLER);
      assertThat(call.getParentSpanContext().isRemote()).isTrue();
      assertThat(out)
          .containsEntry("traceparent", "00-" + TRACE + "-" + attempt.getSpanId() + "-01")
          .containsEntry("tracestate", "vendor=a:b");
    }

    @Test
    void is_what_another_library_has_current_on_the_thread() {
      Span server = sdk.getTracer("other").spanBuilder("GET /order").startSpan();
      try (Scope scope = server.makeCurrent()) {
        payments.run(
            tracing.in(root),
            c -> {
              Span between = sdk.getTracer("other").spanBuilder("between").startSpan();
              try (Scope inner = between.makeCurrent()) {
                Tracing.<Void, RuntimeException>call(c, "inside", x -> null);
              }
              between.end();
            });
      }
      server.end();

      assertThat(span("payments").getParentSpanId()).isEqualTo(span("GET /order").getSpanId());
      assertThat(span("between").getParentSpanId()).isEqualTo(span("payments attempt").getSpanId());
      assertThat(span("inside").getParentSpanId()).isEqualTo(span("between").getSpanId());
    }

    @Test
    void is_never_that_of_another_request_that_a_thread_happens_to_have() {
      Context mine =
          root.withValue(TraceContext.KEY, TraceContext.of("00-" + TRACE + "-" + CALLER + "-01"));
      Span other = sdk.getTracer("other").spanBuilder("another request").startSpan();
      try (Scope scope = other.makeCurrent()) {
        payments.run(tracing.in(mine), c -> {});
      }
      other.end();

      assertThat(span("payments").getTraceId()).isEqualTo(TRACE);
      assertThat(span("payments").getParentSpanId()).isEqualTo(CALLER);
    }
  }

  @Test
  void a_span_by_hand_has_its_kind_and_its_events() {
    try (var span = Tracing.start(tracing.in(root), "serve", SpanRole.SERVER)) {
      span.attribute("items", 3).attribute("tenant", "acme").event("validated");
      assertThat(span.context().get(RequestInfo.TRACE_ID)).hasSize(32);
    }

    SpanData served = span("serve");
    assertThat(served.getKind()).isEqualTo(SpanKind.SERVER);
    assertThat(served.getAttributes().get(AttributeKey.longKey("items"))).isEqualTo(3);
    assertThat(served.getEvents()).extracting(EventData::getName).containsExactly("validated");
    assertThat(served.getInstrumentationScopeInfo().getName()).isEqualTo("dev.resilience");
  }

  @Test
  void a_span_is_ended_once() {
    var span = Tracing.start(tracing.in(root), "once");
    span.close();
    span.close();

    assertThat(exported.getFinishedSpanItems()).hasSize(1);
  }

  @Test
  void a_call_outside_of_the_sample_prepares_nothing_and_its_trace_goes_on() {
    OpenTelemetrySdk unsampled =
        OpenTelemetrySdk.builder()
            .setTracerProvider(
                SdkTracerProvider.builder()
                    .setSampler(Sampler.alwaysOff())
                    .addSpanProcessor(SimpleSpanProcessor.create(exported))
                    .build())
            .build();
    Context request = OpenTelemetryTracing.of(unsampled).in(root);

    TraceContext position =
        payments.call(
            request,
            c -> {
              try (var span = Tracing.start(c, "inside")) {
                span.attribute("order", "17").attribute("items", 3).event("validated");
                span.failed(new IOException("down"));
                assertThat(span.isRecording()).isFalse();
                return span.context().require(TraceContext.KEY);
              }
            });

    assertThat(exported.getFinishedSpanItems()).isEmpty();
    assertThat(position.traceparent()).matches("00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}");
    assertThat(position.isSampled()).isFalse();
    unsampled.close();
  }

  @Test
  void a_stack_under_a_context_that_nobody_traces_makes_no_span() {
    payments.run(root, c -> {});

    assertThat(exported.getFinishedSpanItems()).isEmpty();
  }
}
