package dev.resilience.examples.pipeline;

import static java.time.Duration.ofMillis;
import static java.time.Duration.ofSeconds;

import dev.resilience.Resilience;
import dev.resilience.WithFallback;
import dev.resilience.breaker.Breaker;
import dev.resilience.error.CircuitOpenException;
import dev.resilience.fallback.FallbackFunction;
import dev.resilience.fallback.Fallbacks;
import dev.resilience.policy.Classifier;
import dev.resilience.policy.Verdict;
import dev.resilience.retry.Backoff;
import dev.resilience.retry.Retry;
import dev.resilience.timeout.FixedTimeout;
import java.time.Duration;

/**
 * How each dependency is protected: all that is configured, in one place. A stack reads from the
 * outside to the inside: a retry makes several attempts; each is let through by the breaker or not,
 * and limited by the time-out.
 */
final class Policies {

  /** A request that was wrong says nothing against the service, and is not tried again. */
  private static final Classifier HTTP =
      Classifier.ofDefaults()
          .onFailure(
              HttpStatusException.class,
              e -> e.isTheClientsFault() ? Verdict.SUCCESS : Verdict.FAILURE);

  /** The same for a breaker: a service that turns us away is not well. */
  private static final Classifier HEALTH =
      HTTP.onFailure(ServerBusyException.class, e -> Verdict.FAILURE);

  /** The same for a retry with a fallback behind it: do not wait until the circuit closes. */
  private static final Classifier IMPATIENT =
      HTTP.onFailure(CircuitOpenException.class, e -> Verdict.PERMANENT_FAILURE)
          .onFailure(ServerBusyException.class, e -> Verdict.PERMANENT_FAILURE);

  private Policies() {}

  /**
   * Nobody orders without it: patience with an open circuit, too, whose rejections use up no
   * attempt.
   */
  static Resilience auth(DependencyStats stats) {
    return Resilience.of(
        stats.countCalls(),
        retry(stats, 6, HTTP),
        breaker(stats),
        timeout(stats, ofMillis(400)),
        stats.countAttempts());
  }

  /** Two attempts, and no patience: there is something else to answer, see {@link #orElse}. */
  static Resilience inventory(DependencyStats stats) {
    return Resilience.of(
        stats.countCalls(),
        retry(stats, 2, IMPATIENT),
        breaker(stats),
        timeout(stats, ofMillis(300)),
        stats.countAttempts());
  }

  /** The attempts are safe to repeat, because payment charges each request id once. */
  static Resilience payment(DependencyStats stats) {
    return Resilience.of(
        stats.countCalls(),
        retry(stats, 6, HTTP),
        breaker(stats),
        timeout(stats, ofMillis(800)),
        stats.countAttempts());
  }

  /** Best effort, in a single attempt; see {@link #orElse}. */
  static Resilience mail(DependencyStats stats) {
    return Resilience.of(
        stats.countCalls(), breaker(stats), timeout(stats, ofMillis(300)), stats.countAttempts());
  }

  /** Whatever goes wrong, except that the caller left: another answer. */
  static <T> WithFallback<T> orElse(
      Resilience stack, DependencyStats stats, FallbackFunction<T, Throwable> answer) {
    return stack
        .withFallback(Fallbacks.onAny(answer).within(ofMillis(100)).listener(stats))
        .judgedBy(HTTP);
  }

  /** For a server of which nothing is known. */
  static Resilience foreign(DependencyStats stats) {
    return Resilience.of(
        stats.countCalls(),
        retry(stats, 3, HTTP),
        breaker(stats),
        timeout(stats, ofSeconds(1)),
        stats.countAttempts());
  }

  private static Retry retry(DependencyStats stats, int attempts, Classifier classifier) {
    return Retry.builder(stats.name())
        .maxAttempts(attempts)
        .backoff(Backoff.exponential(ofMillis(30), ofMillis(500)).withFullJitter())
        .classifier(classifier)
        .listener(stats)
        .build();
  }

  private static Breaker breaker(DependencyStats stats) {
    Breaker breaker =
        Breaker.builder(stats.name())
            .failureRate(0.5)
            .window(20)
            .openFor(ofMillis(500))
            .halfOpenPermits(2)
            .closeAfter(3)
            .probeTimeout(ofSeconds(2))
            .classifier(HEALTH)
            .listener(stats)
            .build();
    stats.watch(breaker);
    return breaker;
  }

  private static FixedTimeout timeout(DependencyStats stats, Duration limit) {
    FixedTimeout timeout = FixedTimeout.builder(stats.name(), limit).listener(stats).build();
    stats.watch(timeout);
    return timeout;
  }
}
