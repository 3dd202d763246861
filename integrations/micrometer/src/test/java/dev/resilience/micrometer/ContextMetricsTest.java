package dev.resilience.micrometer;

import static java.time.Duration.ofMillis;
import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;

import dev.resilience.context.CancelReason;
import dev.resilience.context.Context;
import dev.resilience.time.VirtualTime;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class ContextMetricsTest {

  private final VirtualTime.Manual time = VirtualTime.manual();
  private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
  private final Context root = Context.observed(time, ContextMetrics.of(registry));

  private double created(String operation, String type) {
    return registry
        .get("resilience.contexts.created")
        .tags("operation", operation, "type", type)
        .counter()
        .count();
  }

  private double ended(String operation, String reason) {
    return registry
        .get("resilience.contexts.ended")
        .tags("operation", operation, "reason", reason)
        .counter()
        .count();
  }

  private double active(String operation) {
    return registry.get("resilience.contexts.active").tags("operation", operation).gauge().value();
  }

  @Test
  void every_end_has_its_reason() {
    Context update = root.withName("update_user");
    update.withCancel().close();
    update.withCancel().cancel(CancelReason.USER);
    update.withCancel().cancel();
    update.withTimeout(ofSeconds(1));
    update.withTimeout(ofSeconds(5)).close();
    var alive = update.withCancel();
    time.advance(ofSeconds(2));

    assertThat(created("update_user", "cancel")).isEqualTo(4);
    assertThat(created("update_user", "timeout")).isEqualTo(2);
    assertThat(ended("update_user", "closed")).isEqualTo(2);
    assertThat(ended("update_user", "cancelled")).isEqualTo(2);
    assertThat(ended("update_user", "deadline")).isEqualTo(1);
    assertThat(active("update_user")).isEqualTo(1);
    alive.close();
    assertThat(active("update_user")).isZero();
  }

  /** C16: a look at the end is no event, and neither is a second cancel. */
  @Test
  void one_context_is_counted_once_however_often_it_is_watched_and_cancelled() {
    var ctx = root.withName("watched").withCancel();
    for (int i = 0; i < 100; i++) {
      ctx.done();
      ctx.onDone(() -> {});
      assertThat(ctx.isDone()).isFalse();
    }
    ctx.cancel();
    ctx.cancel(CancelReason.USER);
    ctx.close();

    assertThat(created("watched", "cancel")).isEqualTo(1);
    assertThat(ended("watched", "cancelled")).isEqualTo(1);
    assertThat(ended("watched", "closed")).isZero();
    assertThat(active("watched")).isZero();
  }

  /** C16: what never ends by itself ends with its parent, and is taken off then. */
  @Test
  void children_are_taken_off_with_their_parent() {
    var parent = root.withName("request").withCancel();
    for (int i = 0; i < 10; i++) {
      parent.withCancel();
    }
    assertThat(active("request")).isEqualTo(11);
    parent.close();
    assertThat(active("request")).isZero();
  }

  @Test
  void many_threads_leave_nothing_behind() {
    Context busy =
        Context.observed(dev.resilience.time.TimeSource.system(), ContextMetrics.of(registry))
            .withName("busy");
    IntStream.range(0, 10_000)
        .parallel()
        .forEach(
            i -> {
              try (var ctx = busy.withTimeout(ofSeconds(60));
                  var child = ctx.withCancel()) {
                child.cancel();
              }
            });

    assertThat(active("busy")).isZero();
    assertThat(ended("busy", "closed") + ended("busy", "cancelled")).isEqualTo(20_000);
  }

  @Test
  void time_outs_are_a_histogram() {
    root.withName("op").withTimeout(ofMillis(50)).close();
    root.withName("op").withTimeout(ofSeconds(20)).close();

    var timer = registry.get("resilience.contexts.timeout").tags("operation", "op").timer();
    assertThat(timer.count()).isEqualTo(2);
    assertThat(timer.max(TimeUnit.SECONDS)).isEqualTo(20);
    assertThat(timer.takeSnapshot().histogramCounts())
        .extracting(bucket -> bucket.bucket(TimeUnit.MILLISECONDS))
        .containsExactly(1.0, 10.0, 100.0, 1e3, 5e3, 1e4, 3e4, 6e4);
  }

  @Test
  void names_without_end_make_series_with_an_end() {
    Context few = Context.observed(time, ContextMetrics.of(registry, 5));
    List<AutoCloseable> contexts = new ArrayList<>();
    for (int i = 0; i < 1000; i++) {
      contexts.add(few.withName("request-" + i).withCancel());
    }
    few.withCancel().close(); // without a name

    assertThat(registry.find("resilience.contexts.active").gauges()).hasSize(7); // and none
    assertThat(active("other")).isEqualTo(995);
    contexts.forEach(
        ctx -> {
          try {
            ctx.close();
          } catch (Exception never) {
            throw new AssertionError(never);
          }
        });
    assertThat(active("other")).isZero();
    assertThat(active("request-0")).isZero();
  }
}
