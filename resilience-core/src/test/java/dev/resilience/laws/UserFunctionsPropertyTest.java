package dev.resilience.laws;

import static java.time.Duration.ofMillis;
import static org.assertj.core.api.Assertions.assertThat;

import dev.resilience.Resilience;
import dev.resilience.Schedules;
import dev.resilience.WithFallback;
import dev.resilience.budget.BudgetRun;
import dev.resilience.budget.Phase;
import dev.resilience.budget.TimeBudget;
import dev.resilience.context.CancellableContext;
import dev.resilience.context.Context;
import dev.resilience.context.ContextProbe;
import dev.resilience.context.Criticality;
import dev.resilience.fallback.Fallbacks;
import dev.resilience.hedge.FirstSuccess;
import dev.resilience.hedge.Hedge;
import dev.resilience.policy.AsyncCall;
import dev.resilience.policy.Call;
import dev.resilience.policy.Classifier;
import dev.resilience.policy.ContextPolicy;
import dev.resilience.policy.Next;
import dev.resilience.policy.RetryBudget;
import dev.resilience.policy.Verdict;
import dev.resilience.retry.Backoff;
import dev.resilience.retry.Retry;
import dev.resilience.stage.Stages;
import dev.resilience.time.VirtualTime;
import java.io.IOException;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

/**
 * Law 13 for retries, hedges, races, fallbacks and budgets: every function that a user gives to
 * their builders may throw, throw an {@link Error}, or block, at random. Every call ends, and
 * whatever was borrowed comes back. A call that does not end is found by the virtual time, in which
 * nothing can happen any more.
 */
class UserFunctionsPropertyTest {

  @Test
  void whatever_they_do_every_call_ends_and_every_permit_returns() {
    Schedules.check(10_000, (seed, random) -> new World(seed, random).play());
  }

  private static final class World {

    private final VirtualTime.Automatic time;
    private final CancellableContext root;
    private final RandomGenerator random;
    private final int mischief;
    private final Permits permits = new Permits();
    private final AtomicInteger ended = new AtomicInteger();

    World(long seed, RandomGenerator random) {
      this.time = VirtualTime.automatic(seed);
      this.root = Context.background(time).withCancel();
      this.random = random;
      this.mischief = random.nextInt(1, 30);
    }

    /** A function of the user's: mostly it does what it is there for. */
    private <R> R act(R result) {
      int dice = random.nextInt(100);
      if (dice < mischief) {
        throw new IllegalStateException("mischief");
      }
      if (dice < 2 * mischief) {
        throw new NoClassDefFoundError("mischief");
      }
      if (dice < 3 * mischief) {
        try {
          root.sleep(ofMillis(random.nextInt(100)));
        } catch (InterruptedException overtaken) {
          Thread.currentThread().interrupt();
        }
      }
      return result;
    }

    private Classifier classifier() {
      return Classifier.ofDefaults()
          .onFailure(IOException.class, e -> act(verdict()))
          .onFailureIf(e -> act(random.nextBoolean()), Verdict.FAILURE)
          .onResult(String.class, r -> act(verdict()));
    }

    private Verdict verdict() {
      return switch (random.nextInt(8)) {
        case 0 -> Verdict.PERMANENT_FAILURE;
        case 1 -> Verdict.IGNORED;
        case 2 -> Verdict.REJECTED;
        case 3, 4 -> Verdict.SUCCESS;
        default -> Verdict.FAILURE;
      };
    }

    private Resilience stack() {
      RetryBudget budget = RetryBudget.builder().minimumPerSecond(0).build();
      Retry retry =
          Retry.builder()
              .budget(budget)
              .backoff(Backoff.of(attempt -> act(ofMillis(random.nextInt(50)))))
              .classifier(classifier())
              .retryIf(e -> act(random.nextBoolean()))
              .abortIf(e -> act(random.nextInt(4) == 0))
              .retryAfter(IOException.class, e -> act(Optional.of(ofMillis(random.nextInt(20)))))
              .onDiscard(String.class, this::act)
              .listener(this::act)
              .build();
      Hedge hedge =
          Hedge.builder()
              .delay(ofMillis(1 + random.nextInt(50)))
              .maxHedges(1 + random.nextInt(3))
              .sharedBudget(budget)
              .pauseWhile(() -> act(random.nextInt(4) == 0))
              .classifier(classifier())
              .onDiscard(String.class, this::act)
              .listener(this::act)
              .build();
      Resilience stack =
          random.nextBoolean()
              ? Resilience.of(retry, hedge, permits)
              : Resilience.of(hedge, retry, permits);
      return random.nextBoolean() ? stack.withReports(this::act) : stack;
    }

    private Fallbacks<String> fallbacks() {
      return Fallbacks.<String>onTimeout((c, e) -> act("late"))
          .or(Fallbacks.<String>onAny((c, e) -> act("another")).asOf(v -> act(null)))
          .or(
              Fallbacks.<String>onAnyAsync(
                  (c, e) -> act(CompletableFuture.completedFuture("staged"))))
          .listener(this::act);
    }

    private String work(Context ctx) throws Exception {
      ctx.sleep(ofMillis(random.nextInt(60)));
      if (random.nextInt(3) == 0) {
        throw new IOException("down");
      }
      return act("answer");
    }

    private CompletionStage<String> stage(Context ctx) {
      CompletableFuture<String> answer = new CompletableFuture<>();
      boolean fails = random.nextInt(3) == 0;
      Stages.watch(
          ctx.delay(ofMillis(random.nextInt(60))),
          answer,
          (nothing, end) -> {
            if (end != null || fails) {
              answer.completeExceptionally(end != null ? end : new IOException("down"));
            } else {
              answer.complete(act("answer"));
            }
          });
      return act(answer);
    }

    private void call(Context ctx) throws Throwable {
      WithFallback<String> safe = stack().withFallback(fallbacks()).judgedBy(classifier());
      FirstSuccess race =
          FirstSuccess.builder()
              .classifier(classifier())
              .onDiscard(String.class, this::act)
              .listener(this::act)
              .build();
      Phase first = Phase.of("first", 1);
      Phase last = Phase.of("last", 1);
      switch (random.nextInt(6)) {
        case 0 -> safe.call(ctx, this::work);
        case 1 -> ctx.await(safe.callAsync(ctx, this::stage));
        case 2 -> race.call(ctx, this::work, this::work);
        case 3 -> ctx.await(race.<String>callAsync(ctx, this::stage, this::stage));
        case 4 -> {
          try (BudgetRun spend = TimeBudget.of(first, last).start(ctx)) {
            spend.call(first, c -> safe.call(c, this::work));
            spend.call(last, this::work);
          }
        }
        default -> {
          try (BudgetRun spend = TimeBudget.of(first, last).start(ctx)) {
            ctx.await(spend.callAsync(first, c -> safe.callAsync(c, this::stage)));
            ctx.await(spend.callAsync(last, this::stage));
          }
        }
      }
    }

    void play() throws Exception {
      int callers = 1 + random.nextInt(3);
      time.run(
          () -> {
            for (int i = 0; i < callers; i++) {
              time.start("caller " + i, this::caller);
            }
            return null;
          });
      assertThat(ended).as("calls that ended").hasValue(callers);
      assertThat(permits.out).as("permits that are out").hasValue(0);
      assertThat(ContextProbe.waiters(root)).as("listeners").isZero();
      assertThat(time.pendingTimers()).as("timers").isZero();
    }

    private void caller() {
      Context from = random.nextInt(3) == 0 ? Criticality.SHEDDABLE.in(root) : root;
      try (var ctx =
          random.nextBoolean()
              ? from.withCancel()
              : from.withTimeout(ofMillis(1 + random.nextInt(400)))) {
        call(ctx);
      } catch (Throwable any) {
        // As good as any.
      } finally {
        ended.incrementAndGet();
      }
    }
  }

  /** Lends something to each call. */
  private static final class Permits implements ContextPolicy {

    private final AtomicInteger out = new AtomicInteger();

    @Override
    public <T, X extends Throwable> T call(Context ctx, Next next, Call<T, X> work) throws X {
      out.incrementAndGet();
      try {
        return next.call(ctx, work);
      } finally {
        out.decrementAndGet();
      }
    }

    @Override
    public <T> CompletionStage<T> callAsync(Context ctx, Next next, AsyncCall<T> work) {
      out.incrementAndGet();
      CompletableFuture<T> answer = new CompletableFuture<>();
      Stages.watch(
          next.callAsync(ctx, work),
          answer,
          (value, failure) -> {
            out.decrementAndGet();
            Stages.complete(answer, value, failure);
          });
      return answer;
    }
  }
}
