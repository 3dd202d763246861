package dev.resilience.examples.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.resilience.context.CancelReason;
import dev.resilience.context.CancellableContext;
import dev.resilience.context.Context;
import dev.resilience.context.ContextCancelledException;
import dev.resilience.context.RequestInfo;
import dev.resilience.examples.database.RunningDatabase;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class PipelineTest {

  private final RunningDatabase database = RunningDatabase.inMemory();

  @AfterEach
  void end() {
    database.close();
  }

  private static int count(Pipeline pipeline, Outcome outcome) {
    return pipeline.ledger().outcome(outcome).count();
  }

  @Test
  void without_faults_every_order_is_answered_and_no_work_is_left() throws Exception {
    try (var pipeline = new Pipeline(Context.background(), FaultScript.none(), 0, database)) {
      pipeline.placeOrders(Context.background(), 20, 20);

      // Where this machine is slow, the mail may come later. Card 13 is refused.
      assertThat(count(pipeline, Outcome.COMPLETE) + count(pipeline, Outcome.DEGRADED))
          .isEqualTo(19);
      assertThat(count(pipeline, Outcome.DECLINED)).isEqualTo(1);
      assertThat(pipeline.ledger().hop("gateway").used().count()).isEqualTo(20);
      assertThat(pipeline.ledger().hops()).allMatch(hop -> hop.underWay() == 0);
      assertThat(pipeline.ledger().hops()).allMatch(hop -> hop.malformed() == 0);
      assertThat(pipeline.orders().count(Context.background())).isEqualTo(19);
      assertThat(pipeline.orders().has(Context.background(), "order-7")).isTrue();
      assertThat(pipeline.orders().has(Context.background(), "order-13")).isFalse();
      // However slow this machine is just now.
      assertThat(pipeline.ledger().dependencies()).allMatch(it -> it.outages().isEmpty());
    }
  }

  @Test
  void every_fault_at_once_leaves_each_order_with_an_outcome() throws Exception {
    Duration from = Duration.ZERO;
    Duration to = Duration.ofMinutes(1);
    var script =
        new FaultScript(
            1,
            List.of(
                new FaultScript.Phase(from, to, "auth", Fault.ERRORS),
                new FaultScript.Phase(from, to, "inventory", Fault.REFUSED),
                new FaultScript.Phase(from, to, "payment", Fault.DROPPED),
                new FaultScript.Phase(from, to, "mail", Fault.SLOW),
                new FaultScript.Phase(from, to, FaultScript.CALLERS, Fault.LEAVING)));
    try (var pipeline = new Pipeline(Context.background(), script, 0, database)) {
      pipeline.placeOrders(Context.background(), 30, 30);

      assertThat(pipeline.ledger().orders()).isEqualTo(30);
      assertThat(count(pipeline, Outcome.LEFT)).isPositive();
      assertThat(pipeline.ledger().inFlight()).hasValue(0);
      assertThat(pipeline.ledger().hops()).allMatch(hop -> hop.underWay() == 0);
      // Nobody was answered whose order is not recorded.
      assertThat(pipeline.orders().count(Context.background()))
          .isGreaterThanOrEqualTo(
              count(pipeline, Outcome.COMPLETE) + count(pipeline, Outcome.DEGRADED));
    }
  }

  @Test
  void orders_are_recorded_in_a_postgresql_as_well() throws Exception {
    assumeTrue(
        RunningDatabase.hasPostgres() || "true".equals(System.getenv("CI")),
        "no PostgreSQL here: apt-get install postgresql");
    Context ctx = Context.background();
    try (RunningDatabase postgres = RunningDatabase.postgres();
        Pipeline pipeline = new Pipeline(ctx, FaultScript.none(), 0, postgres)) {
      pipeline.placeOrders(ctx, 5, 20);

      assertThat(pipeline.orders().count(ctx)).isEqualTo(5);
      assertThat(pipeline.ledger().dependency(Pipeline.ORDERS).attempts()).isEqualTo(5);
    }
  }

  @Test
  void an_order_is_recorded_once_however_often_it_comes() throws Exception {
    Context request =
        RequestInfo.builder()
            .requestId("order-7")
            .userId("user-7")
            .build()
            .in(Context.background());
    try (var pipeline = new Pipeline(request, FaultScript.none(), 0, database)) {
      pipeline.orders().record(request, "tea");
      pipeline.orders().record(request, "tea");

      assertThat(pipeline.orders().count(request)).isEqualTo(1);
    }
  }

  @Test
  void an_order_whose_caller_has_left_is_not_recorded() throws Exception {
    Context root = Context.background();
    try (var pipeline = new Pipeline(root, FaultScript.none(), 0, database);
        var request =
            RequestInfo.builder()
                .requestId("order-7")
                .userId("user-7")
                .build()
                .in(root)
                .withCancel()) {
      request.cancel(CancelReason.USER);

      assertThatThrownBy(() -> pipeline.orders().record(request, "tea"))
          .isInstanceOf(ContextCancelledException.class);
      assertThat(pipeline.orders().count(root)).isZero();
    }
  }

  @Test
  void callers_that_are_told_to_stop_leave_nothing_under_way() throws Exception {
    try (CancellableContext ctx = Context.background().withCancel();
        var pipeline = new Pipeline(ctx, FaultScript.none(), 0, database)) {
      ctx.cancel(CancelReason.SHUTDOWN);

      pipeline.placeOrders(ctx, 1_000, 1);

      assertThat(pipeline.ledger().inFlight()).hasValue(0);
      assertThat(pipeline.ledger().hops()).allMatch(hop -> hop.underWay() == 0);
    }
  }

  @Test
  void all_threads_have_ended_when_it_is_closed() throws Exception {
    var pipeline = new Pipeline(Context.background(), FaultScript.none(), 0, database);
    pipeline.placeOrders(Context.background(), 5, 50);

    pipeline.close();

    for (Thread thread : Thread.getAllStackTraces().keySet()) {
      if (isOurs(thread.getName())) {
        // It may be on its last lines.
        thread.join(30_000);
        assertThat(thread.isAlive()).as(thread.getName()).isFalse();
      }
    }
  }

  private static boolean isOurs(String name) {
    return name.equals("HTTP-Dispatcher")
        || name.startsWith("callers-")
        || Pipeline.HOPS.stream().anyMatch(hop -> name.startsWith(hop + "-"));
  }
}
