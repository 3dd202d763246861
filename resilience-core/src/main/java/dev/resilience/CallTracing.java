package dev.resilience;

import dev.resilience.context.Bindings;
import dev.resilience.context.Context;
import dev.resilience.context.ContextCancelledException;
import dev.resilience.context.Key;
import dev.resilience.observe.CallReport;
import dev.resilience.observe.CallReportCollector;
import dev.resilience.observe.CallReportListener;
import dev.resilience.policy.AsyncCall;
import dev.resilience.policy.Call;
import dev.resilience.policy.Classifier;
import dev.resilience.policy.ContextPolicy;
import dev.resilience.policy.Next;
import dev.resilience.policy.Verdict;
import dev.resilience.stage.Stages;
import dev.resilience.trace.ActiveSpan;
import dev.resilience.trace.SpanRole;
import dev.resilience.trace.SpanSource;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A span for each call of a stack, with what its policies decided as events, and one for each
 * attempt. Stands outside of all policies; {@link Attempts} inside of all. Where nobody listens
 * both pass the call on.
 */
record CallTracing(String name, Classifier classifier, Supplier<String> stack)
    implements ContextPolicy {

  /** What the attempts of a call know of it; hears what is decided while it is decided. */
  private static final class TracedCall implements CallReportListener {

    static final Key<TracedCall> KEY = Key.of("traced call", TracedCall.class);

    private final ActiveSpan span;
    private final AtomicInteger attempts = new AtomicInteger();

    TracedCall(ActiveSpan span) {
      this.span = span;
    }

    int nextAttempt() {
      return attempts.incrementAndGet();
    }

    @Override
    public void on(CallReport report) {}

    @Override
    public void onStep(Context ctx, CallReport.Step step) {
      if (span.isRecording() && !(step.itself() instanceof CallReport.Attempt)) {
        span.event(step.toString());
      }
    }
  }

  @Override
  public <T extends @Nullable Object, X extends Throwable> T call(
      Context ctx, Next next, Call<T, X> work) throws X {
    SpanSource source = SpanSource.of(ctx);
    if (source == null) {
      return next.call(ctx, work);
    }
    try (ActiveSpan span = source.start(ctx, name, SpanRole.CLIENT)) {
      CallReportCollector collector = collector(span);
      T result;
      try {
        result = next.call(collector.context(), work);
      } catch (Throwable failure) {
        failed(span, classifier, ctx, failure);
        collector.failed(failure);
        throw failure;
      }
      returned(span, classifier, result);
      collector.succeeded();
      return result;
    }
  }

  @Override
  public <T extends @Nullable Object> CompletionStage<T> callAsync(
      Context ctx, Next next, AsyncCall<T> work) {
    SpanSource source = SpanSource.of(ctx);
    if (source == null) {
      return next.callAsync(ctx, work);
    }
    ActiveSpan span = source.start(ctx, name, SpanRole.CLIENT);
    CallReportCollector collector = collector(span);
    CompletableFuture<T> told = new CompletableFuture<>();
    Stages.watch(
        next.callAsync(collector.context(), work),
        told,
        (result, failure) -> {
          try (span) {
            if (failure == null) {
              returned(span, classifier, result);
              collector.succeeded();
            } else {
              failed(span, classifier, ctx, failure);
              collector.failed(failure);
            }
          }
          Stages.complete(told, result, failure);
        });
    return told;
  }

  private CallReportCollector collector(ActiveSpan span) {
    TracedCall call = new TracedCall(span);
    Context ctx = span.context();
    return new CallReportCollector(
        stack, classifier, call, ctx, Bindings.on(ctx, 2).set(TracedCall.KEY, call));
  }

  private static void returned(ActiveSpan span, Classifier judge, @Nullable Object result) {
    Verdict verdict;
    try {
      verdict = judge.judgeResult(result);
    } catch (Throwable brokenRule) {
      verdict = Verdict.SUCCESS;
    }
    span.attribute("resilience.verdict", verdict.name());
  }

  /** What the caller gave up on, and what is no failure by the classifier, is none of the span. */
  private static void failed(ActiveSpan span, Classifier judge, Context ctx, Throwable failure) {
    Verdict verdict;
    try {
      verdict = judge.judge(ctx, failure);
    } catch (Throwable brokenRule) {
      verdict = Classifier.ofDefaults().judge(ctx, failure);
    }
    span.attribute("resilience.verdict", verdict.name());
    boolean isFailure =
        switch (verdict) {
          case SUCCESS, IGNORED, CALLER_CANCELLED -> false;
          default -> !(ctx.error() instanceof ContextCancelledException);
        };
    if (isFailure) {
      span.failed(failure);
    }
  }

  /** Stands inside of all policies: a span for each attempt. */
  record Attempts(String name, Classifier classifier) implements ContextPolicy {

    @Override
    public <T extends @Nullable Object, X extends Throwable> T call(
        Context ctx, Next next, Call<T, X> work) throws X {
      SpanSource source = SpanSource.of(ctx);
      if (source == null) {
        return next.call(ctx, work);
      }
      try (ActiveSpan span = start(source, ctx)) {
        T result;
        try {
          result = next.call(span.context(), work);
        } catch (Throwable failure) {
          failed(span, classifier, ctx, failure);
          throw failure;
        }
        returned(span, classifier, result);
        return result;
      }
    }

    @Override
    public <T extends @Nullable Object> CompletionStage<T> callAsync(
        Context ctx, Next next, AsyncCall<T> work) {
      SpanSource source = SpanSource.of(ctx);
      if (source == null) {
        return next.callAsync(ctx, work);
      }
      ActiveSpan span = start(source, ctx);
      CompletableFuture<T> told = new CompletableFuture<>();
      Stages.watch(
          next.callAsync(span.context(), work),
          told,
          (result, failure) -> {
            try (span) {
              if (failure == null) {
                returned(span, classifier, result);
              } else {
                failed(span, classifier, ctx, failure);
              }
            }
            Stages.complete(told, result, failure);
          });
      return told;
    }

    private ActiveSpan start(SpanSource source, Context ctx) {
      ActiveSpan span = source.start(ctx, name + " attempt", SpanRole.CLIENT);
      TracedCall call = ctx.get(TracedCall.KEY);
      return call == null ? span : span.attribute("resilience.attempt", call.nextAttempt());
    }
  }
}
