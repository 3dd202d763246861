package dev.resilience;

import static java.util.Objects.requireNonNull;

import dev.resilience.breaker.Breaker;
import dev.resilience.context.Context;
import dev.resilience.error.AttemptTimeoutException;
import dev.resilience.hedge.Hedge;
import dev.resilience.limit.ConcurrencyLimit;
import dev.resilience.observe.PolicyEvent;
import dev.resilience.observe.PolicyListener;
import dev.resilience.policy.Classifier;
import dev.resilience.policy.ContextPolicy;
import dev.resilience.policy.PolicyRole;
import dev.resilience.policy.RetryBudget;
import dev.resilience.policy.StackEntry;
import dev.resilience.policy.Verdict;
import dev.resilience.retry.Backoff;
import dev.resilience.retry.Retry;
import dev.resilience.text.SafeText;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Builds the stack for one kind of dependency: all parts in the right order, with defaults that
 * leave a healthy service alone.
 *
 * <pre>{@code
 * Resilience quotes = Resilience.forHttp("quotes");                 // all defaults
 *
 * Resilience payments = Preset.http("payments")                     // or some replaced
 *     .unrepeatable()
 *     .breaker(b -> b.consecutiveFailures(5))
 *     .listener(event -> log.log(INFO, event.toString()))
 *     .build();
 * }</pre>
 *
 * <p>The parts, outermost first:
 *
 * <table>
 *   <caption>Parts of each preset</caption>
 *   <tr><th>part</th><th>HTTP, RPC</th><th>database</th><th>cache</th></tr>
 *   <tr><td>retry: 3 attempts, full jitter, a budget of 20 %</td>
 *       <td>yes</td><td>only what was refused before work</td><td>no</td></tr>
 *   <tr><td>hedge, at the 95th percentile, at least two medians, from the same budget</td>
 *       <td>yes</td><td>no</td><td>no</td></tr>
 *   <tr><td>circuit breaker: half of 20 calls failed; probed after 100 to 400 ms</td>
 *       <td>yes</td><td>yes</td><td>yes</td></tr>
 *   <tr><td>adaptive concurrency limit</td><td>yes</td><td>yes</td><td>yes</td></tr>
 * </table>
 *
 * <p>There is no time-out among them: the time-out of a call is the deadline of its context, and
 * the limit learns from the calls that it cuts off. A fixed one of half the deadline cost a third
 * of the useful answers in overload (docs/overload.md). A call without any deadline waits as long
 * as the dependency lets it.
 *
 * <p>Not thread-safe; the stack is.
 */
public final class Preset {

  private static final Duration SHORTEST_OPEN = Duration.ofMillis(100);
  private static final Duration LONGEST_OPEN = Duration.ofMillis(400);

  /** It may have been done: it is not done again, and yet a failure. */
  private static final Verdict FINAL = Verdict.PERMANENT_FAILURE;

  private final String name;
  private boolean isHttp;
  private boolean isRetried;
  private boolean isRepeatable;
  private boolean isHedged;
  private boolean isBroken = true;
  private boolean isLimited = true;
  private Predicate<? super Exception> notBegun = failure -> false;
  private Predicate<Object> doubtful = HttpStatus::isDoubtful;
  private @Nullable Resilience shared;
  private Classifier classifier = Classifier.ofDefaults();
  private PolicyListener listener = PolicyListener.none();
  private @Nullable RetryBudget budget;
  private UnaryOperator<Retry.Builder> retry = UnaryOperator.identity();
  private UnaryOperator<Hedge.Builder> hedge = UnaryOperator.identity();
  private UnaryOperator<Breaker.Builder> breaker = UnaryOperator.identity();
  private UnaryOperator<ConcurrencyLimit.AdaptiveBuilder> limit = UnaryOperator.identity();

  private Preset(String name) {
    this.name = SafeText.name(name);
  }

  /**
   * For a service over HTTP. A {@link java.net.http.HttpResponse} is judged as in {@link
   * dev.resilience.propagation.HttpOutcome}: 429, and a 503 that says when to come again, were
   * refused before work, 500 to 599 are failures, all others are answers.
   *
   * @param name of the service, in events, reports and messages; not blank
   */
  public static Preset http(String name) {
    Preset preset = rpc(name);
    preset.isHttp = true;
    return preset;
  }

  /**
   * For a remote procedure call of which nothing is known but its exceptions.
   *
   * @param name of the service, in events, reports and messages; not blank
   */
  public static Preset rpc(String name) {
    Preset preset = new Preset(name);
    preset.isRetried = true;
    preset.isRepeatable = true;
    preset.isHedged = true;
    return preset;
  }

  /**
   * For a database: a statement that may have been executed is not repeated.
   *
   * @param name of the database, in events, reports and messages; not blank
   */
  public static Preset database(String name) {
    Preset preset = new Preset(name);
    preset.isRetried = true;
    return preset;
  }

  /**
   * For a cache, from which one rather turns to the source than tries again.
   *
   * @param name of the cache, in events, reports and messages; not blank
   */
  public static Preset cache(String name) {
    return new Preset(name);
  }

  /**
   * The work must not be done twice, such as a payment: it is not hedged, and retried only where it
   * was refused before work. Of HTTP responses these are those of which {@link
   * dev.resilience.propagation.HttpOutcome#isRefusedBeforeWork} says so.
   */
  public Preset unrepeatable() {
    return unrepeatable(failure -> false);
  }

  /**
   * As {@link #unrepeatable()}, where some failures say that the work has not begun either, such as
   * a refused connection: these are retried, and yet count as failures of the service.
   *
   * @param neverBegun whether a failure of the work says so; must be thread-safe
   */
  public Preset unrepeatable(Predicate<? super Exception> neverBegun) {
    isRepeatable = false;
    isHedged = false;
    notBegun = requireNonNull(neverBegun, "neverBegun");
    return this;
  }

  /**
   * For a protocol whose refusals do not all say that nothing was done. Those that leave it open
   * are no mark against the service, and yet not tried again where the work is {@linkplain
   * #unrepeatable() unrepeatable}. Adds to what is known of HTTP, and to what was given before.
   *
   * @param refusal whether a refusal, which is a result or a failure of the work, may have come in
   *     the middle of the work; must be thread-safe
   */
  public Preset doubtfulIf(Predicate<Object> refusal) {
    doubtful = doubtful.or(requireNonNull(refusal, "refusal"));
    return this;
  }

  /**
   * The circuit breaker and the concurrency limit of another stack, in place of new ones: for two
   * stacks to one service, of which one is for what must not be repeated. Give both the same {@link
   * #budget}.
   *
   * @param other has a breaker and a limit; what it has not is not there
   */
  public Preset limitsOf(Resilience other) {
    shared = requireNonNull(other, "other");
    return this;
  }

  /** No retry. */
  public Preset withoutRetry() {
    isRetried = false;
    return this;
  }

  /** No hedge. */
  public Preset withoutHedge() {
    isHedged = false;
    return this;
  }

  /** No circuit breaker. */
  public Preset withoutBreaker() {
    isBroken = false;
    return this;
  }

  /** No concurrency limit. */
  public Preset withoutLimit() {
    isLimited = false;
    return this;
  }

  /**
   * What outcomes mean, for all parts; the rules for HTTP statuses are added to it.
   *
   * @param newClassifier default: {@link Classifier#ofDefaults}
   */
  public Preset classifier(Classifier newClassifier) {
    classifier = requireNonNull(newClassifier, "classifier");
    return this;
  }

  /** Hears all parts, and how each call ended. Default: nobody. */
  public Preset listener(PolicyListener newListener) {
    listener = PolicyListener.contained(newListener);
    return this;
  }

  /** Pays retries and hedges. Default: a budget of its own, 20 % of the successful calls. */
  public Preset budget(RetryBudget newBudget) {
    budget = requireNonNull(newBudget, "budget");
    return this;
  }

  /** Changes the retry. */
  public Preset retry(UnaryOperator<Retry.Builder> changes) {
    retry = requireNonNull(changes, "changes");
    return this;
  }

  /** Changes the hedge. */
  public Preset hedge(UnaryOperator<Hedge.Builder> changes) {
    hedge = requireNonNull(changes, "changes");
    return this;
  }

  /** Changes the circuit breaker. */
  public Preset breaker(UnaryOperator<Breaker.Builder> changes) {
    breaker = requireNonNull(changes, "changes");
    return this;
  }

  /** Changes the concurrency limit. */
  public Preset limit(UnaryOperator<ConcurrencyLimit.AdaptiveBuilder> changes) {
    limit = requireNonNull(changes, "changes");
    return this;
  }

  /** The stack. Each call builds new parts, which share nothing but the budget that was given. */
  public Resilience build() {
    Classifier judge = isHttp ? HttpStatus.judgedIn(classifier) : classifier;
    RetryBudget account = budget != null ? budget : RetryBudget.ofDefaults();
    List<ContextPolicy> parts = new ArrayList<>();
    PolicyListener heard = listener;
    if (isRetried) {
      Retry part = retry(judge, account);
      parts.add(part);
      heard = both(heard, part.limitListener());
    }
    if (isHedged) {
      Hedge.Builder builder = Hedge.builder(name).classifier(judge).listener(listener);
      // Whoever has the budget alone fills it, too.
      Hedge part =
          hedge.apply(isRetried ? builder.sharedBudget(account) : builder.budget(account)).build();
      parts.add(part);
      heard = both(heard, part.limitListener());
    }
    if (shared != null) {
      parts.addAll(limitsOf(shared.chain().entries()));
      return built(parts, judge);
    }
    if (isBroken) {
      parts.add(
          breaker
              .apply(
                  Breaker.builder(name)
                      .openFor(SHORTEST_OPEN, LONGEST_OPEN)
                      .closeAfter(1)
                      .classifier(judge)
                      .listener(listener))
              .build());
    }
    if (isLimited) {
      parts.add(
          limit.apply(ConcurrencyLimit.adaptive(name).classifier(judge).listener(heard)).build());
    }
    return built(parts, judge);
  }

  private Resilience built(List<ContextPolicy> parts, Classifier judge) {
    Resilience stack =
        Resilience.of(parts.toArray(ContextPolicy[]::new)).named(name).withClassifier(judge);
    return listener == PolicyListener.none() ? stack : stack.withListener(listener);
  }

  private static List<ContextPolicy> limitsOf(List<StackEntry> entries) {
    List<ContextPolicy> limits = new ArrayList<>();
    for (StackEntry entry : entries) {
      boolean isLimit = entry.role() == PolicyRole.BREAKER || entry.role() == PolicyRole.LIMIT;
      if (isLimit && entry.policy() instanceof ContextPolicy policy) {
        limits.add(policy);
      }
    }
    return limits;
  }

  private Retry retry(Classifier judge, RetryBudget account) {
    Retry.Builder builder =
        Retry.builder(name)
            .backoff(
                Backoff.exponential(Duration.ofMillis(50), Duration.ofSeconds(1)).withFullJitter())
            .classifier(isRepeatable ? judge : finalOnceDispatched(judge))
            .budget(account)
            .listener(listener);
    if (isHttp) {
      HttpStatus.retryAfter(builder);
    }
    return retry.apply(builder).build();
  }

  /** What may have been done is not done again; what was refused before work may be tried again. */
  private Classifier finalOnceDispatched(Classifier judge) {
    Predicate<? super Exception> neverBegun = notBegun;
    Predicate<Object> leavesOpen = doubtful;
    Context nobody = Context.background();
    return judge
        .onFailureIf(
            failure ->
                switch (judge.judge(nobody, failure)) {
                  case FAILURE -> !neverBegun.test(failure);
                  case REJECTED -> leavesOpen.test(failure);
                  default -> false;
                },
            FINAL)
        .onFailure(AttemptTimeoutException.class, failure -> FINAL)
        .onResult(
            Object.class,
            result -> {
              Verdict verdict = judge.judgeResult(result);
              boolean mayBeDone =
                  verdict == Verdict.FAILURE
                      || (verdict == Verdict.REJECTED && leavesOpen.test(result));
              return mayBeDone ? FINAL : verdict;
            });
  }

  private static PolicyListener both(PolicyListener first, PolicyListener second) {
    return PolicyListener.withContext(
        (ctx, event) -> {
          first.on(ctx, event);
          if (event instanceof PolicyEvent.ConcurrencyLimitChanged
              || event instanceof PolicyEvent.Rejected) {
            second.on(ctx, event);
          }
        });
  }
}
