package dev.resilience.discovery.health;

import static java.time.Duration.ofMillis;
import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;

import dev.resilience.context.CancellableContext;
import dev.resilience.context.Context;
import dev.resilience.discovery.registry.ServiceInstance;
import dev.resilience.time.VirtualTime;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

class HealthMonitorTest {

  private static final ServiceInstance A = ServiceInstance.of("orders", "a", 1);

  private static HealthChecks everySecond(HealthCheck check) {
    return HealthChecks.builder(check).interval(ofSeconds(1)).timeout(ofMillis(200)).build();
  }

  @Nested
  class On_virtual_time {

    private final VirtualTime.Manual time = VirtualTime.manual();
    private final CancellableContext owner = Context.background(time).withCancel();
    private final List<String> checked = new ArrayList<>();

    @Test
    void tells_what_the_checks_have_shown() {
      List<Boolean> good = new ArrayList<>(List.of(true, false, false, false, true, true));
      List<String> heard = new ArrayList<>();
      HealthCheck check =
          (ctx, instance) ->
              good.remove(0)
                  ? CompletableFuture.completedFuture(null)
                  : CompletableFuture.failedFuture(new IllegalStateException("no disk"));

      HealthMonitor monitor =
          HealthMonitor.start(owner, everySecond(check), A, status -> heard.add(status.toString()));
      while (!good.isEmpty()) {
        time.advance(ofMillis(100));
      }
      monitor.close();
      time.advance(ofSeconds(10));

      assertThat(heard)
          .containsExactly(
              "healthy",
              "healthy",
              "healthy",
              "unhealthy: no disk",
              "unhealthy: no disk",
              "healthy");
      assertThat(monitor.status().lastGood())
          .get()
          .satisfies(at -> assertThat(at).isAfter(Instant.EPOCH));
      assertThat(monitor.status().reason()).isEqualTo("no disk");
    }

    @Test
    void goes_by_the_newest_description() {
      HealthCheck check =
          (ctx, instance) -> {
            checked.add(instance.metadata().getOrDefault("management-port", ""));
            return CompletableFuture.completedFuture(null);
          };
      HealthMonitor monitor =
          HealthMonitor.start(
              owner, everySecond(check), A.withMetadata("management-port", "1"), status -> {});
      monitor.update(A.withMetadata("management-port", "2"));
      time.advance(ofSeconds(1).plusMillis(300));
      assertThat(checked).containsExactly("1", "2");
    }

    @Test
    void goes_on_when_a_future_is_lost() {
      HealthCheck lost =
          (ctx, instance) -> {
            checked.add(instance.id());
            return checked.size() == 1
                ? new CompletableFuture<>()
                : CompletableFuture.completedFuture(null);
          };
      HealthMonitor monitor = HealthMonitor.start(owner, everySecond(lost), A, status -> {});
      time.advance(ofMillis(300));
      assertThat(monitor.status().isHealthy()).isFalse();
      time.advance(ofSeconds(3));
      assertThat(monitor.status().isHealthy()).isTrue();
    }

    @Test
    void goes_on_whatever_a_check_or_a_listener_throws() {
      AtomicInteger told = new AtomicInteger();
      HealthCheck broken =
          (ctx, instance) -> {
            throw new StackOverflowError();
          };
      HealthMonitor monitor =
          HealthMonitor.start(
              owner,
              everySecond(broken),
              A,
              status -> {
                told.incrementAndGet();
                throw new AssertionError("a listener's own");
              });
      time.advance(ofSeconds(10));
      assertThat(told.get()).isGreaterThan(7);
      assertThat(monitor.status()).hasToString("unhealthy: StackOverflowError");
    }
  }

  @Nested
  class Of_a_function_that_ignores_its_interrupt {

    private final VirtualTime.Automatic time = VirtualTime.automatic(1);
    private final AtomicInteger running = new AtomicInteger();
    private final AtomicInteger most = new AtomicInteger();

    private HealthCheck stubborn(java.time.Duration takes) {
      return HealthCheck.blocking(
          (ctx, instance) -> {
            most.accumulateAndGet(running.incrementAndGet(), Math::max);
            long end = time.nanoTime() + takes.toNanos();
            while (end - time.nanoTime() > 0) {
              time.parkUntil(this, end);
              Thread.interrupted();
            }
            running.decrementAndGet();
            return true;
          });
    }

    @Test
    void has_one_thread_for_an_instance() throws Exception {
      time.run(
          () -> {
            try (CancellableContext owner = Context.background(time).withCancel()) {
              HealthMonitor monitor =
                  HealthMonitor.start(owner, everySecond(stubborn(ofSeconds(20))), A, s -> {});
              owner.sleep(ofSeconds(10));
              assertThat(monitor.status())
                  .hasToString("unhealthy: the last check has not ended yet");
              owner.sleep(ofSeconds(15));
            }
            return null;
          });
      assertThat(most).hasValue(1);
    }

    @Test
    void is_no_reason_for_another_monitor_to_call_an_instance_unhealthy() throws Exception {
      time.run(
          () -> {
            HealthCheck shared = stubborn(ofMillis(100));
            try (CancellableContext owner = Context.background(time).withCancel()) {
              HealthMonitor one = HealthMonitor.start(owner, everySecond(shared), A, s -> {});
              HealthMonitor other = HealthMonitor.start(owner, everySecond(shared), A, s -> {});
              owner.sleep(ofSeconds(10));
              assertThat(one.status()).hasToString("healthy");
              assertThat(other.status()).hasToString("healthy");
              assertThat(one.status().reason()).isEmpty();
              assertThat(other.status().reason()).isEmpty();
            }
            return null;
          });
      assertThat(most).hasValue(2);
    }
  }
}
