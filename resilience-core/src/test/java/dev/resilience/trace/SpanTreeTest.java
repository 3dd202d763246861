package dev.resilience.trace;

import static java.time.Duration.ofMillis;
import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.resilience.concurrent.TaskGroup;
import dev.resilience.context.Context;
import dev.resilience.context.RequestInfo;
import dev.resilience.propagation.TraceContext;
import dev.resilience.time.Simulated;
import dev.resilience.trace.SpanRecord.State;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

@Simulated(seed = 1)
class SpanTreeTest {

  private final Context request;

  SpanTreeTest(Context request) {
    this.request = request;
  }

  /** C14: the first span is in the tree, and what it calls below it. */
  @Nested
  class A_tree_of_functions {

    private final SpanTree spans = SpanTree.record(request);

    private void traced(Context ctx, String name, Duration own, Step... below) throws Exception {
      Tracing.<Void, Exception>call(
          ctx,
          name,
          c -> {
            c.sleep(own);
            for (Step step : below) {
              step.run(c);
            }
            return null;
          });
    }

    private interface Step {

      void run(Context ctx) throws Exception;
    }

    private Void main(Context ctx) throws Exception {
      Step d = c -> traced(c, "D", ofMillis(300));
      Step b = c -> traced(c, "B", ofMillis(200), d);
      Step c = x -> traced(x, "C", ofMillis(150));
      traced(ctx, "Main", Duration.ZERO, x -> traced(x, "A", ofMillis(100), b, c));
      return null;
    }

    @Test
    void is_printed_indented_with_durations() throws Exception {
      main(spans.context().withTimeout(ofSeconds(2)));

      assertThat(spans.toText())
          .isEqualTo(
              """
              Main: 750 ms
              └─ A: 750 ms
                 ├─ B: 500 ms
                 │  └─ D: 300 ms
                 └─ C: 150 ms""");
    }

    @Test
    void marks_all_that_the_end_of_the_context_has_cut_off() throws Exception {
      catchThrowable(() -> main(spans.context().withTimeout(ofMillis(400))));

      assertThat(spans.toText())
          .isEqualTo(
              """
              Main (cancelled): 400 ms, deadline exceeded
              └─ A (cancelled): 400 ms, deadline exceeded
                 └─ B (cancelled): 300 ms, deadline exceeded
                    └─ D (cancelled): 100 ms, deadline exceeded""");
    }
  }

  /** C15: siblings are no parents of each other, and a failure leaves no span open. */
  @Nested
  class The_handler_of_an_order {

    private final List<String> log = new ArrayList<>();
    private final SpanTree spans =
        SpanTree.builder()
            .listener(
                new SpanListener() {
                  @Override
                  public void onStarted(SpanRecord span) {
                    log.add("start " + span.name() + " in " + span.parentId().orElse("-"));
                  }

                  @Override
                  public void onEnded(SpanRecord span) {
                    log.add("end " + span.name() + " " + span.duration().toMillis());
                  }
                })
            .record(RequestInfo.builder().traceId("t-1").build().in(request));

    private Void handle(boolean paymentFails) throws Exception {
      return Tracing.<Void, Exception>call(
          spans.context(),
          "orderHandler",
          order -> {
            Tracing.<Void, Exception>call(order, "validateOrder", c -> sleep(c, 50));
            Tracing.<Void, Exception>call(
                order,
                "processPayment",
                payment ->
                    Tracing.<Void, Exception>call(
                        payment,
                        "processPayment.callPaymentGateway",
                        c -> {
                          sleep(c, 100);
                          if (paymentFails) {
                            throw new IOException("card refused");
                          }
                          return null;
                        }));
            return Tracing.<Void, Exception>call(order, "createOrderRecord", c -> sleep(c, 30));
          });
    }

    private Void sleep(Context ctx, int millis) throws InterruptedException {
      ctx.sleep(ofMillis(millis));
      return null;
    }

    @Test
    void has_its_steps_side_by_side() throws Exception {
      handle(false);

      assertThat(spans.toText())
          .isEqualTo(
              """
              orderHandler: 180 ms
              ├─ validateOrder: 50 ms
              ├─ processPayment: 100 ms
              │  └─ processPayment.callPaymentGateway: 100 ms
              └─ createOrderRecord: 30 ms""");
      assertThat(spans.spans()).extracting(SpanRecord::traceId).containsOnly("t-1");
      assertThat(spans.context().get(RequestInfo.TRACE_ID)).isEqualTo("t-1");
    }

    @Test
    void closes_the_span_of_a_payment_that_fails() throws Exception {
      catchThrowable(() -> handle(true));

      assertThat(spans.toText())
          .isEqualTo(
              """
              orderHandler: 150 ms, failed: java.io.IOException: card refused
              ├─ validateOrder: 50 ms
              └─ processPayment: 100 ms, failed: java.io.IOException: card refused
                 └─ processPayment.callPaymentGateway: 100 ms, \
              failed: java.io.IOException: card refused""");
      assertThat(spans.spans()).extracting(SpanRecord::state).doesNotContain(State.OPEN);
    }

    @Test
    void tells_of_each_start_and_each_end_once() throws Exception {
      handle(false);

      String handler = spans.spans().get(0).spanId();
      assertThat(log)
          .containsSubsequence(
              "start orderHandler in -",
              "start validateOrder in " + handler,
              "end validateOrder 50",
              "start processPayment in " + handler,
              "end processPayment 100",
              "end orderHandler 180")
          .hasSize(10);
    }
  }

  @Test
  void ids_are_all_different_also_where_the_clock_stands_still() {
    SpanTree spans = SpanTree.record(request);
    for (int i = 0; i < 1000; i++) {
      Tracing.start(spans.context(), "span").close();
    }

    assertThat(spans.spans()).extracting(SpanRecord::spanId).doesNotHaveDuplicates().hasSize(1000);
    assertThat(spans.traceId()).matches("[0-9a-f]{32}");
    assertThat(SpanTree.record(request).traceId()).isNotEqualTo(spans.traceId());
  }

  @Test
  void a_trace_from_a_header_is_gone_on_with_and_passed_on() {
    TraceContext header =
        TraceContext.of("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");
    SpanTree spans = SpanTree.record(request.withValue(TraceContext.KEY, header));
    TraceContext inside;
    try (ActiveSpan span = Tracing.start(spans.context(), "serve")) {
      inside = span.context().require(TraceContext.KEY);
    }

    SpanRecord serve = spans.spans().get(0);
    assertThat(serve.traceId()).isEqualTo("4bf92f3577b34da6a3ce929d0e0e4736");
    assertThat(serve.parentId()).hasValue("00f067aa0ba902b7");
    assertThat(inside.traceparent())
        .isEqualTo("00-4bf92f3577b34da6a3ce929d0e0e4736-" + serve.spanId() + "-01");
    assertThat(spans.context().get(RequestInfo.TRACE_ID)).isEqualTo(serve.traceId());
    assertThat(spans.toText()).isEqualTo("serve: 0 s");
  }

  @Test
  void many_threads_may_add_to_one_tree() throws Exception {
    SpanTree spans = SpanTree.record(Context.background());
    try (ActiveSpan main = Tracing.start(spans.context(), "main");
        TaskGroup<String> group = TaskGroup.open(main.context())) {
      for (int i = 0; i < 100; i++) {
        group.fork(
            c ->
                Tracing.<String, Exception>call(
                    c, "outer", o -> Tracing.<String, Exception>call(o, "inner", x -> "done")));
      }
      group.join();
    }

    List<SpanRecord> all = spans.spans();
    assertThat(all).hasSize(201).extracting(SpanRecord::state).containsOnly(State.OK);
    String main = all.get(0).spanId();
    assertThat(all)
        .filteredOn(span -> span.name().equals("outer"))
        .hasSize(100)
        .allSatisfy(span -> assertThat(span.parentId()).hasValue(main));
    assertThat(all)
        .filteredOn(span -> span.name().equals("inner"))
        .extracting(span -> span.parentId().orElseThrow())
        .doesNotContain(main)
        .doesNotHaveDuplicates();
  }

  @Test
  void a_span_that_is_under_way_says_how_long_so_far() throws Exception {
    SpanTree spans = SpanTree.record(request);
    ActiveSpan span = Tracing.start(spans.context(), "slow");
    request.sleep(ofMillis(30));

    assertThat(spans.toText()).isEqualTo("slow: 30 ms so far");
    span.close();
    span.failed(new IOException("too late"));
    span.close();
    assertThat(spans.toText()).isEqualTo("slow: 30 ms");
  }

  @Test
  void a_stage_is_in_its_span_until_it_completes() throws Exception {
    SpanTree spans = SpanTree.record(request);
    CompletableFuture<String> answer = new CompletableFuture<>();
    var told = Tracing.callAsync(spans.context(), "ask", c -> answer).toCompletableFuture();

    assertThat(spans.toText()).endsWith("so far");
    answer.completeExceptionally(new IOException("down"));
    assertThat(spans.toText()).isEqualTo("ask: 0 s, failed: java.io.IOException: down");
    assertThat(told).isCompletedExceptionally();
  }

  @Test
  void spans_beyond_the_bound_are_counted_and_their_children_hang_from_the_last_kept_one() {
    SpanTree spans = SpanTree.builder().maxSpans(2).record(request);
    try (ActiveSpan a = Tracing.start(spans.context(), "a");
        ActiveSpan b = Tracing.start(a.context(), "b");
        ActiveSpan c = Tracing.start(b.context(), "c")) {
      assertThat(c.context().get(SpanTree.CURRENT)).isSameAs(b);
    }

    assertThat(spans.droppedSpans()).isEqualTo(1);
    assertThat(spans.toText()).isEqualTo("a: 0 s\n└─ b: 0 s\n(1 more spans were not kept)");
  }

  @Test
  void a_name_from_elsewhere_forges_no_line() {
    SpanTree spans = SpanTree.record(request);
    Tracing.start(spans.context(), "x\nMain").attribute("k", "v\r\n").close();

    assertThat(spans.toText()).isEqualTo("x\\nMain: 0 s {k=v\\r\\n}");
  }

  @Test
  void a_chain_as_deep_as_there_are_spans_is_printed_without_growing_into_a_triangle() {
    SpanTree spans = SpanTree.builder().maxSpans(20_000).record(request);
    Context ctx = spans.context();
    for (int i = 0; i < 20_000; i++) {
      ctx = Tracing.start(ctx, "n").context();
    }

    assertThat(spans.toText().lines()).hasSize(20_000).allMatch(line -> line.length() < 200);
  }

  @Test
  void a_listener_that_throws_costs_nobody_anything() throws Exception {
    SpanTree spans =
        SpanTree.builder()
            .listener(
                new SpanListener() {
                  @Override
                  public void onEnded(SpanRecord span) {
                    throw new StackOverflowError("listener");
                  }
                })
            .record(request);

    assertThat(Tracing.<String, RuntimeException>call(spans.context(), "x", c -> "fine"))
        .isEqualTo("fine");
  }

  @Test
  void without_a_source_the_work_is_just_done() throws Exception {
    assertThat(Tracing.<Context, RuntimeException>call(request, "x", c -> c)).isSameAs(request);
  }

  @Test
  void bad_input_is_refused_at_once() {
    assertThatThrownBy(() -> Tracing.start(request, " "))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("name: ' ' (expected: not blank)");
    assertThatThrownBy(() -> SpanTree.builder().maxSpans(0))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("maxSpans: 0 (expected: 1 to 1000000)");
  }
}
