package dev.resilience.policy;

import dev.resilience.context.CancellableContext;
import dev.resilience.context.Context;
import dev.resilience.error.Failures;
import dev.resilience.stage.CallerFuture;
import dev.resilience.stage.Stages;
import dev.resilience.text.SafeText;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Policies in their order, with the way in and the way out of a call. What {@code
 * dev.resilience.Resilience} is built on; a user needs that class and not this one.
 *
 * <p>Immutable and thread-safe, as long as the policies are.
 */
public final class PolicyChain {

  private final ContextPolicy[] policies;
  private final WorkInvoker innermost;
  private final Next first;

  private PolicyChain(ContextPolicy[] policies, WorkInvoker innermost) {
    this.policies = policies;
    this.innermost = innermost;
    this.first = Next.of(policies, innermost);
  }

  /**
   * A chain.
   *
   * @param outermostFirst the policies; none: calls are only bound to their contexts
   */
  public static PolicyChain of(ContextPolicy... outermostFirst) {
    return new PolicyChain(checked(outermostFirst), WorkInvoker.INTERRUPTING);
  }

  private static ContextPolicy[] checked(ContextPolicy[] outermostFirst) {
    ContextPolicy[] policies = outermostFirst.clone();
    for (int i = 0; i < policies.length; i++) {
      Objects.requireNonNull(policies[i], "outermostFirst[" + i + "]");
    }
    return policies;
  }

  /** These policies, around work that is not interrupted when its context ends. */
  public PolicyChain withoutInterrupts() {
    return new PolicyChain(policies, WorkInvoker.PATIENT);
  }

  /** Other policies, around the work as here. */
  public PolicyChain withPolicies(ContextPolicy... outermostFirst) {
    return new PolicyChain(checked(outermostFirst), innermost);
  }

  /** The policies, the outermost first. */
  public List<ContextPolicy> policies() {
    return List.of(policies);
  }

  /** This chain with a policy around it. */
  public PolicyChain inside(ContextPolicy outermost) {
    ContextPolicy[] more = new ContextPolicy[policies.length + 1];
    more[0] = outermost;
    System.arraycopy(policies, 0, more, 1, policies.length);
    return new PolicyChain(more, innermost);
  }

  /** This chain with a policy inside of all others, around each attempt. */
  public PolicyChain around(ContextPolicy innermostPolicy) {
    ContextPolicy[] more = Arrays.copyOf(policies, policies.length + 1);
    more[policies.length] = innermostPolicy;
    return new PolicyChain(more, innermost);
  }

  /**
   * Does the work on this thread; a context that has ended reaches no policy.
   *
   * @param ctx the caller's context
   * @param work may be called several times, or not at all
   */
  public <T extends @Nullable Object, X extends Throwable> T call(Context ctx, Call<T, X> work)
      throws X {
    if (ctx.isDone()) {
      throw ctx.toException();
    }
    try {
      return first.call(ctx, work);
    } catch (Throwable failure) {
      throw Failures.<X>asThrown(interruptionKept(ctx, failure));
    }
  }

  /**
   * Starts the work and returns a future whose cancelling ends the context of the call.
   *
   * @param ctx the caller's context
   * @param work may be called several times, or not at all
   */
  public <T extends @Nullable Object> CompletionStage<T> callAsync(Context ctx, AsyncCall<T> work) {
    if (ctx.isDone()) {
      return CompletableFuture.failedFuture(ctx.toException());
    }
    @SuppressWarnings("MustBeClosed") // closed by the future
    CancellableContext call = ctx.withCancel();
    CallerFuture<T> result = new CallerFuture<>(call);
    Stages.watch(start(call, work), result, result::settle);
    return result;
  }

  /**
   * Calls the outermost policy, for a context that was looked at; an interruption comes out as it
   * is.
   */
  public <T extends @Nullable Object, X extends Throwable> T proceed(Context ctx, Call<T, X> work)
      throws X {
    return first.call(ctx, work);
  }

  /** The same without blocking. Never throws, never null. */
  public <T extends @Nullable Object> CompletionStage<T> start(Context call, AsyncCall<T> work) {
    return first.callAsync(call, work);
  }

  /** The places of the policies, the outermost first. */
  public List<StackEntry> entries() {
    return Arrays.stream(policies).flatMap(policy -> policy.entries().stream()).toList();
  }

  /** The policies in one line, the outermost first. */
  public String describe() {
    return policies.length == 0
        ? "no policy"
        : Arrays.stream(policies)
            .map(policy -> SafeText.of(policy, SafeText.MOST_OF_MESSAGE))
            .collect(Collectors.joining(" > "));
  }

  /** As {@link #describe}. */
  @Override
  public String toString() {
    return describe();
  }

  /**
   * What came out of a synchronous call. An interruption that nobody inside has claimed is not lost
   * with whatever is done about the failure.
   *
   * @param ctx of the call
   * @param failure as it was thrown
   */
  public static Throwable interruptionKept(Context ctx, Throwable failure) {
    return failure instanceof InterruptedException interrupted
        ? Failures.interrupted(ctx, interrupted)
        : failure;
  }
}
