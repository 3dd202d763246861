package dev.resilience.opentelemetry;

import static org.assertj.core.api.Assertions.assertThat;

import dev.resilience.Resilience;
import dev.resilience.concurrent.TaskGroup;
import dev.resilience.context.Context;
import dev.resilience.context.Key;
import dev.resilience.context.RequestInfo;
import dev.resilience.propagation.Baggage;
import dev.resilience.propagation.TraceContext;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanContext;
import io.opentelemetry.api.trace.TraceFlags;
import io.opentelemetry.api.trace.TraceState;
import io.opentelemetry.context.Scope;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Theirs and ours, both ways. */
class OpenTelemetryContextsTest {

  private static final Key<String> TENANT = Key.of("tenant", String.class);
  private static final String TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";

  private final Context root = Context.background();
  private final SpanContext span =
      SpanContext.create(
          TRACE, "00f067aa0ba902b7", TraceFlags.getSampled(), TraceState.getDefault());

  @AfterEach
  void nothingIsLeftOnTheThread() {
    assertThat(io.opentelemetry.context.Context.current())
        .isSameAs(io.opentelemetry.context.Context.root());
  }

  @Test
  void code_that_has_only_theirs_finds_ours_on_every_thread_that_works_for_it() throws Exception {
    Context request = OpenTelemetryContexts.in(root.withValue(TENANT, "acme"));
    ExecutorService thread = Executors.newSingleThreadExecutor();
    try (TaskGroup<String> group = TaskGroup.open(request)) {
      var task = group.fork(c -> tenant());
      group.join();
      assertThat(task.result()).isEqualTo("acme");
      assertThat(
              Resilience.of()
                  .<String, RuntimeException>callOn(request, thread, c -> tenant())
                  .toCompletableFuture()
                  .join())
          .isEqualTo("acme");
      assertThat(thread.submit(OpenTelemetryContextsTest::tenant).get()).isEqualTo("none");
    } finally {
      thread.shutdown();
    }
  }

  private static String tenant() {
    return OpenTelemetryContexts.current().map(c -> c.get(TENANT)).orElse("none");
  }

  @Test
  void ours_goes_on_with_their_span_and_baggage() {
    io.opentelemetry.context.Context theirs =
        io.opentelemetry.context.Context.root()
            .with(Span.wrap(span))
            .with(
                io.opentelemetry.api.baggage.Baggage.builder()
                    .put("cohort", "b / c")
                    .put("not a token", "left out")
                    .build());
    Context adopted;
    try (Scope scope = theirs.makeCurrent()) {
      adopted = OpenTelemetryContexts.adopt(root);
    }

    assertThat(adopted.require(TraceContext.KEY).traceparent())
        .isEqualTo("00-" + TRACE + "-00f067aa0ba902b7-01");
    assertThat(adopted.get(RequestInfo.TRACE_ID)).isEqualTo(TRACE);
    assertThat(adopted.require(Baggage.KEY).toMap())
        .containsOnly(java.util.Map.entry("cohort", "b / c"));
    Resilience.of()
        .run(
            adopted,
            c -> assertThat(Span.current().getSpanContext().getTraceId()).isEqualTo(TRACE));
  }

  @Test
  void their_baggage_is_ours() {
    Context request =
        OpenTelemetryContexts.in(root.withValue(Baggage.KEY, Baggage.of("cohort", "b")));

    Resilience.of()
        .run(
            request,
            c ->
                assertThat(io.opentelemetry.api.baggage.Baggage.current().getEntryValue("cohort"))
                    .isEqualTo("b"));
  }

  @Test
  void nothing_of_ours_becomes_baggage_by_itself() {
    Context request = OpenTelemetryContexts.in(root.withValue(TENANT, "acme"));

    assertThat(
            io.opentelemetry.api.baggage.Baggage.fromContext(OpenTelemetryContexts.of(request))
                .asMap())
        .isEmpty();
  }

  @Test
  void one_is_found_in_the_other_without_any_thread() {
    Context request = root.withValue(TENANT, "acme");

    assertThat(OpenTelemetryContexts.from(OpenTelemetryContexts.of(request))).hasValue(request);
    assertThat(OpenTelemetryContexts.from(io.opentelemetry.context.Context.root())).isEmpty();
  }
}
