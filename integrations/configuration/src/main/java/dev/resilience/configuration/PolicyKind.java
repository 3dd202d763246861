package dev.resilience.configuration;

import dev.resilience.breaker.Breaker;
import dev.resilience.hedge.Hedge;
import dev.resilience.limit.ConcurrencyLimit;
import dev.resilience.limit.RateLimit;
import dev.resilience.retry.Retry;
import dev.resilience.timeout.AdaptiveTimeout;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** The policies that a stack can have, in their usual order, the outermost first. */
enum PolicyKind {
  RETRY,
  HEDGE,
  BREAKER,
  RATE_LIMIT,
  CONCURRENCY_LIMIT,
  ADAPTIVE_TIMEOUT,
  SERVICE_TIMEOUT,
  TIMEOUT;

  /** What can be said of it. */
  Section section() {
    return switch (this) {
      case RETRY -> RetryKeys.SECTION;
      case HEDGE -> HedgeKeys.SECTION;
      case BREAKER -> BreakerKeys.SECTION;
      case RATE_LIMIT -> RateLimitKeys.SECTION;
      case CONCURRENCY_LIMIT -> ConcurrencyLimitKeys.SECTION;
      case ADAPTIVE_TIMEOUT -> AdaptiveTimeoutKeys.SECTION;
      case SERVICE_TIMEOUT -> ServiceTimeoutKeys.SECTION;
      case TIMEOUT -> TimeoutKeys.SECTION;
    };
  }

  String key() {
    return section().title();
  }

  static List<String> keys() {
    return Arrays.stream(values()).map(PolicyKind::key).toList();
  }

  static Optional<PolicyKind> find(String written) {
    return Arrays.stream(values())
        .filter(kind -> Keys.folded(kind.key()).equals(Keys.folded(written)))
        .findFirst();
  }

  /** Builds a policy and drops it, to see whether its builder refuses the values. */
  void tryOut(Values values, boolean isPreset) {
    switch (this) {
      case RETRY -> RetryKeys.apply(values, Retry.builder(), isPreset).build();
      case HEDGE -> HedgeKeys.apply(values, Hedge.builder()).build();
      case BREAKER -> BreakerKeys.apply(values, Breaker.builder("tried"), isPreset).build();
      case RATE_LIMIT -> RateLimitKeys.apply(values, RateLimit.builder("tried")).build();
      case CONCURRENCY_LIMIT -> tryOutLimit(values);
      case ADAPTIVE_TIMEOUT ->
          AdaptiveTimeoutKeys.apply(values, AdaptiveTimeout.builder("tried")).build();
      case TIMEOUT -> TimeoutKeys.builder(values, "tried").build();
      case SERVICE_TIMEOUT -> {} // its limits stand elsewhere
    }
  }

  private static void tryOutLimit(Values values) {
    Optional<Integer> permits = values.find(ConcurrencyLimitKeys.PERMITS);
    if (permits.isPresent()) {
      ConcurrencyLimitKeys.applyFixed(values, ConcurrencyLimit.builder("tried", permits.get()))
          .build();
    } else {
      ConcurrencyLimitKeys.apply(values, ConcurrencyLimit.adaptive("tried")).build();
    }
  }
}
