package dev.resilience.cache;

import static java.time.Duration.ofMillis;
import static java.time.Duration.ofNanos;
import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;

import dev.resilience.context.CancelReason;
import dev.resilience.context.CancellableContext;
import dev.resilience.context.Context;
import dev.resilience.context.ContextCancelledException;
import dev.resilience.context.ContextProbe;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.random.RandomGenerator;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Many callers for one key, nine of ten of whom leave at random moments. */
class TenThousandCallersTest {

  private final AtomicInteger loads = new AtomicInteger();
  private final AtomicInteger cancelledLoads = new AtomicInteger();

  /** Takes ten seconds, and says so when it is cancelled. */
  private String load(Context ctx, String key) throws Exception {
    loads.incrementAndGet();
    try {
      ctx.sleep(ofSeconds(10));
    } catch (ContextCancelledException | InterruptedException cancelled) {
      assertThat(ctx.cause()).hasMessage("nobody waits for the load");
      cancelledLoads.incrementAndGet();
      throw cancelled;
    }
    return "value";
  }

  /** One who asks, and what came of it. */
  private final class Caller {

    final CancellableContext ctx;
    CompletableFuture<String> answer = new CompletableFuture<>();

    Caller(Context root) {
      this.ctx = root.withCancel();
    }

    void ask(Simulation s, CallStyle way, ContextCache<String, String> cache) {
      if (way == CallStyle.ASYNC) {
        answer =
            cache
                .getOrFetchAsync(ctx, "key", CallStyle.staged(TenThousandCallersTest.this::load))
                .toCompletableFuture();
        return;
      }
      s.start(
          "caller",
          () -> {
            try {
              answer.complete(cache.getOrFetch(ctx, "key", TenThousandCallersTest.this::load));
            } catch (RuntimeException failure) {
              answer.completeExceptionally(failure);
            }
          });
    }
  }

  @ParameterizedTest
  @EnumSource
  void share_one_load_and_leave_alone(CallStyle way) throws Exception {
    // A blocking caller is a thread.
    int callers = way == CallStyle.ASYNC ? 10_000 : 500;
    Simulation.play(
        s -> {
          var cache =
              ContextCache.<String, String>builder("pages").loadTimeout(ofSeconds(30)).open(s.app);
          List<Caller> all = ask(s, way, cache, callers);
          List<Caller> staying = cancelNineOfTen(s, all);
          s.sleep(ofSeconds(10));
          assertThat(loads).hasValue(1);
          assertThat(staying)
              .hasSize(callers / 10)
              .allSatisfy(caller -> assertThat(caller.answer).isCompletedWithValue("value"));
          all.removeAll(staying);
          assertThat(all)
              .hasSize(callers - callers / 10)
              .allSatisfy(
                  caller ->
                      assertThat(caller.answer)
                          .isCompletedExceptionally()
                          .failsWithin(ofNanos(0))
                          .withThrowableThat()
                          .havingCause()
                          .isInstanceOf(ContextCancelledException.class)
                          .withCause(CancelReason.USER));
          assertThat(staying).allMatch(caller -> ContextProbe.waiters(caller.ctx) == 0);
          assertThat(cache.snapshot().callersLeft()).isEqualTo(callers - callers / 10);
        });
  }

  @ParameterizedTest
  @EnumSource
  void cancel_the_load_once_all_have_left(CallStyle way) throws Exception {
    int callers = way == CallStyle.ASYNC ? 10_000 : 500;
    Simulation.play(
        s -> {
          var cache = ContextCache.<String, String>builder("pages").open(s.app);
          List<Caller> all = ask(s, way, cache, callers);
          List<Caller> staying = cancelNineOfTen(s, all);
          assertThat(cancelledLoads).hasValue(0);
          assertThat(cache.snapshot().waiting()).isEqualTo(callers / 10);
          staying.forEach(caller -> caller.ctx.cancel(CancelReason.USER));
          s.sleep(ofMillis(1));
          assertThat(loads).hasValue(1);
          assertThat(cancelledLoads).hasValue(1);
          assertThat(cache.snapshot().loading()).isZero();
          assertThat(cache.snapshot().loadsAbandoned()).isEqualTo(1);
        });
  }

  private List<Caller> ask(
      Simulation s, CallStyle way, ContextCache<String, String> cache, int callers)
      throws InterruptedException {
    List<Caller> all = new ArrayList<>();
    for (int i = 0; i < callers; i++) {
      Caller caller = new Caller(s.root);
      all.add(caller);
      caller.ask(s, way, cache);
    }
    s.sleep(ofMillis(1));
    assertThat(cache.snapshot().waiting()).isEqualTo(callers);
    return all;
  }

  /** Within five seconds. */
  private static List<Caller> cancelNineOfTen(Simulation s, List<Caller> all)
      throws InterruptedException {
    RandomGenerator random = s.time.random();
    List<Caller> staying = new ArrayList<>(all);
    for (int i = all.size() * 9 / 10; i > 0; i--) {
      s.sleep(ofNanos(random.nextInt(500_000)));
      staying.remove(random.nextInt(staying.size())).ctx.cancel(CancelReason.USER);
    }
    s.sleep(ofMillis(1));
    return staying;
  }
}
