package dev.resilience;

import static java.util.Objects.requireNonNull;

import com.google.errorprone.annotations.CheckReturnValue;
import dev.resilience.context.CancellableContext;
import dev.resilience.context.Context;
import dev.resilience.context.Registration;
import dev.resilience.error.CallInterruptedException;
import dev.resilience.error.Failures;
import dev.resilience.error.ResilienceException;
import dev.resilience.observe.CallReportCollector;
import dev.resilience.observe.CallReportListener;
import dev.resilience.observe.PolicyListener;
import dev.resilience.policy.Action;
import dev.resilience.policy.AsyncCall;
import dev.resilience.policy.Call;
import dev.resilience.policy.Classifier;
import dev.resilience.policy.ContextPolicy;
import dev.resilience.policy.Fallback;
import dev.resilience.policy.PolicyChain;
import dev.resilience.policy.PolicyRole;
import dev.resilience.policy.StackEntry;
import dev.resilience.stage.CallerFuture;
import dev.resilience.stage.Stages;
import dev.resilience.text.SafeText;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * A stack of policies around calls, the outermost first.
 *
 * <pre>{@code
 * Resilience payments = Resilience.forHttp("payments");           // a preset: start here
 * Resilience payments = Resilience.of(retry, breaker, timeout);   // or by hand
 *
 * Quote quote = payments.call(ctx, c -> api.quote(c, order));
 * CompletionStage<Quote> later = payments.callAsync(ctx, c -> api.quoteAsync(c, order));
 * }</pre>
 *
 * <p>Each policy sees what is inside it as one call: {@code of(retry, timeout)} limits each
 * attempt, {@code of(timeout, retry)} limits all attempts together. The same policy object may
 * stand in many stacks, which then share its state.
 *
 * <p>A call whose context has ended fails at once with that context's exception, and does not reach
 * the policies. The work gets a context of its own to pass on; it may have less time than the
 * caller's.
 *
 * <p>Immutable and thread-safe, as long as the policies are. A call that succeeds at once costs the
 * policies' own steps, and a reading of the clock if its context has a deadline; nothing is
 * allocated here. An asynchronous call costs a few small objects.
 */
public final class Resilience {

  private static final Logger LOG = System.getLogger(Resilience.class.getName());

  private final String name;
  private final PolicyChain policies;
  private final List<String> warnings;
  private final Classifier classifier;
  private final @Nullable CallReportListener reports;
  private final @Nullable PolicyListener listener;
  private final boolean traced;

  /** The policies, with what observes them. */
  private final PolicyChain chain;

  /** The same without the listener. */
  private final PolicyChain unheard;

  private Resilience(
      String name,
      PolicyChain policies,
      List<String> warnings,
      Classifier classifier,
      @Nullable CallReportListener reports,
      @Nullable PolicyListener listener,
      boolean traced) {
    this.name = name;
    this.policies = policies;
    this.warnings = warnings;
    this.classifier = classifier;
    this.reports = reports;
    this.listener = listener;
    this.traced = traced;
    this.unheard = observed(null);
    this.chain = listener == null ? unheard : observed(listener);
  }

  private PolicyChain observed(@Nullable PolicyListener heard) {
    PolicyChain whole =
        traced ? policies.around(new CallTracing.Attempts(name, classifier)) : policies;
    if (heard != null) {
      whole = whole.inside(new CallObserver(name, classifier, heard));
    }
    return traced ? whole.inside(new CallTracing(name, classifier, this::describe)) : whole;
  }

  /**
   * A stack. Where its order leads to what is seldom meant, the log says so, and {@link #warnings}.
   *
   * @param outermostFirst the policies; none: calls are only bound to their contexts
   */
  public static Resilience of(ContextPolicy... outermostFirst) {
    PolicyChain policies = PolicyChain.of(outermostFirst);
    return new Resilience(
        "call", policies, warned(policies), Classifier.ofDefaults(), null, null, false);
  }

  private static List<String> warned(PolicyChain policies) {
    List<String> warnings = StackWarnings.of(policies.entries());
    for (String warning : warnings) {
      LOG.log(Level.WARNING, warning);
    }
    return warnings;
  }

  /**
   * The stack for a service over HTTP, with all defaults: retry, hedge, circuit breaker and
   * adaptive concurrency limit. For requests that may be repeated; for others {@link
   * Preset#unrepeatable}.
   *
   * @param name of the service, in events, reports and messages; not blank
   * @see Preset#http
   */
  public static Resilience forHttp(String name) {
    return Preset.http(name).build();
  }

  /**
   * The stack for remote procedure calls, with all defaults. For calls that may be repeated; for
   * others {@link Preset#unrepeatable}.
   *
   * @param name of the service, in events, reports and messages; not blank
   * @see Preset#rpc
   */
  public static Resilience forRpc(String name) {
    return Preset.rpc(name).build();
  }

  /**
   * The stack for a database, with all defaults: only what was refused before work is retried.
   *
   * @param name of the database, in events, reports and messages; not blank
   * @see Preset#database
   */
  public static Resilience forDatabase(String name) {
    return Preset.database(name).build();
  }

  /**
   * The stack for a cache, with all defaults: circuit breaker and adaptive concurrency limit.
   *
   * @param name of the cache, in events, reports and messages; not blank
   * @see Preset#cache
   */
  public static Resilience forCache(String name) {
    return Preset.cache(name).build();
  }

  /**
   * Does the work on this thread.
   *
   * @param ctx the caller's context
   * @param work may be called several times, or not at all
   * @return the result of the work
   * @throws X what the work throws, as it was thrown; with retries the last failure
   * @throws dev.resilience.context.ContextException if {@code ctx} has ended and the work had no
   *     result; what the work threw then is suppressed in it
   * @throws ResilienceException if a policy made the call fail
   * @throws CallInterruptedException if this thread was interrupted from outside; the flag is set
   */
  public <T extends @Nullable Object, X extends Throwable> T call(Context ctx, Call<T, X> work)
      throws X {
    requireNonNull(work, "work");
    return reports == null ? chain().call(ctx, work) : callReported(ctx, work);
  }

  private <T extends @Nullable Object, X extends Throwable> T callReported(
      Context ctx, Call<T, X> work) throws X {
    if (ctx.isDone()) {
      throw ctx.toException();
    }
    CallReportCollector collector = requireNonNull(collector(ctx));
    T result;
    try {
      result = chain().call(collector.context(), work);
    } catch (Throwable failure) {
      collector.failed(failure);
      throw Failures.<X>asThrown(failure);
    }
    collector.succeeded();
    return result;
  }

  /**
   * As {@link #call}, for work without a result.
   *
   * @param ctx the caller's context
   * @param work may be done several times, or not at all
   */
  public <X extends Throwable> void run(Context ctx, Action<X> work) throws X {
    call(ctx, work);
  }

  /**
   * Starts the work and returns at once.
   *
   * <p>The stage fails with the failure itself, as {@code whenComplete} and {@code handle} see it;
   * only {@code join} and {@code get} wrap it, as they always do. When the context ends, the stage
   * completes at once, whether or not the work's own stage ever does. To cancel the future of the
   * stage ({@code stage.toCompletableFuture().cancel(true)}), or to complete it otherwise, counts
   * as the caller's cancelling: the context that the work was given ends.
   *
   * <p>The context that the work was given also ends when the stage completes. The stage that the
   * work returned is never cancelled from here, because others may wait for it; where it is the
   * work's own, say so: {@code c.onAbort(() -> future.cancel(true))}.
   *
   * @param ctx the caller's context
   * @param work may be called several times, or not at all; runs on this thread, or on the executor
   *     of the time source for further attempts
   */
  public <T extends @Nullable Object> CompletionStage<T> callAsync(Context ctx, AsyncCall<T> work) {
    requireNonNull(work, "work");
    if (reports == null || ctx.isDone()) {
      return chain().callAsync(ctx, work);
    }
    @SuppressWarnings("MustBeClosed") // closed by the future
    CancellableContext call = ctx.withCancel();
    CallerFuture<T> result = new CallerFuture<>(call);
    CallReportCollector collector = requireNonNull(collector(call));
    Stages.watch(
        chain().start(collector.context(), work),
        result,
        (value, failure) -> {
          try {
            if (failure == null) {
              collector.succeeded();
            } else {
              collector.failed(failure);
            }
          } finally {
            result.settle(value, failure);
          }
        });
    return result;
  }

  /**
   * Starts blocking work on another thread and returns at once.
   *
   * <pre>{@code
   * CompletionStage<Page> page = pages.callOn(ctx, executor, c -> readBlocking(c, url));
   * }</pre>
   *
   * <p>The stage completes when the context ends, also while the work waits for a thread, and the
   * work is interrupted then. Cancelling the stage's future ends the context of the call. What a
   * thread carries besides the context (thread-locals, scoped values) does not come along, unless
   * the executor brings it.
   *
   * @param ctx the caller's context
   * @param executor runs the whole call, back-offs included; one that refuses fails the call. On a
   *     JVM that has them, one of virtual threads
   * @param work may be called several times, or not at all
   */
  public <T extends @Nullable Object, X extends Throwable> CompletionStage<T> callOn(
      Context ctx, Executor executor, Call<T, X> work) {
    requireNonNull(executor, "executor");
    requireNonNull(work, "work");
    @SuppressWarnings("MustBeClosed") // closed by the future
    CancellableContext call = ctx.withCancel();
    CallerFuture<T> result = new CallerFuture<>(call);
    Registration end = call.onDone(() -> result.settle(null, call.toException()));
    try {
      executor.execute(() -> settleBy(result, end, call, work));
    } catch (Throwable refused) {
      end.withdraw();
      result.settle(null, refused);
    }
    return result;
  }

  private <T extends @Nullable Object, X extends Throwable> void settleBy(
      CallerFuture<T> result, Registration end, Context call, Call<T, X> work) {
    T value = null;
    Throwable failure = null;
    try {
      value = call(call, work);
    } catch (Throwable thrown) {
      failure = thrown;
    }
    end.withdraw();
    result.settle(value, failure);
  }

  /**
   * This stack, with something else to answer when a call fails. A fallback stands outside of all
   * policies, and knows the type of the answer.
   *
   * <pre>{@code
   * Quote safe = payments
   *     .withFallback(Fallbacks.onOpenCircuit((c, e) -> stale.quote(c)).otherwise(Quote.NONE))
   *     .call(ctx, c -> api.quote(c, order));
   * }</pre>
   *
   * @param fallback made with {@code dev.resilience.fallback.Fallbacks}
   */
  @CheckReturnValue
  public <T extends @Nullable Object> WithFallback<T> withFallback(Fallback<? extends T> fallback) {
    return new WithFallback<>(this, requireNonNull(fallback, "fallback"), classifier);
  }

  /**
   * This stack, with a listener that hears the report of each call in which anything happened but a
   * success at the first attempt: failures, further attempts, waits, hedges, circuits that changed,
   * and what a fallback answered. An exception that is thrown then carries that report, too.
   *
   * <pre>{@code
   * Resilience told = Resilience.of(retry, breaker, timeout)
   *     .withReports(report -> log.log(INFO, report.toTree()));
   * }</pre>
   *
   * <p>A stack inside the work of such a call adds to its report, whether it has a listener or not.
   *
   * <p>Costs a child context and one small object for each call, 112 bytes; without a listener
   * nothing.
   *
   * @param reports in place of the one that was there
   */
  @CheckReturnValue
  public Resilience withReports(CallReportListener reports) {
    return new Resilience(
        name, policies, warnings, classifier, requireNonNull(reports, "reports"), listener, traced);
  }

  /**
   * This stack, under a name for its listener.
   *
   * @param newName not blank. Default: "call"
   */
  @CheckReturnValue
  public Resilience named(String newName) {
    return new Resilience(
        SafeText.name(newName), policies, warnings, classifier, reports, listener, traced);
  }

  /**
   * This stack, with a listener that hears how each call ended that reached the policies, successes
   * too: a {@link dev.resilience.observe.PolicyEvent.CallCompleted} with the verdict and the time
   * taken, from which rates and latencies can be had. What single policies do their own listeners
   * hear.
   *
   * <p>Costs two readings of the clock and one event for each call; without a listener nothing.
   *
   * @param newListener in place of the one that was there
   */
  @CheckReturnValue
  public Resilience withListener(PolicyListener newListener) {
    return new Resilience(
        name,
        policies,
        warnings,
        classifier,
        reports,
        PolicyListener.contained(newListener),
        traced);
  }

  /**
   * This stack, with a span for each call, in which what the policies decided stands as events, and
   * one for each attempt: wherever the context has a {@link dev.resilience.trace.SpanSource}, such
   * as the built-in {@link dev.resilience.trace.SpanTree} or OpenTelemetry's.
   *
   * <pre>{@code
   * SpanTree spans = SpanTree.record(request);
   * payments.withSpans().call(spans.context(), c -> api.quote(c, order));
   * log.log(INFO, spans.toText());
   * }</pre>
   *
   * <p>The spans are named after the stack: "payments" and "payments attempt". What the caller gave
   * up on is no failure of a span. An exception that is thrown carries the {@linkplain #withReports
   * report} of the call.
   *
   * <p>Costs two looks at the values of the context for each call where it has no source.
   */
  public Resilience withSpans() {
    return new Resilience(name, policies, warnings, classifier, reports, listener, true);
  }

  /**
   * As {@link #withListener}, beside the listener that is there already.
   *
   * @param more hears after that one
   */
  public Resilience withAddedListener(PolicyListener more) {
    return withListener(listener == null ? more : PolicyListener.both(listener, more));
  }

  /**
   * As {@link #withReports}, beside the listener that is there already.
   *
   * @param more hears after that one
   */
  public Resilience withAddedReports(CallReportListener more) {
    CallReportListener first = reports;
    requireNonNull(more, "reports");
    return first == null ? withReports(more) : withReports(CallReportListener.both(first, more));
  }

  /**
   * This stack, with another judgement of what became of a call, for its reports, its listener and
   * its fallback. Policies judge by the classifiers that they were built with.
   *
   * @param newClassifier best the one that the policies have
   */
  @CheckReturnValue
  public Resilience withClassifier(Classifier newClassifier) {
    return new Resilience(
        name,
        policies,
        warnings,
        requireNonNull(newClassifier, "classifier"),
        reports,
        listener,
        traced);
  }

  /**
   * A stack of other policies, with the name, the classifier and the listeners of this one: to
   * replace some policies of a preset and keep the rest, with their state.
   *
   * <pre>{@code
   * List<ContextPolicy> parts = new ArrayList<>(quotes.policies());
   * parts.add(FixedTimeout.of(ofMillis(200)));
   * Resilience limited = quotes.withPolicies(parts.toArray(ContextPolicy[]::new));
   * }</pre>
   *
   * @param outermostFirst the policies; none: calls are only bound to their contexts
   */
  @CheckReturnValue
  public Resilience withPolicies(ContextPolicy... outermostFirst) {
    PolicyChain others = policies.withPolicies(outermostFirst);
    return new Resilience(name, others, warned(others), classifier, reports, listener, traced);
  }

  /** The policies, the outermost first. */
  public List<ContextPolicy> policies() {
    return policies.policies();
  }

  /** What the policies do, the outermost first. */
  public List<PolicyRole> roles() {
    return policies.entries().stream().map(StackEntry::role).toList();
  }

  /** What outcomes mean, for its reports, its listener and its fallback. */
  public Classifier classifier() {
    return classifier;
  }

  /** The name, for its listener. */
  public String name() {
    return name;
  }

  /**
   * This stack, around work that must not be interrupted. Usually the thread of blocking work is
   * interrupted when its context ends, by a time-out, the caller's deadline or a cancel. But a
   * thread that is interrupted while it uses a {@link java.nio.channels.FileChannel} closes it, for
   * all who share it: embedded H2, Lucene.
   *
   * <pre>{@code
   * Resilience index = Resilience.of(breaker, timeout).withoutInterrupts();
   * }</pre>
   *
   * <p>Work that does not look at its context holds its caller up then; free it with {@link
   * Context#onAbort}. Changes nothing for {@code callAsync}.
   */
  @CheckReturnValue
  public Resilience withoutInterrupts() {
    return new Resilience(
        name, policies.withoutInterrupts(), warnings, classifier, reports, listener, traced);
  }

  /** The stack in one line, outermost first. */
  public String describe() {
    return policies.describe();
  }

  /**
   * What the order of this stack leads to, where that is seldom meant; empty for most stacks. All
   * of it is legal. Made when the stack is built, from the {@linkplain ContextPolicy#role roles} of
   * its policies.
   */
  public List<String> warnings() {
    return warnings;
  }

  /** As {@link #describe}. */
  @Override
  public String toString() {
    return describe();
  }

  /** The report of a call that begins; null if nobody listens. */
  @Nullable CallReportCollector collector(Context ctx) {
    return reports == null
        ? null
        : new CallReportCollector(this::describe, classifier, reports, ctx);
  }

  /**
   * The policies, with what observes them; a listener that wants no calls just now has no place
   * among them, since a place costs more than the question.
   */
  PolicyChain chain() {
    return listener == null || listener.wantsCalls() ? chain : unheard;
  }
}
