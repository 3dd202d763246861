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
  class ALease {

    @Test
    void isRenewedThreeTimesAsOftenAsItWouldRunOut() {
      registry.register(ctx, A);
      time.advance(ofMinutes(10));
      assertThat(discovered()).containsExactly(A);
      // Every 10 s, up to a tenth more or less.
      assertThat(store.puts).isBetween(55, 67);
    }

    @Test
    void runsOutWhenNothingMoreIsHeard() {
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
    void isTriedAgainWhenTheRegistryIsAwayAtTheStart(Mood mood) {
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
    void isTakenUpAgainSoonAfterAShortAbsence() {
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
    void isRegisteredAgainAfterTheRegistryWasAwayForLong(Mood mood) {
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
    void isRegisteredAgainWhenTheRegistryHasLostItsMemory() {
      registry.register(ctx, A);
      store.forgetEverything();
      assertThat(discovered()).isEmpty();
      time.advance(ofSeconds(11));
      assertThat(discovered()).containsExactly(A);
    }

    @Test
    void thatDrainsGoesOnBeingRenewedAsDraining() {
      Lease lease = registry.register(ctx, A);
      lease.drain();
      time.advance(ofMinutes(5));
      assertThat(registry.discover(ctx, "orders").registered()).containsExactly(A.asDraining());
      assertThat(lease.state()).isEqualTo(Lease.State.DRAINING);
    }

    @Test
    void thatIsAskedToDrainWhileTheRegistryIsAwayDrainsWhenItIsBack() {
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
    void thatIsClosedIsShownAsDrainingForAWhile() {
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
    void thatIsClosedWhileTheRegistryIsAwayIsGivenUpInBoundedTime(Mood mood) {
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
    void leavesNothingBehindWhenItIsClosed() {
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
    void failsWithWhatTheRegistrySays() {
      store.mood = Mood.REFUSING;
      assertThatExceptionOfType(RegistryException.class)
          .isThrownBy(() -> discovered())
          .withMessage("orders: the registry cannot be asked")
          .withCause(new IllegalStateException("refused"));
    }

    @Test
    void doesNotWaitForASilentRegistryBeyondItsLimit() {
      store.mood = Mood.SILENT;
      assertThat(failureOf(() -> registry.discover(ctx, "orders"), ofSeconds(1)))
          .isInstanceOf(AttemptTimeoutException.class);
    }

    @Test
    void doesNotWaitBeyondTheDeadlineOfItsCaller() {
      store.mood = Mood.SILENT;
      assertThat(
              failureOf(
                  () -> registry.discover(ctx.withTimeout(ofMillis(300)), "orders"), ofMillis(300)))
          .isInstanceOf(DeadlineExceededException.class);
    }

    @Test
    void withRetryWaitsUntilSomebodyIsThere() {
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
    void withRetryTakesAnEmptyAnswerForAFailedAttemptAndWaitsLongerEachTime() {
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
    void withRetryGivesEachAttemptOneSecond() {
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
    void withRetryObeysTheDeadlineOfItsCaller() {
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
  class AWatch {

    private final List<ServiceSnapshot> heard = new ArrayList<>();

    private ServiceSnapshot last() {
      return heard.get(heard.size() - 1);
    }

    @ParameterizedTest
    @EnumSource(
        value = Mood.class,
        names = {"REFUSING", "SILENT"})
    void keepsTheLastAnswerWhileTheRegistryIsAwayAndSaysHowOldItIs(Mood mood) {
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
    void thatIsOpenedWhileTheRegistryIsAwayKnowsNothingUntilItIsBack() {
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
    void doesNotBelieveARegistryThatHasLostItsMemory() {
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
    void believesInTheEndThatEverybodyHasGone() {
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
    void believesASingleDeathAtOnce() {
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
    void believesASingleDeathAtOnceAlsoIfTheRegistryWasAwayBeforeItsFirstAnswer() {
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
    void believesAWithdrawalOfTheLastInstanceAtOnce() {
      Lease lease = registry.register(ctx, A);
      registry.watch(ctx, "orders", heard::add);
      time.advance(ofMillis(20));
      lease.close();
      time.advance(ofMillis(20));
      assertThat(last().instances()).isEmpty();
      assertThat(last().isStale()).isFalse();
    }

    @Test
    void findsOutByItselfWhatItWasNotTold() {
      registry.watch(ctx, "orders", heard::add);
      store.dropsHints = true;
      registry.register(ctx, A);
      time.advance(ofSeconds(33));
      assertThat(last().instances()).containsExactly(A);
    }

    @Test
    void asksOnceForABurstOfChanges() {
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
    void leavesNothingBehindWhenItIsClosed() {
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
  void everyTimerIsGoneAfterTheOwnerHasEnded() {
    registry.register(ctx, A);
    registry.watch(ctx, "orders", snapshot -> {});
    time.advance(ofMinutes(1));
    owner.cancel();
    time.advance(ofSeconds(3));
    assertThat(time.pendingTimers()).isZero();
  }

  @Test
  void aContextOnAnotherClockIsRefused() {
    Context other = Context.background(VirtualTime.manual());
    assertThatIllegalArgumentException()
        .isThrownBy(() -> registry.register(other, A))
        .withMessageStartingWith("ctx: a context on ");
  }

  @Test
  void badSettingsAreRefused() {
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
