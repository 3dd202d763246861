package dev.resilience.examples.pipeline;

import static java.time.Duration.ofMillis;

import dev.resilience.Preset;
import dev.resilience.Resilience;
import dev.resilience.WithFallback;
import dev.resilience.fallback.FallbackFunction;
import dev.resilience.fallback.Fallbacks;
import java.util.function.UnaryOperator;

/**
 * How each dependency is protected: the preset for HTTP, and what is changed of it. There is no
 * time-out in it: the time-out of a call is what is left of the caller's two seconds, so that a
 * machine that is slow for a moment opens no circuit.
 */
final class Policies {

  private Policies() {}

  /** Nobody orders without it: more attempts than usual, and patience with an open circuit. */
  static UnaryOperator<Preset> auth(DependencyStats stats) {
    return preset ->
        preset.retry(retry -> retry.maxAttempts(6).waitForOpenCircuit()).listener(stats);
  }

  /** Two attempts, and no patience: there is something else to answer. */
  static UnaryOperator<Preset> inventory(DependencyStats stats) {
    return preset -> preset.retry(retry -> retry.maxAttempts(2)).listener(stats);
  }

  /** Safe to repeat, because payment charges each request id once. */
  static UnaryOperator<Preset> payment(DependencyStats stats) {
    return auth(stats);
  }

  /** Best effort, in a single attempt. */
  static UnaryOperator<Preset> mail(DependencyStats stats) {
    return preset -> preset.withoutRetry().listener(stats);
  }

  /** For a server of which nothing is known. */
  static UnaryOperator<Preset> foreign(DependencyStats stats) {
    return preset -> preset.listener(stats);
  }

  /** Whatever goes wrong, except that the caller left: another answer. */
  static <T> WithFallback<T> orElse(DependencyStats stats, FallbackFunction<T, Throwable> answer) {
    return Resilience.of()
        .withFallback(Fallbacks.onAny(answer).within(ofMillis(100)).listener(stats));
  }
}
