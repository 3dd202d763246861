package dev.resilience.timeout;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.resilience.Resilience;
import dev.resilience.context.CancellableContext;
import dev.resilience.context.DeadlineExceededException;
import dev.resilience.error.AttemptTimeoutException;
import dev.resilience.error.NoTimeLeftException;
import dev.resilience.observe.PolicyEvent;
import dev.resilience.policy.Way;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class ServiceTimeoutsTest {

  private final ServiceTimeouts limits =
      ServiceTimeouts.builder()
          .service("inventory", Duration.ofMillis(300))
          .service("payment", Duration.ofSeconds(1))
          .otherwise(Duration.ofMillis(500))
          .networkOverhead(Duration.ofMillis(20))
          .build();

  @ParameterizedTest
  @CsvSource({"inventory,320", "payment,1020", "unknown,520"})
  void each_service_has_its_limit_and_an_unknown_one_the_default_plus_the_network(
      String service, long millis) throws Exception {
    for (Way way : new Way[] {Way.PLATFORM_THREAD, Way.ASYNC}) {
      way.play(
          bench -> {
            AttemptTimeoutException thrown =
                catchThrowableOfType(
                    AttemptTimeoutException.class,
                    () ->
                        bench.callForEver(Resilience.of(limits.forService(service)), bench.caller));
            assertThat(thrown.limit()).isEqualTo(Duration.ofMillis(millis));
            assertThat(thrown).hasMessageStartingWith(service + ":");
            assertThat(bench.elapsed()).isEqualTo(Duration.ofMillis(millis));
          });
    }
  }

  @Test
  void the_time_left_bounds_the_call_and_what_the_service_is_told() throws Exception {
    Way.PLATFORM_THREAD.play(
        bench -> {
          assertThat(limits.timeFor(bench.caller, "payment")).isEqualTo(Duration.ofSeconds(1));
          try (CancellableContext ctx = bench.caller.withTimeout(Duration.ofMillis(120))) {
            assertThat(limits.timeFor(ctx, "payment")).isEqualTo(Duration.ofMillis(100));
            Throwable thrown =
                catchThrowable(
                    () -> bench.callForEver(Resilience.of(limits.forService("payment")), ctx));
            assertThat(thrown).isInstanceOf(DeadlineExceededException.class);
            assertThat(bench.elapsed()).isEqualTo(Duration.ofMillis(120));
          }
        });
  }

  @ParameterizedTest
  @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "VIRTUAL_THREAD")
  void with_no_more_time_left_than_the_network_takes_it_is_refused_before_dispatch(Way way)
      throws Exception {
    way.play(
        bench -> {
          try (CancellableContext ctx = bench.caller.withTimeout(Duration.ofMillis(20))) {
            assertThatThrownBy(
                    () ->
                        bench.call(
                            Resilience.of(limits.forService("payment")),
                            ctx,
                            c -> {
                              throw new AssertionError("dispatched");
                            }))
                .isInstanceOf(NoTimeLeftException.class)
                .hasMessage("payment: 20 ms left (expected: more than 20 ms, the network's)");
            assertThatThrownBy(() -> limits.timeFor(ctx, "payment"))
                .isInstanceOf(NoTimeLeftException.class);
          }
        });
  }

  @Test
  void a_listed_service_has_one_policy() {
    assertThat(limits.forService("payment")).isSameAs(limits.forService("payment"));
    assertThat(limits.forService("payment")).hasToString("timeout of payment (1.02 s)");
  }

  @Test
  void what_is_built_does_not_change_with_its_builder() {
    ServiceTimeouts.Builder builder =
        ServiceTimeouts.builder()
            .service("a", Duration.ofSeconds(1))
            .networkOverhead(Duration.ofMillis(3));
    ServiceTimeouts built = builder.build();
    builder.service("a", Duration.ofSeconds(9)).isolated();
    assertThat(built.limit("a")).isEqualTo(Duration.ofSeconds(1));
    assertThat(built.forService("b")).hasToString("timeout of b (1 s)");
    assertThat(built).hasToString("{a=1 s}, otherwise 1 s, network 3 ms");
  }

  @Test
  void isolated_work_runs_on_a_thread_of_its_own_and_a_listener_hears() throws Exception {
    Way.PLATFORM_THREAD.play(
        bench -> {
          List<PolicyEvent> events = new ArrayList<>();
          Resilience stack =
              Resilience.of(
                  ServiceTimeouts.builder()
                      .isolated()
                      .maxThreads(1)
                      .listener(events::add)
                      .build()
                      .forService("mail"));
          Thread worker =
              stack.<Thread, RuntimeException>call(bench.caller, c -> Thread.currentThread());
          assertThat(worker).isNotSameAs(Thread.currentThread());

          catchThrowable(() -> bench.callForEver(stack, bench.caller));
          assertThat(events).contains(new PolicyEvent.TimedOut("mail", Duration.ofSeconds(1)));
        });
  }

  @Test
  void refuses_bad_input() {
    ServiceTimeouts.Builder builder = ServiceTimeouts.builder();
    assertThatIllegalArgumentException()
        .isThrownBy(() -> builder.service("a", Duration.ZERO))
        .withMessage("limit: 0 s (expected: > 0)");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> builder.otherwise(Duration.ofSeconds(-1)))
        .withMessage("otherwise: -1 s (expected: > 0)");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> builder.networkOverhead(Duration.ofSeconds(-1)))
        .withMessage("networkOverhead: -1 s (expected: >= 0)");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> builder.maxThreads(0))
        .withMessage("maxThreads: 0 (expected: >= 1)");
  }
}
