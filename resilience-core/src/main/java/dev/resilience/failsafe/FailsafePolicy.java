package dev.resilience.failsafe;

import dev.failsafe.Bulkhead;
import dev.failsafe.CircuitBreaker;
import dev.failsafe.ExecutionContext;
import dev.failsafe.Failsafe;
import dev.failsafe.FailsafeExecutor;
import dev.failsafe.Policy;
import dev.failsafe.RateLimiter;
import dev.failsafe.RetryPolicy;
import dev.failsafe.Timeout;
import dev.failsafe.spi.Scheduler;
import dev.resilience.context.BlockingWork;
import dev.resilience.context.CancellableContext;
import dev.resilience.context.Context;
import dev.resilience.context.Registration;
import dev.resilience.error.Failures;
import dev.resilience.policy.AsyncCall;
import dev.resilience.policy.Call;
import dev.resilience.policy.ContextPolicy;
import dev.resilience.policy.Next;
import dev.resilience.policy.PolicyRole;
import dev.resilience.policy.StackEntry;
import dev.resilience.stage.Stages;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Policies of Failsafe's as one of ours. Failsafe runs them as ever, for one call under one
 * context: it interrupts what waits on the caller's thread when that ends, delays are those of the
 * context's time source, and what Failsafe cancels hears of it by a context of its own.
 */
final class FailsafePolicy implements ContextPolicy {

  private final List<Policy<Object>> policies;

  private FailsafePolicy(List<Policy<Object>> policies) {
    this.policies = policies;
  }

  @SuppressWarnings("unchecked") // what they see of results are those of the user's calls
  static FailsafePolicy of(Policy<?>[] outermostFirst) {
    return new FailsafePolicy(
        Arrays.stream(outermostFirst).map(policy -> (Policy<Object>) policy).toList());
  }

  @Override
  @SuppressWarnings({"unchecked", "NullAway"}) // Failsafe's results may be null
  public <T extends @Nullable Object, X extends Throwable> T call(
      Context ctx, Next next, Call<T, X> work) throws X {
    FailsafeExecutor<Object> failsafe = executor(ctx);
    BlockingWork<Object, RuntimeException> blocking =
        () -> failsafe.get(execution -> attempt(ctx, execution, next, work));
    try {
      return (T) ctx.interruptibly(blocking);
    } catch (Throwable failure) {
      throw Failures.<X>asThrown(FailsafeFailures.ours(failure));
    }
  }

  /** Under a context that ends when Failsafe cancels the attempt. */
  private <T extends @Nullable Object, X extends Throwable> T attempt(
      Context ctx, ExecutionContext<?> execution, Next next, Call<T, X> work) throws X {
    try (CancellableContext attempt = ctx.withCancel()) {
      execution.onCancel(attempt::cancel);
      return next.call(attempt, work);
    } catch (Throwable failure) {
      throw Failures.<X>asThrown(FailsafeFailures.theirs(failure));
    }
  }

  @Override
  @SuppressWarnings({"unchecked", "NullAway"})
  public <T extends @Nullable Object> CompletionStage<T> callAsync(
      Context ctx, Next next, AsyncCall<T> work) {
    CompletableFuture<T> answer = new CompletableFuture<>();
    CompletableFuture<Object> running;
    try {
      running =
          executor(ctx)
              .getStageAsync(
                  execution -> (CompletionStage<Object>) attemptAsync(ctx, execution, next, work));
    } catch (Throwable failure) {
      return CompletableFuture.failedFuture(FailsafeFailures.ours(failure));
    }
    Registration end = ctx.onDone(() -> answer.completeExceptionally(ctx.toException()));
    CompletionStage<Object> stage = running;
    Stages.watch(
        stage,
        answer,
        (value, failure) -> {
          end.withdraw();
          Stages.complete(
              answer, (T) value, failure == null ? null : FailsafeFailures.ours(failure));
        });
    return answer;
  }

  private static <T extends @Nullable Object> CompletionStage<T> attemptAsync(
      Context ctx, ExecutionContext<?> execution, Next next, AsyncCall<T> work) {
    if (ctx.isDone()) {
      // It waited for a permit meanwhile.
      return CompletableFuture.failedFuture(ctx.toException());
    }
    @SuppressWarnings("MustBeClosed") // closed when the stage completes
    CancellableContext attempt = ctx.withCancel();
    try {
      execution.onCancel(attempt::cancel);
      CompletableFuture<T> result = new CompletableFuture<>();
      Stages.watch(
          next.callAsync(attempt, work),
          result,
          (value, failure) -> {
            attempt.close();
            Stages.complete(
                result, value, failure == null ? null : FailsafeFailures.theirs(failure));
          });
      return result;
    } catch (Throwable broken) {
      attempt.close();
      return CompletableFuture.failedFuture(broken);
    }
  }

  private FailsafeExecutor<Object> executor(Context ctx) {
    Scheduler scheduler = new ContextScheduler(ctx);
    List<Policy<Object>> bound = new ArrayList<>(policies.size());
    for (Policy<Object> policy : policies) {
      bound.add(new FailsafePolicyAdapter(policy, ctx, scheduler));
    }
    return Failsafe.with(bound).with(scheduler);
  }

  /** As many places as there are policies. */
  @Override
  public List<StackEntry> entries() {
    return policies.stream()
        .map(policy -> new StackEntry(policy, role(policy), name(policy)))
        .toList();
  }

  /** That of the outermost one. */
  @Override
  public PolicyRole role() {
    return role(policies.get(0));
  }

  private static PolicyRole role(Policy<?> policy) {
    if (policy instanceof RetryPolicy) {
      return PolicyRole.RETRY;
    } else if (policy instanceof CircuitBreaker) {
      return PolicyRole.BREAKER;
    } else if (policy instanceof Timeout) {
      return PolicyRole.TIMEOUT;
    } else if (policy instanceof dev.failsafe.Fallback) {
      return PolicyRole.FALLBACK;
    } else if (policy instanceof Bulkhead || policy instanceof RateLimiter) {
      return PolicyRole.LIMIT;
    }
    return PolicyRole.OTHER;
  }

  @Override
  public String toString() {
    return policies.stream().map(FailsafePolicy::name).collect(Collectors.joining(" > "));
  }

  private static String name(Policy<?> policy) {
    return "Failsafe's " + kind(policy);
  }

  private static String kind(Policy<?> policy) {
    if (policy instanceof RetryPolicy) {
      return "retry policy";
    } else if (policy instanceof CircuitBreaker) {
      return "circuit breaker";
    } else if (policy instanceof Timeout) {
      return "timeout";
    } else if (policy instanceof dev.failsafe.Fallback) {
      return "fallback";
    } else if (policy instanceof Bulkhead) {
      return "bulkhead";
    } else if (policy instanceof RateLimiter) {
      return "rate limiter";
    }
    return policy.getClass().getSimpleName();
  }
}
