package dev.resilience.configuration;

import static java.util.Objects.requireNonNull;

import dev.resilience.Resilience;
import dev.resilience.context.CancellableContext;
import dev.resilience.context.Context;
import dev.resilience.policy.Action;
import dev.resilience.policy.AsyncCall;
import dev.resilience.policy.Call;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * A stack by its name, as it is configured just now. Keep this, and not what {@link #current}
 * returns.
 *
 * <pre>{@code
 * private final LiveStack quotes = live.stack("quotes");
 *
 * Quote quote = quotes.call(ctx, c -> api.quote(c, order));
 * Quote safe = quotes.current().withFallback(fallback).call(ctx, c -> api.quote(c, order));
 * }</pre>
 *
 * <p>A call goes through the stack that is there when it begins, to its end, whatever is changed
 * meanwhile. One whose context has no deadline gets the default time limit, and none has more time
 * than the maximum: see {@link LiveConfiguration#withLimit}.
 *
 * <p>Thread-safe. Costs two volatile reads for each call, and a child context where a limit has to
 * be set.
 */
public final class LiveStack {

  private final String name;
  private final LiveConfiguration owner;
  private final LimitLink limitLink;
  private volatile StackParts parts;

  /** Whether somebody has it: it cannot be taken away then. Guarded by the owner's lock. */
  private boolean isHeld;

  LiveStack(String name, LiveConfiguration owner, LimitLink limitLink, StackParts parts) {
    this.name = name;
    this.owner = owner;
    this.limitLink = limitLink;
    this.parts = parts;
  }

  /** The name in the configuration. */
  public String name() {
    return name;
  }

  /** The stack of this moment, without the time limits of contexts. */
  public Resilience current() {
    return parts.stack();
  }

  /**
   * As {@link Resilience#call}, by the stack of this moment.
   *
   * @param ctx the caller's context
   * @param work may be called several times, or not at all
   */
  public <T extends @Nullable Object, X extends Throwable> T call(Context ctx, Call<T, X> work)
      throws X {
    ContextLimits limits = owner.limits();
    if (!limits.areExceededBy(ctx)) {
      return current().call(ctx, work);
    }
    try (CancellableContext limited = limits.derive(ctx)) {
      return current().call(limited, work);
    }
  }

  /**
   * As {@link #call}, for work without a result.
   *
   * @param ctx the caller's context
   * @param work may be done several times, or not at all
   */
  public <X extends Throwable> void run(Context ctx, Action<X> work) throws X {
    call(ctx, requireNonNull(work, "work"));
  }

  /**
   * As {@link Resilience#callAsync}, by the stack of this moment.
   *
   * @param ctx the caller's context
   * @param work may be called several times, or not at all
   */
  public <T extends @Nullable Object> CompletionStage<T> callAsync(Context ctx, AsyncCall<T> work) {
    ContextLimits limits = owner.limits();
    if (!limits.areExceededBy(ctx)) {
      return current().callAsync(ctx, work);
    }
    @SuppressWarnings("MustBeClosed") // closed when the stage completes
    CancellableContext limited = limits.derive(ctx);
    return closing(limited, current().callAsync(limited, work));
  }

  /**
   * As {@link Resilience#callOn}, by the stack of this moment.
   *
   * @param ctx the caller's context
   * @param executor runs the whole call
   * @param work may be called several times, or not at all
   */
  public <T extends @Nullable Object, X extends Throwable> CompletionStage<T> callOn(
      Context ctx, Executor executor, Call<T, X> work) {
    ContextLimits limits = owner.limits();
    if (!limits.areExceededBy(ctx)) {
      return current().callOn(ctx, executor, work);
    }
    @SuppressWarnings("MustBeClosed") // closed when the stage completes
    CancellableContext limited = limits.derive(ctx);
    return closing(limited, current().callOn(limited, executor, work));
  }

  /** The same stage: to cancel it reaches the call. */
  private static <T extends @Nullable Object> CompletionStage<T> closing(
      CancellableContext limited, CompletionStage<T> stage) {
    stage.handle(
        (value, failure) -> {
          limited.close();
          return null;
        });
    return stage;
  }

  /** The stack of this moment in one line, outermost first. */
  @Override
  public String toString() {
    return name + ": " + current().describe();
  }

  // ---- for its owner

  void hold() {
    isHeld = true;
  }

  boolean isHeld() {
    return isHeld;
  }

  LimitLink limitLink() {
    return limitLink;
  }

  StackParts parts() {
    return parts;
  }

  void swap(StackParts next) {
    parts = next;
  }
}
