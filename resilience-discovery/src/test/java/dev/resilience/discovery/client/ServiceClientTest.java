package dev.resilience.discovery.client;

import static java.time.Duration.ofMillis;
import static java.time.Duration.ofMinutes;
import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.resilience.Resilience;
import dev.resilience.context.CancellableContext;
import dev.resilience.context.Context;
import dev.resilience.context.ContextCancelledException;
import dev.resilience.context.DeadlineExceededException;
import dev.resilience.discovery.Reachability;
import dev.resilience.discovery.balance.Balancer;
import dev.resilience.discovery.balance.FakeCandidate;
import dev.resilience.discovery.health.HealthCheck;
import dev.resilience.discovery.health.HealthChecks;
import dev.resilience.discovery.registry.FlakyStore;
import dev.resilience.discovery.registry.FlakyStore.Mood;
import dev.resilience.discovery.registry.Lease;
import dev.resilience.discovery.registry.ServiceInstance;
import dev.resilience.discovery.registry.ServiceRegistry;
import dev.resilience.error.NoInstanceException;
import dev.resilience.policy.Classifier;
import dev.resilience.policy.RetryBudget;
import dev.resilience.policy.Verdict;
import dev.resilience.retry.Backoff;
import dev.resilience.retry.Retry;
import dev.resilience.time.Participant;
import dev.resilience.time.VirtualTime;
import dev.resilience.timeout.FixedTimeout;
import java.io.IOException;
import java.lang.ref.WeakReference;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

class ServiceClientTest {

  private static final ServiceInstance A = ServiceInstance.of("orders", "a", 1);
  private static final ServiceInstance B = ServiceInstance.of("orders", "b", 1);
  private static final ServiceInstance C = ServiceInstance.of("orders", "c", 1);
  private static final ServiceInstance D = ServiceInstance.of("orders", "d", 1);
  private static final Resilience ONCE = Resilience.of();

  private final VirtualTime.Manual time = VirtualTime.manual();
  private final FlakyStore store = new FlakyStore(time);
  private final CancellableContext owner = Context.background(time).withCancel();
  private final CancellableContext ctx = owner.withCancel();
  private final ServiceRegistry registry = ServiceRegistry.builder(store).open(owner);

  /** Who fails its calls. */
  private final Set<ServiceInstance> broken = new HashSet<>();

  /** Who fails its health checks, and who does not answer them. */
  private final Set<ServiceInstance> unhealthy = new HashSet<>();

  private final Set<ServiceInstance> mute = new HashSet<>();
  private final Map<ServiceInstance, Integer> calls = new HashMap<>();
  private final Map<ServiceInstance, Integer> checks = new HashMap<>();

  private Lease a;
  private Lease b;

  @BeforeEach
  void registerTwo() {
    a = registry.register(ctx, A);
    b = registry.register(ctx, B);
  }

  @AfterEach
  void end() {
    owner.close();
  }

  private ServiceClient.Builder builder() {
    return ServiceClient.builder("orders", registry).balancer(Balancer.roundRobin()).perCall(ONCE);
  }

  private ServiceInstance work(Context c, ServiceInstance instance) throws IOException {
    calls.merge(instance, 1, Integer::sum);
    if (broken.contains(instance)) {
      throw new IOException(instance + " is broken");
    }
    return instance;
  }

  private int callsOf(ServiceInstance instance) {
    return calls.getOrDefault(instance, 0);
  }

  private void callTimes(ServiceClient client, int times) {
    for (int i = 0; i < times; i++) {
      try {
        client.call(ctx, this::work);
      } catch (IOException expected) {
        assertThat(broken).isNotEmpty();
      }
    }
  }

  private HealthChecks checking() {
    return HealthChecks.of(
        (c, instance) -> {
          checks.merge(instance, 1, Integer::sum);
          return mute.contains(instance)
              ? new CompletableFuture<>()
              : unhealthy.contains(instance)
                  ? CompletableFuture.failedFuture(new IOException("no disk"))
                  : CompletableFuture.completedFuture(null);
        });
  }

  @Nested
  class Calling {

    @Test
    void goes_to_the_instances_of_the_service() throws IOException {
      ServiceClient orders = builder().open(ctx);
      assertThat(orders.call(ctx, ServiceClientTest.this::work)).isIn(A, B);
      callTimes(orders, 9);
      assertThat(calls).containsOnly(Map.entry(A, 5), Map.entry(B, 5));
    }

    @Test
    void keeps_the_checked_exception_of_the_work() {
      ServiceClient orders = builder().open(ctx);
      broken.addAll(Set.of(A, B));
      assertThatExceptionOfType(IOException.class)
          .isThrownBy(() -> orders.call(ctx, ServiceClientTest.this::work))
          .withMessageEndingWith("is broken");
    }

    /** Half of the calls fail first: more than a budget would have retried. */
    private Retry unboundedRetry() {
      return Retry.builder().backoff(Backoff.none()).budget(RetryBudget.unlimited()).build();
    }

    @Test
    void tries_another_instance_next() throws IOException {
      ServiceClient orders =
          builder()
              .perCall(Resilience.of(unboundedRetry()))
              .ejection(Ejection.builder().maxEjectedShare(0).build())
              .open(ctx);
      broken.add(A);
      for (int i = 0; i < 100; i++) {
        assertThat(orders.call(ctx, ServiceClientTest.this::work)).isEqualTo(B);
      }
      assertThat(callsOf(A)).isLessThanOrEqualTo(100);
    }

    @Test
    void tries_the_same_again_where_there_is_no_other() {
      b.close();
      time.advance(ofSeconds(2));
      ServiceClient orders = builder().perCall(Resilience.of(unboundedRetry())).open(ctx);
      broken.add(A);
      callTimes(orders, 1);
      assertThat(callsOf(A)).isEqualTo(3);
    }

    @Test
    void asynchronously_tries_another_instance_next() {
      ServiceClient orders = builder().perCall(Resilience.of(unboundedRetry())).open(ctx);
      broken.add(A);
      for (int i = 0; i < 20; i++) {
        CompletionStage<ServiceInstance> stage =
            orders.callAsync(
                ctx, (c, instance) -> c.delay(ofMillis(5)).thenApply(n -> orBroken(instance)));
        time.advance(ofMillis(20));
        assertThat(stage.toCompletableFuture()).isCompletedWithValue(B);
      }
    }

    private ServiceInstance orBroken(ServiceInstance instance) {
      if (broken.contains(instance)) {
        throw new IllegalStateException("broken");
      }
      return instance;
    }

    @Test
    void fails_with_the_reasons_where_nobody_is_there() {
      ServiceClient nobody = ServiceClient.builder("nobody", registry).perCall(ONCE).open(ctx);
      assertThatExceptionOfType(NoInstanceException.class)
          .isThrownBy(() -> nobody.call(ctx, ServiceClientTest.this::work))
          .withMessageStartingWith("nobody: 0 of 0 get calls; answer 0 s old");
      assertThat(nobody.callAsync(ctx, (c, i) -> new CompletableFuture<>()).toCompletableFuture())
          .isCompletedExceptionally();
    }

    @Test
    void fails_at_once_under_a_context_that_has_ended() {
      ServiceClient orders = builder().open(ctx);
      CancellableContext ended = ctx.withCancel();
      ended.cancel();
      assertThatExceptionOfType(ContextCancelledException.class)
          .isThrownBy(() -> orders.call(ended, ServiceClientTest.this::work));
      assertThatExceptionOfType(ContextCancelledException.class)
          .isThrownBy(() -> orders.instances(ended));
      assertThat(calls).isEmpty();
    }

    @Test
    void is_refused_on_another_clock() {
      ServiceClient orders = builder().open(ctx);
      assertThatIllegalArgumentException()
          .isThrownBy(
              () ->
                  orders.call(
                      Context.background(VirtualTime.manual()), ServiceClientTest.this::work))
          .withMessageStartingWith("ctx: a context on ");
    }

    @Test
    void is_refused_by_a_closed_client() {
      ServiceClient orders = builder().open(ctx);
      orders.close();
      assertThatExceptionOfType(NoInstanceException.class)
          .isThrownBy(() -> orders.call(ctx, ServiceClientTest.this::work))
          .withMessage("orders: the client is closed");
    }

    @Test
    void refuses_a_balancer_that_picks_of_its_own() {
      ServiceClient orders =
          builder().balancer(all -> (c, now, usable) -> new FakeCandidate(1, 1)).open(ctx);
      org.assertj.core.api.Assertions.assertThatIllegalStateException()
          .isThrownBy(() -> orders.call(ctx, ServiceClientTest.this::work))
          .withMessage("the balancer picked candidate 1 (expected: one of its candidates)");
    }
  }

  @Nested
  class Before_anything_is_known {

    @Test
    void a_call_waits_for_the_first_answer() {
      store.latency = ofMillis(400);
      ServiceClient orders = builder().open(ctx);
      AtomicReference<ServiceInstance> answer = new AtomicReference<>();
      time.start("caller", () -> answer.set(orders.call(ctx, ServiceClientTest.this::work)));
      CompletionStage<ServiceInstance> async =
          orders.callAsync(ctx, (c, i) -> CompletableFuture.completedFuture(i));
      time.advance(ofMillis(399));
      assertThat(answer).hasValue(null);
      time.advance(ofMillis(1));
      assertThat(answer.get()).isIn(A, B);
      assertThat(async.toCompletableFuture()).isCompleted();
    }

    @Test
    void a_call_waits_for_a_bounded_time() {
      store.mood = Mood.SILENT;
      ServiceClient orders = builder().open(ctx);
      AtomicReference<@Nullable Throwable> thrown = new AtomicReference<>();
      Participant caller =
          time.start(
              "caller",
              () -> {
                try {
                  orders.call(ctx, ServiceClientTest.this::work);
                } catch (NoInstanceException nobody) {
                  thrown.set(nobody);
                }
              });
      CompletionStage<ServiceInstance> async =
          orders.callAsync(ctx, (c, i) -> CompletableFuture.completedFuture(i));
      time.advance(ofSeconds(1));
      assertThat(caller.isDone()).isTrue();
      assertThat(thrown.get()).hasMessageContaining("no answer of the registry yet");
      assertThat(async.toCompletableFuture())
          .isCompletedExceptionally()
          .failsWithin(Duration.ZERO)
          .withThrowableThat()
          .withCauseInstanceOf(NoInstanceException.class);
    }

    @Test
    void a_call_waits_within_its_own_deadline() {
      store.mood = Mood.SILENT;
      ServiceClient orders = builder().open(ctx);
      AtomicReference<@Nullable Throwable> thrown = new AtomicReference<>();
      time.start(
          "caller",
          () -> {
            try {
              orders.call(ctx.withTimeout(ofMillis(100)), ServiceClientTest.this::work);
            } catch (DeadlineExceededException late) {
              thrown.set(late);
            }
          });
      time.advance(ofMillis(100));
      assertThat(thrown.get()).isNotNull();
    }

    @Test
    void a_call_waits_for_the_first_health_checks() {
      mute.addAll(Set.of(A, B));
      ServiceClient orders = builder().healthChecks(checking()).open(ctx);
      AtomicReference<ServiceInstance> answer = new AtomicReference<>();
      time.start("caller", () -> answer.set(orders.call(ctx, ServiceClientTest.this::work)));
      time.advance(ofMillis(199));
      assertThat(answer).hasValue(null);
      // All look unhealthy: the checks are not trusted.
      time.advance(ofMillis(1));
      assertThat(answer.get()).isIn(A, B);
    }

    @Test
    void who_gives_up_leaves_nothing_behind() {
      store.mood = Mood.SILENT;
      FirstSelectionWaiters waiters = new FirstSelectionWaiters(ofSeconds(1));
      CancellableContext caller = ctx.withCancel();
      waiters.join(caller, () -> false);
      waiters.join(ctx, () -> false);
      assertThat(waiters.count()).isEqualTo(2);
      caller.cancel();
      assertThat(waiters.count()).isEqualTo(1);
      time.advance(ofSeconds(1));
      assertThat(waiters.count()).isZero();
    }
  }

  @Nested
  class Who_comes_and_goes {

    @Test
    void a_draining_instance_gets_no_more_calls() {
      ServiceClient orders = builder().open(ctx);
      callTimes(orders, 2);
      a.drain();
      time.advance(ofMillis(10));
      calls.clear();
      callTimes(orders, 10);
      assertThat(calls).containsOnlyKeys(B);
      assertThat(orders.explain().toString()).contains("a:1 (draining): out, draining");
    }

    @Test
    void a_new_instance_starts_slowly() {
      ServiceClient orders = builder().open(ctx);
      callTimes(orders, 2);
      registry.register(ctx, C);
      time.advance(ofMillis(20));
      calls.clear();
      callTimes(orders, 210);
      assertThat(callsOf(C)).isBetween(9, 11);
      assertThat(orders.explain().toString())
          .contains("c:1: in, registered, at 10 % of its weight");

      time.advance(ofSeconds(5));
      calls.clear();
      callTimes(orders, 260);
      assertThat(callsOf(C)).isBetween(48, 72);

      time.advance(ofSeconds(5));
      calls.clear();
      callTimes(orders, 30);
      assertThat(callsOf(C)).isEqualTo(10);
      assertThat(orders.explain().toString()).contains("c:1: in, registered\n".strip());
    }

    @Test
    void the_registry_may_be_away_for_long() {
      ServiceClient orders = builder().open(ctx);
      store.mood = Mood.REFUSING;
      time.advance(ofMinutes(60));
      callTimes(orders, 10);
      assertThat(calls).containsOnlyKeys(A, B);
      assertThat(orders.explain().toString()).contains("stale answer");
      assertThat(orders.explain().snapshot().orElseThrow().isStale()).isTrue();
    }

    @Test
    void a_change_of_the_weight_counts_at_once() {
      ServiceClient orders = builder().balancer(Balancer.weighted()).open(ctx);
      callTimes(orders, 2);
      a.close();
      registry.register(ctx, A.withWeight(30));
      time.advance(ofMillis(20));
      calls.clear();
      callTimes(orders, 400);
      assertThat(calls.get(A.withWeight(30))).isBetween(298, 302);
    }
  }

  @Nested
  class Health_checking {

    @Test
    void takes_out_who_is_unhealthy_and_says_why() {
      registry.register(ctx, C);
      unhealthy.add(A);
      ServiceClient orders = builder().healthChecks(checking()).open(ctx);
      callTimes(orders, 10);
      assertThat(calls).containsOnlyKeys(B, C);
      assertThat(orders.instances(ctx)).containsExactly(B, C);
      assertThat(orders.explain().toString())
          .contains("orders: 2 of 3 get calls")
          .contains("orders@a:1: out, unhealthy: no disk")
          .contains("orders@b:1: in, healthy");
    }

    @Test
    void needs_three_bad_checks_in_a_row_to_take_out_and_two_good_ones_to_bring_back() {
      ServiceClient orders =
          builder()
              .healthChecks(checking())
              .ejection(Ejection.builder().slowStart(Duration.ZERO).build())
              .open(ctx);
      int before = checksOf(A);
      unhealthy.add(A);
      advanceUntilChecked(A, before + 2);
      assertThat(orders.instances(ctx)).containsExactly(A, B);
      advanceUntilChecked(A, before + 3);
      assertThat(orders.instances(ctx)).containsExactly(B);
      unhealthy.clear();
      advanceUntilChecked(A, before + 4);
      assertThat(orders.instances(ctx)).containsExactly(B);
      advanceUntilChecked(A, before + 5);
      assertThat(orders.instances(ctx)).containsExactly(A, B);
    }

    private int checksOf(ServiceInstance instance) {
      return checks.getOrDefault(instance, 0);
    }

    private void advanceUntilChecked(ServiceInstance instance, int times) {
      while (checksOf(instance) < times) {
        time.advance(ofMillis(100));
      }
    }

    @Test
    void delays_nobody_for_a_slow_one() {
      mute.add(A);
      builder()
          .healthChecks(HealthChecks.builder(checking().check()).interval(ofSeconds(1)).build())
          .open(ctx);
      time.advance(ofSeconds(60));
      assertThat(checksOf(B)).isBetween(50, 75);
      // Each takes 200 ms more.
      assertThat(checksOf(A)).isBetween(42, 62);
    }

    @Test
    void is_not_believed_when_too_many_look_unhealthy() {
      registry.register(ctx, C);
      registry.register(ctx, D);
      unhealthy.addAll(Set.of(A, B, C, D));
      ServiceClient orders = builder().healthChecks(checking()).open(ctx);
      callTimes(orders, 8);
      assertThat(calls).containsOnlyKeys(A, B, C, D);
      assertThat(orders.explain().isPanic()).isTrue();
      assertThat(orders.explain().toString())
          .contains("too many look unhealthy, so the checks are not trusted")
          .contains("a:1: in, unhealthy: no disk, not trusted");

      unhealthy.removeAll(Set.of(A, B));
      time.advance(ofSeconds(15));
      assertThat(orders.explain().isPanic()).isFalse();
      assertThat(orders.instances(ctx)).containsExactly(A, B);
    }

    @Test
    void keeps_the_previous_set_until_the_first_results_of_a_new_one() {
      store.dropsHints = true;
      CancellableContext others = Context.background(time).withCancel();
      ServiceRegistry quick =
          ServiceRegistry.builder(store).staleInstanceGrace(Duration.ZERO).open(others);
      ServiceClient orders =
          ServiceClient.builder("orders", quick)
              .perCall(ONCE)
              .healthChecks(checking())
              .open(others);
      assertThat(orders.instances(others)).containsExactly(A, B);

      store.forgetEverything();
      mute.addAll(Set.of(C, D));
      registry.register(ctx, C);
      registry.register(ctx, D);
      owner.cancel();
      quick.register(others, C);
      quick.register(others, D);
      advanceUntilChecked(C, 1);
      assertThat(orders.instances(others)).containsExactly(A, B);

      mute.clear();
      time.advance(ofSeconds(15));
      assertThat(orders.instances(others)).doesNotContain(A, B).contains(C, D);
      others.cancel();
    }

    @Test
    void does_not_keep_who_drained() {
      ServiceClient orders = builder().healthChecks(checking()).open(ctx);
      mute.add(C);
      registry.register(ctx, C);
      a.close();
      b.close();
      time.advance(ofMillis(50));
      assertThat(orders.explain().toString()).contains("0 of 3 get calls");
      time.advance(ofSeconds(1));
      callTimes(orders, 3);
      assertThat(calls).containsOnlyKeys(C);
    }

    @Test
    void ends_with_the_client() {
      ServiceClient orders = builder().healthChecks(checking()).open(ctx);
      time.advance(ofSeconds(20));
      orders.close();
      int before = checksOf(A);
      time.advance(ofSeconds(60));
      assertThat(checksOf(A)).isEqualTo(before);
    }
  }

  @Nested
  class Ejecting {

    @BeforeEach
    void registerTwoMore() {
      registry.register(ctx, C);
      registry.register(ctx, D);
    }

    @Test
    void keeps_calls_from_one_that_fails_them_and_brings_it_back_gently() {
      ServiceClient orders = builder().open(ctx);
      broken.add(A);
      callTimes(orders, 20);
      assertThat(callsOf(A)).isEqualTo(5);
      assertThat(orders.instances(ctx)).containsExactly(B, C, D);
      assertThat(orders.explain().toString()).contains("a:1: out, ejected, it failed its callers");

      calls.clear();
      time.advance(ofMillis(4999));
      callTimes(orders, 100);
      assertThat(callsOf(A)).isZero();

      broken.clear();
      time.advance(ofMillis(1));
      callTimes(orders, 310);
      assertThat(callsOf(A)).isBetween(9, 11);
      time.advance(ofSeconds(10));
      calls.clear();
      callTimes(orders, 400);
      assertThat(callsOf(A)).isEqualTo(100);
    }

    @Test
    void takes_one_failure_after_the_return_and_lasts_twice_as_long() {
      ServiceClient orders = builder().open(ctx);
      broken.add(A);
      callTimes(orders, 20);
      time.advance(ofSeconds(5));
      calls.clear();
      callTimes(orders, 100);
      assertThat(callsOf(A)).isEqualTo(1);
      time.advance(ofMillis(9_999));
      calls.clear();
      callTimes(orders, 100);
      assertThat(callsOf(A)).isZero();
      time.advance(ofMillis(1));
      callTimes(orders, 100);
      assertThat(callsOf(A)).isEqualTo(1);
    }

    @Test
    void also_finds_one_that_fails_half_of_its_calls() {
      ServiceClient orders = builder().open(ctx);
      int n = 0;
      while (orders.instances(ctx).contains(A) && n < 200) {
        n++;
        if (n % 8 == 0) {
          broken.clear();
        } else if (n % 8 == 4) {
          broken.add(A);
        }
        callTimes(orders, 1);
        if (broken.isEmpty()) {
          broken.add(D);
          broken.remove(D);
        }
      }
      assertThat(orders.instances(ctx)).doesNotContain(A);
    }

    @Test
    void never_touches_more_than_half() {
      ServiceClient orders = builder().open(ctx);
      broken.addAll(Set.of(A, B, C, D));
      callTimes(orders, 200);
      assertThat(orders.instances(ctx)).hasSize(2);
      assertThat(orders.explain().toString()).contains("but too few would be left");
    }

    @Test
    void is_not_caused_by_callers_that_give_up() {
      ServiceClient orders =
          builder().ejection(Ejection.builder().consecutiveFailures(1).build()).open(ctx);
      for (int i = 0; i < 200; i++) {
        CancellableContext caller = ctx.withCancel();
        CompletionStage<Integer> stage =
            orders.callAsync(caller, (c, instance) -> new CompletableFuture<>());
        caller.cancel();
        assertThat(stage.toCompletableFuture()).isCompletedExceptionally();
      }
      assertThat(orders.instances(ctx)).containsExactly(A, B, C, D);
    }

    @Test
    void is_caused_by_a_limit_of_its_own_and_not_by_the_haste_of_a_caller() {
      ServiceClient orders =
          builder()
              .ejection(Ejection.builder().consecutiveFailures(1).build())
              .perAttempt(Resilience.of(FixedTimeout.of(ofMillis(100))))
              .open(ctx);
      for (int i = 0; i < 20; i++) {
        orders.callAsync(ctx.withTimeout(ofMillis(49)), (c, instance) -> new CompletableFuture<>());
        time.advance(ofMillis(100));
      }
      assertThat(orders.instances(ctx)).containsExactly(A, B, C, D);
      orders.callAsync(ctx, (c, instance) -> new CompletableFuture<>());
      time.advance(ofMillis(100));
      assertThat(orders.instances(ctx)).hasSize(3);
    }

    @Test
    void goes_by_the_classifier() {
      ServiceClient orders =
          builder()
              .classifier(
                  Classifier.ofDefaults().onFailure(IOException.class, e -> Verdict.SUCCESS))
              .open(ctx);
      broken.add(A);
      callTimes(orders, 100);
      assertThat(orders.instances(ctx)).contains(A);

      ServiceClient strict =
          builder()
              .classifier(
                  Classifier.ofDefaults()
                      .onResult(
                          ServiceInstance.class,
                          i -> i.equals(B) ? Verdict.FAILURE : Verdict.SUCCESS))
              .open(ctx);
      callTimes(strict, 100);
      assertThat(strict.instances(ctx)).doesNotContain(B);
    }

    @Test
    void counts_no_result_of_a_call_that_began_before() {
      ServiceClient orders = builder().open(ctx);
      List<CompletableFuture<Integer>> hanging = new ArrayList<>();
      for (int i = 0; i < 40; i++) {
        orders.callAsync(
            ctx,
            (c, instance) -> {
              CompletableFuture<Integer> work = new CompletableFuture<>();
              if (instance.equals(A)) {
                hanging.add(work);
              } else {
                work.complete(1);
              }
              return work;
            });
      }
      for (int i = 0; i < 5; i++) {
        hanging.remove(0).completeExceptionally(new IOException("broken"));
      }
      assertThat(orders.instances(ctx)).doesNotContain(A);
      time.advance(ofSeconds(5));
      assertThat(orders.instances(ctx)).contains(A);
      hanging.forEach(work -> work.completeExceptionally(new IOException("broken")));
      assertThat(orders.instances(ctx)).contains(A);
    }

    @Test
    void is_refused_for_bad_settings() {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> Ejection.builder().consecutiveFailures(0))
          .withMessage("consecutiveFailures: 0 (expected: 1 to 31)");
      assertThatIllegalArgumentException().isThrownBy(() -> Ejection.builder().failures(21));
      assertThatIllegalArgumentException()
          .isThrownBy(() -> Ejection.builder().maxEjectedShare(1.1))
          .withMessage("maxEjectedShare: 1.1 (expected: 0 to 1)");
      assertThatIllegalArgumentException()
          .isThrownBy(() -> Ejection.builder().time(ofSeconds(2), ofSeconds(1)));
      assertThatIllegalArgumentException()
          .isThrownBy(() -> Ejection.builder().slowStart(ofSeconds(-1)));
      assertThatIllegalArgumentException()
          .isThrownBy(() -> HealthChecks.builder(HealthCheck.tcp()).fall(0));
      assertThatIllegalArgumentException()
          .isThrownBy(() -> HealthChecks.builder(HealthCheck.tcp()).rise(0));
      assertThatIllegalArgumentException()
          .isThrownBy(() -> HealthChecks.builder(HealthCheck.tcp()).timeout(Duration.ZERO));
      assertThatIllegalArgumentException()
          .isThrownBy(() -> HealthChecks.builder(HealthCheck.tcp()).panicBelow(Double.NaN));
    }
  }

  @Test
  void a_slow_instance_loses_its_traffic_and_gets_it_back_when_it_has_recovered() {
    registry.register(ctx, C);
    ServiceClient orders = builder().balancer(Balancer.leastLoaded()).open(ctx);
    Map<ServiceInstance, Duration> takes = new HashMap<>(Map.of(A, ofSeconds(2)));
    trafficFor(orders, takes, ofSeconds(10));
    calls.clear();
    trafficFor(orders, takes, ofSeconds(60));
    assertThat(callsOf(A) * 100.0 / calls.values().stream().mapToInt(n -> n).sum()).isLessThan(5);

    takes.clear();
    trafficFor(orders, takes, ofSeconds(60));
    calls.clear();
    trafficFor(orders, takes, ofSeconds(20));
    assertThat(callsOf(A) * 100.0 / calls.values().stream().mapToInt(n -> n).sum())
        .isBetween(25.0, 42.0);
  }

  /** A hundred calls a second. */
  private void trafficFor(
      ServiceClient client, Map<ServiceInstance, Duration> takes, Duration howLong) {
    for (long i = 0; i < howLong.toMillis() / 10; i++) {
      client.callAsync(
          ctx,
          (c, instance) -> {
            calls.merge(instance, 1, Integer::sum);
            return c.delay(takes.getOrDefault(instance, ofMillis(20)));
          });
      time.advance(ofMillis(10));
    }
  }

  @Test
  void a_closed_client_leaves_nothing_behind() {
    time.advance(ofMillis(20));
    int before = time.pendingTimers();
    WeakReference<ServiceClient> client = new WeakReference<>(openedAndClosed());
    assertThat(time.pendingTimers()).isEqualTo(before);
    assertThat(Reachability.isCleared(client)).isTrue();
  }

  private ServiceClient openedAndClosed() {
    ServiceClient client = builder().healthChecks(checking()).open(ctx);
    time.advance(ofSeconds(30));
    client.close();
    return client;
  }
}
