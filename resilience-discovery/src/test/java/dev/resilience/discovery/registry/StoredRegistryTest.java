package dev.resilience.discovery.registry;

import static java.time.Duration.ofMillis;
import static java.time.Duration.ofMinutes;
import static java.time.Duration.ofSeconds;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.resilience.context.CancellableContext;
import dev.resilience.context.Context;
import dev.resilience.context.DeadlineExceededException;
import dev.resilience.discovery.Reachability;
import dev.resilience.discovery.registry.FlakyStore.Mood;
import dev.resilience.error.AttemptTimeoutException;
import dev.resilience.error.NoInstanceException;
import dev.resilience.observe.CallReport;
import dev.resilience.time.Participant;
import dev.resilience.time.VirtualTime;
import java.lang.ref.WeakReference;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class StoredRegistryTest {

  private static final ServiceInstance A = ServiceInstance.of("orders", "a", 1);
  private static final ServiceInstance B = ServiceInstance.of("orders", "b", 1);
  private static final ServiceInstance C = ServiceInstance.of("orders", "c", 1);

  private final VirtualTime.Manual time = VirtualTime.manual();
  private final FlakyStore store = new FlakyStore(time);
  private final CancellableContext owner = Context.background(time).withCancel();
  private final CancellableContext ctx = owner.withCancel();
  private final ServiceRegistry registry =
      ServiceRegistry.builder(store).leaseTime(ofSeconds(30)).open(owner);

  private List<ServiceInstance> discovered() {
    return registry.discover(ctx, "orders").instances();
  }

  @Nested
  class A_lease {

    @Test
    void is_renewed_three_times_as_often_as_it_would_run_out() {
      registry.register(ctx, A);
      time.advance(ofMinutes(10));
      assertThat(discovered()).containsExactly(A);
      // Every 10 s, up to a tenth more or less.
      assertThat(store.puts).isBetween(55, 67);
    }

    @Test
    void runs_out_when_nothing_more_is_heard() {
      Lease lease = registry.register(ctx, A);
      store.mood = Mood.REFUSING;
      time.advance(ofSeconds(29));
      assertThat(lease.state()).isEqualTo(Lease.State.TRYING);
      time.advance(ofSeconds(12));
      store.mood = Mood.WELL;
      assertThat(discovered()).isEmpty();
    }

    @ParameterizedTest
    @EnumSource(
        value = Mood.class,
        names = {"REFUSING", "SILENT"})
    void is_tried_again_when_the_registry_is_away_at_the_start(Mood mood) {
      store.mood = mood;
      Lease lease = registry.register(ctx, A);
      assertThat(lease.state()).isEqualTo(Lease.State.TRYING);
      time.advance(ofMinutes(5));

      store.mood = Mood.WELL;
      time.advance(ofSeconds(11));

      assertThat(lease.state()).isEqualTo(Lease.State.HELD);
      assertThat(discovered()).containsExactly(A);
    }

    @Test
    void is_taken_up_again_soon_after_a_short_absence() {
      store.mood = Mood.REFUSING;
      registry.register(ctx, A);
      time.advance(ofMillis(40));
      store.mood = Mood.WELL;
      time.advance(ofMillis(60));
      assertThat(discovered()).containsExactly(A);
    }

    @ParameterizedTest
    @EnumSource(
        value = Mood.class,
        names = {"REFUSING", "SILENT"})
    void is_registered_again_after_the_registry_was_away_for_long(Mood mood) {
      Lease a = registry.register(ctx, A);
      Lease b = registry.register(ctx, B);
      store.mood = mood;
      time.advance(ofMinutes(10));

      store.mood = Mood.WELL;
      assertThat(discovered()).isEmpty();
      time.advance(ofSeconds(11));

      assertThat(discovered()).containsExactly(A, B);
      assertThat(a.state()).isEqualTo(Lease.State.HELD);
      assertThat(b.state()).isEqualTo(Lease.State.HELD);
    }

    @Test
    void is_registered_again_when_the_registry_has_lost_its_memory() {
      registry.register(ctx, A);
      store.forgetEverything();
      assertThat(discovered()).isEmpty();
      time.advance(ofSeconds(11));
      assertThat(discovered()).containsExactly(A);
    }

    @Test
    void that_drains_goes_on_being_renewed_as_draining() {
      Lease lease = registry.register(ctx, A);
      lease.drain();
      time.advance(ofMinutes(5));
      assertThat(registry.discover(ctx, "orders").registered()).containsExactly(A.asDraining());
      assertThat(lease.state()).isEqualTo(Lease.State.DRAINING);
    }

    @Test
    void that_is_asked_to_drain_while_the_registry_is_away_drains_when_it_is_back() {
      Lease lease = registry.register(ctx, A);
      store.mood = Mood.SILENT;
      lease.drain();
      time.advance(ofSeconds(5));
      store.mood = Mood.WELL;
      time.advance(ofSeconds(11));
      assertThat(discovered()).isEmpty();
      assertThat(lease.state()).isEqualTo(Lease.State.DRAINING);
    }

    @Test
    void that_is_closed_is_shown_as_draining_for_a_while() {
      Lease lease = registry.register(ctx, A);
      lease.close();
      assertThat(registry.discover(ctx, "orders").registered()).containsExactly(A.asDraining());
      time.advance(ofMillis(999));
      assertThat(lease.withdrawn().toCompletableFuture()).isNotDone();
      time.advance(ofMillis(1));
      assertThat(registry.discover(ctx, "orders").registered()).isEmpty();
      assertThat(lease.withdrawn().toCompletableFuture()).isCompleted();
    }

    @ParameterizedTest
    @EnumSource(
        value = Mood.class,
        names = {"REFUSING", "SILENT"})
    void that_is_closed_while_the_registry_is_away_is_given_up_in_bounded_time(Mood mood) {
      Lease lease = registry.register(ctx, A);
      store.mood = mood;
      lease.close();
      time.advance(ofSeconds(3));
      assertThat(lease.withdrawn().toCompletableFuture()).isCompleted();
      assertThat(lease.state()).isEqualTo(Lease.State.WITHDRAWN);
      time.advance(ofMinutes(1));
      store.mood = Mood.WELL;
      assertThat(discovered()).isEmpty();
    }

    @Test
    void leaves_nothing_behind_when_it_is_closed() {
      time.advance(ofSeconds(1));
      int before = time.pendingTimers();
      CancellableContext living = ctx.withCancel();
      WeakReference<Lease> lease = new WeakReference<>(registry.register(living, A));
      requireNonNull(lease.get()).close();
      time.advance(ofSeconds(2));
      assertThat(time.pendingTimers()).isEqualTo(before);
      assertThat(Reachability.isCleared(lease)).isTrue();
      assertThat(living.isDone()).isFalse();
    }
  }

  @Nested
  class Discovery {

    @Test
    void fails_with_what_the_registry_says() {
      store.mood = Mood.REFUSING;
      assertThatExceptionOfType(RegistryException.class)
          .isThrownBy(() -> discovered())
          .withMessage("orders: the registry cannot be asked")
          .withCause(new IllegalStateException("refused"));
    }

    @Test
    void does_not_wait_for_a_silent_registry_beyond_its_limit() {
      store.mood = Mood.SILENT;
      assertThat(failureOf(() -> registry.discover(ctx, "orders"), ofSeconds(1)))
          .isInstanceOf(AttemptTimeoutException.class);
    }

    @Test
    void does_not_wait_beyond_the_deadline_of_its_caller() {
      store.mood = Mood.SILENT;
      assertThat(
              failureOf(
                  () -> registry.discover(ctx.withTimeout(ofMillis(300)), "orders"), ofMillis(300)))
          .isInstanceOf(DeadlineExceededException.class);
    }

    @Test
    void with_retry_waits_until_somebody_is_there() {
      Participant waiting =
          time.start(
              "waiting",
              () ->
                  assertThat(registry.discoverWithRetry(ctx, "orders").instances())
                      .containsExactly(A));
      time.advance(ofMillis(400));
      assertThat(waiting.isDone()).isFalse();
      registry.register(ctx, A);
      time.advance(ofSeconds(1));
      assertThat(waiting.isDone()).isTrue();
    }

    @Test
    void with_retry_takes_an_empty_answer_for_a_failed_attempt_and_waits_longer_each_time() {
      AtomicReference<@Nullable Throwable> thrown = new AtomicReference<>();
      time.start(
          "waiting",
          () -> {
            try {
              registry.discoverWithRetry(ctx, "orders");
            } catch (NoInstanceException nobody) {
              thrown.set(nobody);
            }
          });
      time.advance(ofSeconds(5));

      assertThat(thrown.get()).hasMessage("orders: nobody is registered");
      CallReport story = CallReport.from(requireNonNull(thrown.get())).orElseThrow();
      assertThat(story.attemptCount()).isEqualTo(5);
      List<Duration> delays =
          story.steps().stream()
              .filter(CallReport.Delay.class::isInstance)
              .map(step -> ((CallReport.Delay) step).time())
              .toList();
      assertThat(delays).hasSize(4).isSorted();
    }

    @Test
    void with_retry_gives_each_attempt_one_second() {
      store.mood = Mood.SILENT;
      AtomicReference<@Nullable Throwable> thrown = new AtomicReference<>();
      Participant waiting =
          time.start(
              "waiting",
              () -> {
                try {
                  registry.discoverWithRetry(ctx, "orders");
                } catch (AttemptTimeoutException slow) {
                  thrown.set(slow);
                }
              });
      time.advance(ofMillis(999));
      assertThat(store.lists).isEqualTo(1);
      time.advance(ofMillis(1 + 100));
      assertThat(store.lists).isEqualTo(2);
      time.advance(ofSeconds(10));
      assertThat(waiting.isDone()).isTrue();
      assertThat(thrown.get()).isNotNull();
      assertThat(store.lists).isEqualTo(5);
    }

    @Test
    void with_retry_obeys_the_deadline_of_its_caller() {
      store.mood = Mood.SILENT;
      assertThat(
              failureOf(
                  () -> registry.discoverWithRetry(ctx.withTimeout(ofMillis(2500)), "orders"),
                  ofMillis(2500)))
          .isNotNull();
    }

    /** What a call fails with that must be over after a time. */
    private @Nullable Throwable failureOf(VirtualTime.Body call, Duration within) {
      AtomicReference<@Nullable Throwable> thrown = new AtomicReference<>();
      Participant caller =
          time.start(
              "caller",
              () -> {
                try {
                  call.run();
                } catch (RuntimeException failure) {
                  thrown.set(failure);
                }
              });
      time.advance(within);
      assertThat(caller.isDone()).isTrue();
      return thrown.get();
    }
  }

  @Nested
  class A_watch {

    private final List<ServiceSnapshot> heard = new ArrayList<>();

    private ServiceSnapshot last() {
      return heard.get(heard.size() - 1);
    }

    @ParameterizedTest
    @EnumSource(
        value = Mood.class,
        names = {"REFUSING", "SILENT"})
    void keeps_the_last_answer_while_the_registry_is_away_and_says_how_old_it_is(Mood mood) {
      registry.register(ctx, A);
      registry.register(ctx, B);
      Watch watch = registry.watch(ctx, "orders", heard::add);
      time.advance(ofSeconds(1));
      store.mood = mood;
      time.advance(ofMinutes(10));

      assertThat(last().instances()).containsExactly(A, B);
      assertThat(last().isStale()).isTrue();
      assertThat(watch.latest().orElseThrow().age()).isBetween(ofMinutes(9), ofMinutes(11));
      assertThat(watch.latest().orElseThrow().toString()).contains("stale");

      store.mood = Mood.WELL;
      time.advance(ofSeconds(25));
      assertThat(last().isStale()).isFalse();
      assertThat(last().instances()).containsExactly(A, B);
      assertThat(heard).allSatisfy(s -> assertThat(s.instances()).containsExactly(A, B));
    }

    @Test
    void that_is_opened_while_the_registry_is_away_knows_nothing_until_it_is_back() {
      store.mood = Mood.SILENT;
      registry.register(ctx, A);
      Watch watch = registry.watch(ctx, "orders", heard::add);
      time.advance(ofMinutes(1));
      assertThat(watch.latest()).isEmpty();
      assertThat(heard).isEmpty();
      store.mood = Mood.WELL;
      time.advance(ofSeconds(22));
      assertThat(last().instances()).containsExactly(A);
    }

    @Test
    void does_not_believe_a_registry_that_has_lost_its_memory() {
      registry.register(ctx, A);
      registry.register(ctx, B);
      registry.register(ctx, C);
      registry.watch(ctx, "orders", heard::add);
      time.advance(ofSeconds(1));
      heard.clear();

      store.forgetEverything();
      time.advance(ofMinutes(2));

      // The first one might have died.
      assertThat(heard).allSatisfy(s -> assertThat(s.instances()).hasSizeGreaterThanOrEqualTo(2));
      assertThat(heard).anyMatch(ServiceSnapshot::isStale);
      assertThat(last().instances()).containsExactly(A, B, C);
      assertThat(last().isStale()).isFalse();
    }

    @Test
    void believes_in_the_end_that_everybody_has_gone() {
      CancellableContext others = Context.background(time).withCancel();
      ServiceRegistry theirs = ServiceRegistry.builder(store).open(others);
      theirs.register(others, A);
      theirs.register(others, B);
      registry.watch(ctx, "orders", heard::add);
      time.advance(ofSeconds(1));

      store.forgetEverything();
      store.dropsHints = true;
      FlakyStore.Mood before = store.mood;
      // They died with the registry: no heartbeat brings them back.
      others.cancel();
      time.advance(ofSeconds(1));
      store.mood = before;
      time.advance(ofSeconds(100));

      assertThat(last().registered()).isEmpty();
      assertThat(last().isStale()).isFalse();
    }

    @Test
    void believes_a_single_death_at_once() {
      ServiceInstance[] all = {A, B, C};
      for (ServiceInstance instance : all) {
        store.put(ctx, instance, ofSeconds(instance.equals(C) ? 5 : 3600));
      }
      registry.watch(ctx, "orders", heard::add);
      assertThat(last().instances()).containsExactly(A, B, C);
      time.advance(ofMillis(5001));
      assertThat(last().instances()).containsExactly(A, B);
      assertThat(last().isStale()).isFalse();
    }

    @Test
    void believes_a_single_death_at_once_also_if_the_registry_was_away_before_its_first_answer() {
      store.mood = Mood.REFUSING;
      registry.watch(ctx, "orders", heard::add);
      time.advance(ofSeconds(5));
      store.mood = Mood.WELL;
      for (ServiceInstance instance : List.of(A, B, C)) {
        store.put(ctx, instance, ofSeconds(instance.equals(C) ? 15 : 3600));
      }
      time.advance(ofSeconds(12));
      assertThat(last().instances()).containsExactly(A, B, C);
      time.advance(ofSeconds(3).plus(ofMillis(1)));
      assertThat(last().instances()).containsExactly(A, B);
      assertThat(last().isStale()).isFalse();
    }

    @Test
    void believes_a_withdrawal_of_the_last_instance_at_once() {
      Lease lease = registry.register(ctx, A);
      registry.watch(ctx, "orders", heard::add);
      time.advance(ofMillis(20));
      lease.close();
      time.advance(ofMillis(20));
      assertThat(last().instances()).isEmpty();
      assertThat(last().isStale()).isFalse();
    }

    @Test
    void finds_out_by_itself_what_it_was_not_told() {
      registry.watch(ctx, "orders", heard::add);
      store.dropsHints = true;
      registry.register(ctx, A);
      time.advance(ofSeconds(33));
      assertThat(last().instances()).containsExactly(A);
    }

    @Test
    void asks_once_for_a_burst_of_changes() {
      registry.watch(ctx, "orders", heard::add);
      time.advance(ofSeconds(1));
      int before = store.lists;
      for (int i = 0; i < 1000; i++) {
        registry.register(ctx, ServiceInstance.of("orders", "host" + i, 1));
      }
      time.advance(ofMillis(20));
      assertThat(last().instances()).hasSize(1000);
      assertThat(store.lists - before).isLessThanOrEqualTo(2);
    }

    @Test
    void leaves_nothing_behind_when_it_is_closed() {
      int before = time.pendingTimers();
      CancellableContext living = ctx.withCancel();
      WeakReference<Watch> watch =
          new WeakReference<>(registry.watch(living, "orders", heard::add));
      time.advance(ofSeconds(1));
      requireNonNull(watch.get()).close();
      assertThat(time.pendingTimers()).isEqualTo(before);
      assertThat(Reachability.isCleared(watch)).isTrue();
      assertThat(living.isDone()).isFalse();
    }
  }

  @Test
  void every_timer_is_gone_after_the_owner_has_ended() {
    registry.register(ctx, A);
    registry.watch(ctx, "orders", snapshot -> {});
    time.advance(ofMinutes(1));
    owner.cancel();
    time.advance(ofSeconds(3));
    assertThat(time.pendingTimers()).isZero();
  }

  @Test
  void a_context_on_another_clock_is_refused() {
    Context other = Context.background(VirtualTime.manual());
    assertThatIllegalArgumentException()
        .isThrownBy(() -> registry.register(other, A))
        .withMessageStartingWith("ctx: a context on ");
  }

  @Test
  void bad_settings_are_refused() {
    ServiceRegistry.Builder builder = ServiceRegistry.builder(store);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> builder.leaseTime(Duration.ZERO))
        .withMessage("leaseTime: 0 s (expected: > 0)");
    assertThatIllegalArgumentException().isThrownBy(() -> builder.operationTimeout(ofMillis(-1)));
    assertThatIllegalArgumentException().isThrownBy(() -> builder.refreshInterval(Duration.ZERO));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> builder.deregistrationDelay(ofMillis(-1)))
        .withMessage("deregistrationDelay: -1 ms (expected: >= 0)");
    assertThatIllegalArgumentException().isThrownBy(() -> builder.staleInstanceGrace(ofMillis(-1)));
  }
}
