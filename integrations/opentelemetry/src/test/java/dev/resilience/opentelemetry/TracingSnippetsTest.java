package dev.resilience.opentelemetry;

import static org.assertj.core.api.Assertions.assertThat;

import dev.resilience.Resilience;
import dev.resilience.context.Context;
import dev.resilience.time.VirtualTime;
import dev.resilience.trace.ActiveSpan;
import dev.resilience.trace.SpanTree;
import dev.resilience.trace.Tracing;
import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.sdk.OpenTelemetrySdk;
import io.opentelemetry.sdk.testing.exporter.InMemorySpanExporter;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.export.SimpleSpanProcessor;
import org.junit.jupiter.api.Test;

/** The blocks of docs/tracing.md. */
class TracingSnippetsTest {

  /** Without a hedge on a busy machine. */
  private final Context request = Context.background(VirtualTime.manual());

  @Test
  void the_tree() throws Exception {
    Resilience payments = Resilience.forHttp("payments").withSpans();

    SpanTree spans = SpanTree.record(request);
    Tracing.<String, RuntimeException>call(
        spans.context(),
        "orderHandler",
        c -> {
          Tracing.<String, RuntimeException>call(c, "validateOrder", v -> "valid");
          return payments.call(c, a -> "paid");
        });
    String text = spans.toText();

    assertThat(text.lines().map(line -> line.replaceAll(":.*", "")))
        .containsExactly(
            "orderHandler", "├─ validateOrder", "└─ payments", "   └─ payments attempt");
  }

  @Test
  void by_hand() {
    SpanTree spans = SpanTree.record(request);
    Context ctx = spans.context();
    try (ActiveSpan span = Tracing.start(ctx, "createOrderRecord")) {
      span.attribute("order.items", 3).event("inserted");
    }

    assertThat(spans.spans()).hasSize(1);
  }

  @Test
  void with_opentelemetry() {
    InMemorySpanExporter exported = InMemorySpanExporter.create();
    OpenTelemetry openTelemetry =
        OpenTelemetrySdk.builder()
            .setTracerProvider(
                SdkTracerProvider.builder()
                    .addSpanProcessor(SimpleSpanProcessor.create(exported))
                    .build())
            .build();
    Context incoming = request;

    OpenTelemetryTracing tracing = OpenTelemetryTracing.of(openTelemetry);
    Resilience payments = Resilience.forHttp("payments").withSpans();

    Context traced = tracing.in(incoming); // with the traceparent that came in, if any
    String paid = payments.call(traced, c -> "paid");

    assertThat(paid).isEqualTo("paid");
    assertThat(exported.getFinishedSpanItems()).hasSize(2);
  }

  @Test
  void both_ways() {
    Context adopted = OpenTelemetryContexts.adopt(request); // this thread's span and baggage
    Resilience.of()
        .run(
            adopted,
            c -> {
              Context mine = OpenTelemetryContexts.current().orElseThrow(); // has only theirs
              assertThat(mine.name()).isEqualTo(c.name());
            });
  }
}
