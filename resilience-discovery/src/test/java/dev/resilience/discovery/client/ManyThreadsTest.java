package dev.resilience.discovery.client;

import static org.assertj.core.api.Assertions.assertThat;

import dev.resilience.Resilience;
import dev.resilience.context.CancellableContext;
import dev.resilience.context.Context;
import dev.resilience.discovery.balance.Balancer;
import dev.resilience.discovery.balance.Candidate;
import dev.resilience.discovery.health.HealthChecks;
import dev.resilience.discovery.registry.Lease;
import dev.resilience.discovery.registry.ServiceInstance;
import dev.resilience.discovery.registry.ServiceRegistry;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Calls from many threads at once, in real time, while instances fail, come and go. */
class ManyThreadsTest {

  private static final int THREADS = 4;
  private static final int CALLS = 3_000;

  static Stream<ExecutorService> executors() throws ReflectiveOperationException {
    Stream<ExecutorService> platform = Stream.of(Executors.newFixedThreadPool(THREADS + 1));
    try {
      return Stream.concat(
          platform,
          Stream.of(
              (ExecutorService)
                  Executors.class.getMethod("newVirtualThreadPerTaskExecutor").invoke(null)));
    } catch (NoSuchMethodException beforeJava21) {
      return platform;
    }
  }

  @ParameterizedTest
  @MethodSource("executors")
  void every_call_ends_and_everything_is_given_back(ExecutorService threads) throws Exception {
    Set<Candidate> seen = ConcurrentHashMap.newKeySet();
    Balancer leastLoaded = Balancer.leastLoaded();
    try (CancellableContext owner = Context.background().withCancel()) {
      ServiceRegistry registry = ServiceRegistry.inMemory(owner);
      for (int n = 1; n <= 5; n++) {
        registry.register(owner, instance(n));
      }
      try (ServiceClient client =
          ServiceClient.builder("orders", registry)
              .perCall(Resilience.of())
              .ejection(
                  Ejection.builder().time(Duration.ofMillis(5), Duration.ofMillis(20)).build())
              .healthChecks(
                  HealthChecks.builder((c, instance) -> CompletableFuture.completedFuture(null))
                      .interval(Duration.ofMillis(5))
                      .build())
              .balancer(
                  candidates -> {
                    seen.addAll(candidates);
                    return leastLoaded.over(candidates);
                  })
              .open(owner)) {
        List<Future<Integer>> workers = new ArrayList<>();
        for (int t = 0; t < THREADS; t++) {
          workers.add(threads.submit(() -> calls(client, owner)));
        }
        Future<?> changes = threads.submit(() -> comeAndGo(registry, owner));
        for (Future<Integer> worker : workers) {
          assertThat(worker.get()).isEqualTo(CALLS);
        }
        changes.get();
      }
    } finally {
      threads.shutdown();
    }
    assertThat(seen).allMatch(candidate -> candidate.inFlight() == 0);
  }

  private static int calls(ServiceClient client, Context ctx) {
    int ended = 0;
    for (int i = 0; i < CALLS; i++) {
      int call = i;
      try (CancellableContext caller = ctx.withCancel()) {
        if (i % 2 == 0) {
          client.call(caller, (c, instance) -> work(instance, call));
        } else {
          CompletableFuture<Integer> never = new CompletableFuture<>();
          CompletableFuture<Integer> result =
              client.callAsync(caller, (c, instance) -> never).toCompletableFuture();
          caller.cancel();
          assertThat(result).isCompletedExceptionally();
        }
        ended++;
      } catch (IOException broken) {
        ended++;
      }
    }
    return ended;
  }

  private static int work(ServiceInstance instance, int call) throws IOException {
    if (instance.port() == 1 && call % 3 != 0) {
      throw new IOException("broken");
    }
    return call;
  }

  private static void comeAndGo(ServiceRegistry registry, Context ctx) {
    for (int i = 0; i < 300; i++) {
      try (Lease lease = registry.register(ctx, instance(10 + i))) {
        assertThat(lease.state()).isEqualTo(Lease.State.HELD);
      }
    }
  }

  private static ServiceInstance instance(int n) {
    return ServiceInstance.of("orders", "host", n);
  }
}
