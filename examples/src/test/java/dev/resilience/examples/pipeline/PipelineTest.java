package dev.resilience.examples.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import dev.resilience.context.CancelReason;
import dev.resilience.context.CancellableContext;
import dev.resilience.context.Context;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class PipelineTest {

  private static int count(Pipeline pipeline, Outcome outcome) {
    return pipeline.ledger().outcome(outcome).count();
  }

  @Test
  void without_faults_every_order_is_answered_and_no_work_is_left() throws Exception {
    try (var pipeline = new Pipeline(Context.background(), FaultScript.none(), 0)) {
      pipeline.placeOrders(Context.background(), 20, 20);

      // Where this machine is slow, the mail may come later. Card 13 is refused.
      assertThat(count(pipeline, Outcome.COMPLETE) + count(pipeline, Outcome.DEGRADED))
          .isEqualTo(19);
      assertThat(count(pipeline, Outcome.DECLINED)).isEqualTo(1);
      assertThat(pipeline.ledger().hop("gateway").used().count()).isEqualTo(20);
      assertThat(pipeline.ledger().hops()).allMatch(hop -> hop.underWay() == 0);
      assertThat(pipeline.ledger().hops()).allMatch(hop -> hop.malformed() == 0);
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
    try (var pipeline = new Pipeline(Context.background(), script, 0)) {
      pipeline.placeOrders(Context.background(), 30, 30);

      assertThat(pipeline.ledger().orders()).isEqualTo(30);
      assertThat(count(pipeline, Outcome.LEFT)).isPositive();
      assertThat(pipeline.ledger().inFlight()).hasValue(0);
      assertThat(pipeline.ledger().hops()).allMatch(hop -> hop.underWay() == 0);
    }
  }

  @Test
  void callers_that_are_told_to_stop_leave_nothing_under_way() throws Exception {
    try (CancellableContext ctx = Context.background().withCancel();
        var pipeline = new Pipeline(ctx, FaultScript.none(), 0)) {
      ctx.cancel(CancelReason.SHUTDOWN);

      pipeline.placeOrders(ctx, 1_000, 1);

      assertThat(pipeline.ledger().inFlight()).hasValue(0);
      assertThat(pipeline.ledger().hops()).allMatch(hop -> hop.underWay() == 0);
    }
  }

  @Test
  void all_threads_have_ended_when_it_is_closed() throws Exception {
    var pipeline = new Pipeline(Context.background(), FaultScript.none(), 0);
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
