package dev.resilience.discovery.registry;

import dev.resilience.Resilience;
import dev.resilience.context.Context;
import dev.resilience.discovery.Checks;
import dev.resilience.error.NoInstanceException;
import dev.resilience.policy.Classifier;
import dev.resilience.policy.Verdict;
import dev.resilience.retry.Backoff;
import dev.resilience.retry.Retry;
import dev.resilience.timeout.FixedTimeout;
import java.time.Duration;

/** Asks again while there is nobody. To find nobody is an attempt that failed. */
final class RetryingDiscovery {

  /** Elsewhere to find nobody is a rejection, which uses up no attempt; here somebody was asked. */
  private static final Classifier EMPTY_IS_A_FAILURE =
      Classifier.ofDefaults().onFailure(NoInstanceException.class, nobody -> Verdict.FAILURE);

  private RetryingDiscovery() {}

  static ServiceSnapshot discover(ServiceRegistry registry, Context ctx, String service) {
    Checks.service(service);
    return Resilience.of(
            Retry.builder("discover " + service)
                .maxAttempts(5)
                .backoff(
                    Backoff.exponential(Duration.ofMillis(100), Duration.ofSeconds(2))
                        .withEqualJitter())
                .classifier(EMPTY_IS_A_FAILURE)
                .build(),
            FixedTimeout.builder("discover " + service, Duration.ofSeconds(1)).build())
        .call(ctx, attempt -> someOf(registry.discover(attempt, service)));
  }

  private static ServiceSnapshot someOf(ServiceSnapshot snapshot) {
    if (snapshot.instances().isEmpty()) {
      throw new NoInstanceException(
          snapshot.registered().isEmpty()
              ? snapshot.service() + ": nobody is registered"
              : snapshot.service() + ": all " + snapshot.registered().size() + " are draining");
    }
    return snapshot;
  }
}
