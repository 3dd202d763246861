package dev.resilience.discovery.client;

import static java.time.Duration.ofMillis;
import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.resilience.Resilience;
import dev.resilience.Schedules;
import dev.resilience.context.CancelReason;
import dev.resilience.context.CancellableContext;
import dev.resilience.context.Context;
import dev.resilience.context.Key;
import dev.resilience.discovery.balance.Balancer;
import dev.resilience.discovery.balance.Candidate;
import dev.resilience.discovery.registry.ServiceInstance;
import dev.resilience.discovery.registry.ServiceRegistry;
import dev.resilience.hedge.Hedge;
import dev.resilience.policy.RetryBudget;
import dev.resilience.retry.Backoff;
import dev.resilience.retry.Retry;
import dev.resilience.time.VirtualTime;
import dev.resilience.timeout.FixedTimeout;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Another attempt of a call, one after the other or side by side, goes to another instance. */
class AnotherInstanceTest {

  private static final Key<String> CUSTOMER = Key.of("customer", String.class);

  private final VirtualTime.Manual time = VirtualTime.manual(11);
  private final CancellableContext ctx = Context.background(time).withCancel();
  private final ServiceRegistry registry = ServiceRegistry.inMemory(ctx);
  private final Set<Candidate> seen = ConcurrentHashMap.newKeySet();

  @AfterEach
  void everythingIsGivenBack() {
    assertThat(seen).allMatch(candidate -> candidate.inFlight() == 0);
    ctx.close();
  }

  private void register(String... hosts) {
    for (String host : hosts) {
      registry.register(ctx, ServiceInstance.of("orders", host, 8080));
    }
  }

  /** With a balancer that would always pick the same one. */
  private ServiceClient.Builder sticky() {
    Balancer byCustomer = Balancer.consistentHash(CUSTOMER);
    return ServiceClient.builder("orders", registry)
        .balancer(
            candidates -> {
              seen.addAll(candidates);
              return byCustomer.over(candidates);
            })
        .ejection(Ejection.builder().consecutiveFailures(1).maxEjectedShare(1).build());
  }

  private Context acme() {
    return ctx.withValue(CUSTOMER, "acme");
  }

  private static Hedge hedges(int count) {
    return Hedge.builder()
        .delay(ofMillis(50))
        .maxHedges(count)
        .budget(RetryBudget.unlimited())
        .build();
  }

  private static Retry attempts(int count) {
    return Retry.builder()
        .maxAttempts(count)
        .backoff(Backoff.none())
        .budget(RetryBudget.unlimited())
        .build();
  }

  @Nested
  class Side_by_side {

    private final List<String> begun = new ArrayList<>();
    private final List<Context> contexts = new ArrayList<>();

    /** The first attempt hangs, wherever it goes; the n-th one answers after as long as that. */
    private CompletionStage<String> hangsAtFirst(
        Context c, ServiceInstance instance, int good, Duration takes) {
      begun.add(instance.host());
      contexts.add(c);
      return begun.size() < good
          ? new CompletableFuture<>()
          : c.delay(takes).thenApply(nothing -> instance.host());
    }

    @Test
    void a_hedge_goes_to_another_instance() {
      register("a", "b");
      ServiceClient orders = sticky().perCall(Resilience.of(hedges(1))).open(ctx);
      CompletionStage<String> answer =
          orders.callAsync(acme(), (c, i) -> hangsAtFirst(c, i, 2, ofMillis(20)));
      time.advance(ofMillis(49));
      assertThat(begun).hasSize(1);
      time.advance(ofMillis(21));
      assertThat(begun).containsExactlyInAnyOrder("a", "b");
      assertThat(answer.toCompletableFuture()).isCompletedWithValue(begun.get(1));
      assertThat(contexts.get(0).cause()).isSameAs(CancelReason.SUPERSEDED);
      // The one that was overtaken has not failed.
      assertThat(orders.instances(ctx)).hasSize(2);
    }

    @Test
    void a_blocking_hedge_goes_to_another_instance() throws Exception {
      VirtualTime.Automatic clock = VirtualTime.automatic(5);
      List<String> blocked = new ArrayList<>();
      clock.run(
          () -> {
            try (CancellableContext owner = Context.background(clock).withCancel()) {
              ServiceRegistry members = ServiceRegistry.inMemory(owner);
              members.register(owner, ServiceInstance.of("orders", "a", 8080));
              members.register(owner, ServiceInstance.of("orders", "b", 8080));
              Balancer byCustomer = Balancer.consistentHash(CUSTOMER);
              ServiceClient orders =
                  ServiceClient.builder("orders", members)
                      .balancer(
                          candidates -> {
                            seen.addAll(candidates);
                            return byCustomer.over(candidates);
                          })
                      .ejection(Ejection.builder().consecutiveFailures(1).build())
                      .perCall(Resilience.of(hedges(1)))
                      .open(owner);
              String answer =
                  orders.call(
                      owner.withValue(CUSTOMER, "acme"),
                      (c, instance) -> {
                        blocked.add(instance.host());
                        c.sleep(blocked.size() == 1 ? ofSeconds(10) : ofMillis(20));
                        return instance.host();
                      });
              assertThat(clock.elapsed()).isEqualTo(ofMillis(70));
              assertThat(blocked).containsExactlyInAnyOrder("a", "b");
              assertThat(answer).isEqualTo(blocked.get(1));
              owner.sleep(ofMillis(1));
              assertThat(orders.instances(owner)).hasSize(2);
            }
            return null;
          });
    }

    @Test
    void each_of_several_hedges_goes_to_another_instance() {
      register("a", "b", "c");
      ServiceClient orders = sticky().perCall(Resilience.of(hedges(2))).open(ctx);
      CompletionStage<String> answer =
          orders.callAsync(acme(), (c, i) -> hangsAtFirst(c, i, 3, ofMillis(20)));
      time.advance(ofMillis(120));
      assertThat(begun).containsExactlyInAnyOrder("a", "b", "c");
      assertThat(answer.toCompletableFuture()).isCompletedWithValue(begun.get(2));
    }

    @Test
    void a_hedge_goes_to_the_same_instance_where_there_is_no_other() {
      register("a");
      ServiceClient orders = sticky().perCall(Resilience.of(hedges(1))).open(ctx);
      CompletionStage<String> answer =
          orders.callAsync(acme(), (c, i) -> hangsAtFirst(c, i, 2, ofMillis(20)));
      time.advance(ofMillis(70));
      assertThat(begun).containsExactly("a", "a");
      assertThat(answer.toCompletableFuture()).isCompletedWithValue("a");
    }

    @ParameterizedTest
    @ValueSource(strings = {"acme", "umbrella", "initech", "hooli"})
    void where_all_were_tried_those_come_first_that_are_not_busy_with_this_call(String customer) {
      register("a", "b");
      ServiceClient orders =
          sticky()
              .ejection(Ejection.builder().maxEjectedShare(0).build())
              .perCall(Resilience.of(hedges(2)))
              .open(ctx);
      CompletionStage<String> answer =
          orders.callAsync(
              ctx.withValue(CUSTOMER, customer),
              (c, instance) -> {
                begun.add(instance.host());
                return switch (begun.size()) {
                  case 1 -> new CompletableFuture<>();
                  case 2 -> CompletableFuture.failedFuture(new IOException("broken"));
                  default -> CompletableFuture.completedFuture(instance.host());
                };
              });
      time.advance(ofMillis(110));
      String other = begun.get(0).equals("a") ? "b" : "a";
      assertThat(begun.subList(1, 3)).containsExactly(other, other);
      assertThat(answer.toCompletableFuture()).isCompletedWithValue(other);
    }

    @Test
    void a_policy_around_the_attempt_has_each_of_them() {
      register("a", "b");
      AtomicInteger tooLate = new AtomicInteger();
      ServiceClient orders =
          sticky()
              .perCall(Resilience.of(attempts(2), hedges(1)))
              .perAttempt(Resilience.of(FixedTimeout.of(ofMillis(30))))
              .open(ctx);
      CompletionStage<String> answer =
          orders.callAsync(
              acme(),
              (c, instance) -> {
                begun.add(instance.host());
                c.onDone(tooLate::incrementAndGet);
                return begun.size() == 1
                    ? new CompletableFuture<>()
                    : CompletableFuture.completedFuture(instance.host());
              });
      time.advance(ofMillis(31));
      assertThat(begun).containsExactlyInAnyOrder("a", "b");
      assertThat(answer.toCompletableFuture()).isCompletedWithValue(begun.get(1));
      assertThat(tooLate.get()).isGreaterThanOrEqualTo(1);
      // A limit of its own that passed is a failure of the first one.
      assertThat(orders.instances(ctx))
          .extracting(ServiceInstance::host)
          .doesNotContain(begun.get(0));
    }

    @Test
    void a_caller_that_leaves_ends_all_attempts_and_blames_nobody() {
      register("a", "b", "c");
      ServiceClient orders = sticky().perCall(Resilience.of(hedges(2))).open(ctx);
      CancellableContext caller = ctx.withCancel();
      CompletionStage<String> answer =
          orders.callAsync(caller, (c, i) -> hangsAtFirst(c, i, 9, ofMillis(20)));
      time.advance(ofMillis(120));
      assertThat(begun).hasSize(3);
      assertThat(seen).allMatch(candidate -> candidate.inFlight() == 1);
      caller.cancel();
      assertThat(answer.toCompletableFuture()).isCompletedExceptionally();
      assertThat(contexts).allMatch(Context::isDone);
      assertThat(orders.instances(ctx)).hasSize(3);
    }

    @Test
    void attempts_are_spread_and_given_back_whatever_happens() {
      Schedules.check(
          300,
          (seed, random) -> {
            VirtualTime.Manual clock = VirtualTime.manual(seed);
            CancellableContext owner = Context.background(clock).withCancel();
            ServiceRegistry members = ServiceRegistry.inMemory(owner);
            int size = 1 + random.nextInt(4);
            for (int n = 0; n < size; n++) {
              members.register(owner, ServiceInstance.of("orders", "host" + n, 8080));
            }
            Balancer balancer =
                random.nextBoolean() ? Balancer.leastLoaded() : Balancer.consistentHash(CUSTOMER);
            ServiceClient orders =
                ServiceClient.builder("orders", members)
                    .balancer(
                        candidates -> {
                          seen.addAll(candidates);
                          return balancer.over(candidates);
                        })
                    .ejection(Ejection.builder().maxEjectedShare(0).build())
                    .perCall(Resilience.of(attempts(2), hedges(2)))
                    .open(owner);
            for (int call = 0; call < 10; call++) {
              Map<String, Integer> running = new HashMap<>();
              List<String> wrong = new ArrayList<>();
              Set<String> tried = new HashSet<>();
              CancellableContext caller = owner.withCancel();
              orders.callAsync(
                  caller.withValue(CUSTOMER, "customer" + call),
                  (c, instance) -> {
                    if (tried.size() < size && tried.contains(instance.host())) {
                      wrong.add(instance.host() + " again, tried: " + tried);
                    }
                    if (running.values().stream().filter(n -> n > 0).count() < size
                        && running.getOrDefault(instance.host(), 0) > 0) {
                      wrong.add(instance.host() + " again, running: " + running);
                    }
                    tried.add(instance.host());
                    running.merge(instance.host(), 1, Integer::sum);
                    c.onDone(() -> running.merge(instance.host(), -1, Integer::sum));
                    return c.delay(ofMillis(random.nextInt(200)))
                        .thenApply(
                            nothing -> {
                              if (random.nextInt(3) > 0) {
                                throw new IllegalStateException("broken");
                              }
                              return "good";
                            });
                  });
              clock.advance(ofMillis(random.nextInt(300)));
              if (random.nextInt(3) == 0) {
                caller.cancel();
              }
              clock.advance(ofSeconds(2));
              assertThat(wrong).isEmpty();
            }
            assertThat(seen).allMatch(candidate -> candidate.inFlight() == 0);
            seen.clear();
            owner.cancel();
          });
    }
  }

  @Test
  void attempts_that_begin_at_the_same_moment_go_to_different_instances() throws Exception {
    try (CancellableContext owner = Context.background().withCancel()) {
      ServiceRegistry members = ServiceRegistry.inMemory(owner);
      for (String host : List.of("a", "b", "c", "d")) {
        members.register(owner, ServiceInstance.of("orders", host, 8080));
      }
      Balancer byCustomer = Balancer.consistentHash(CUSTOMER);
      Together together = new Together(4);
      try (ServiceClient orders =
          ServiceClient.builder("orders", members)
              .balancer(
                  candidates -> {
                    seen.addAll(candidates);
                    return byCustomer.over(candidates);
                  })
              .perCall(Resilience.of(together))
              .open(owner)) {
        for (int i = 0; i < 300; i++) {
          ConcurrentLinkedQueue<String> begun = new ConcurrentLinkedQueue<>();
          orders.call(
              owner.withValue(CUSTOMER, "customer" + i),
              (c, instance) -> {
                begun.add(instance.host());
                together.barrier.await();
                return 1;
              });
          assertThat(begun).containsExactlyInAnyOrder("a", "b", "c", "d");
        }
      } finally {
        together.threads.shutdownNow();
      }
    }
  }

  /** Makes several attempts at once, each on a thread of its own. */
  private static final class Together implements dev.resilience.policy.ContextPolicy {

    private final ExecutorService threads;
    private final CyclicBarrier barrier;
    private final int count;

    Together(int count) {
      this.count = count;
      this.barrier = new CyclicBarrier(count);
      this.threads = Executors.newFixedThreadPool(count);
    }

    @Override
    public <T extends @Nullable Object, X extends Throwable> T call(
        Context ctx, dev.resilience.policy.Next next, dev.resilience.policy.Call<T, X> work)
        throws X {
      List<Future<T>> attempts = new ArrayList<>();
      for (int i = 0; i < count; i++) {
        attempts.add(
            threads.submit(
                () -> {
                  barrier.await();
                  try {
                    return next.call(ctx, work);
                  } catch (Exception | Error failure) {
                    throw failure;
                  } catch (Throwable impossible) {
                    throw new AssertionError(impossible);
                  }
                }));
      }
      try {
        T last = null;
        for (Future<T> attempt : attempts) {
          last = attempt.get();
        }
        return java.util.Objects.requireNonNull(last);
      } catch (Exception failed) {
        throw new AssertionError(failed);
      }
    }

    @Override
    public <T extends @Nullable Object> CompletionStage<T> callAsync(
        Context ctx, dev.resilience.policy.Next next, dev.resilience.policy.AsyncCall<T> work) {
      throw new UnsupportedOperationException();
    }
  }

  @Test
  void a_call_of_many_attempts_remembers_no_more_than_there_are_instances() {
    register("a", "b", "c");
    List<Integer> remembered = new ArrayList<>();
    Balancer counting =
        candidates ->
            (c, now, usable) -> {
              if (usable instanceof Attempts attempts) {
                int count = 0;
                for (Attempt one = attempts.last(); one != null; one = one.earlier) {
                  count++;
                }
                remembered.add(count);
              }
              return candidates.stream().filter(usable).findFirst().orElse(null);
            };
    ServiceClient orders =
        ServiceClient.builder("orders", registry)
            .balancer(counting)
            .ejection(Ejection.builder().maxEjectedShare(0).build())
            .perCall(
                Resilience.of(
                    Retry.builder()
                        .maxAttempts(1_000)
                        .backoff(Backoff.none())
                        .budget(RetryBudget.unlimited())
                        .build()))
            .open(ctx);
    time.advance(ofMillis(10));
    IOException broken = new IOException("broken");
    assertThatThrownBy(
            () ->
                orders.call(
                    ctx,
                    (c, instance) -> {
                      throw broken;
                    }))
        .isSameAs(broken);
    assertThat(remembered).hasSizeGreaterThanOrEqualTo(1_000).allMatch(count -> count <= 4);
  }
}
