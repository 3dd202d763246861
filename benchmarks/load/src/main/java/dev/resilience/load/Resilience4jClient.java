package dev.resilience.load;

import dev.resilience.observe.PolicyEvent.Circuit;
import dev.resilience.simulation.Client;
import dev.resilience.simulation.ClientSetup;
import dev.resilience.simulation.Contender;
import dev.resilience.simulation.Reply;
import io.github.resilience4j.bulkhead.Bulkhead;
import io.github.resilience4j.bulkhead.BulkheadFullException;
import io.github.resilience4j.circuitbreaker.CallNotPermittedException;
import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig;
import io.github.resilience4j.core.IntervalFunction;
import io.github.resilience4j.retry.Retry;
import io.github.resilience4j.retry.RetryConfig;
import io.github.resilience4j.timelimiter.TimeLimiter;
import java.time.Duration;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.function.Supplier;

/**
 * resilience4j as its guide has it: a retry around a circuit breaker around a time limiter around,
 * on request, a bulkhead with its default of 25. The circuit is open for a second, not the default
 * minute, which would outlast the run.
 */
final class Resilience4jClient implements Contender {

  private final boolean withBulkhead;

  Resilience4jClient(boolean withBulkhead) {
    this.withBulkhead = withBulkhead;
  }

  @Override
  public String name() {
    return withBulkhead ? "resilience4j-bulkhead" : "resilience4j";
  }

  @Override
  public Client open(ClientSetup setup) {
    ScheduledExecutorService scheduler =
        Executors.newScheduledThreadPool(1, Threads.daemons("resilience4j"));
    Retry retry =
        Retry.of(
            setup.service(),
            RetryConfig.custom()
                .maxAttempts(3)
                .intervalFunction(
                    IntervalFunction.ofExponentialRandomBackoff(Duration.ofMillis(50), 2, 0.25))
                .retryOnException(failure -> !isRefusal(failure))
                .build());
    CircuitBreaker breaker =
        CircuitBreaker.of(
            setup.service(),
            CircuitBreakerConfig.custom()
                .failureRateThreshold(50)
                .slidingWindowSize(20)
                .minimumNumberOfCalls(20)
                .permittedNumberOfCallsInHalfOpenState(3)
                .waitDurationInOpenState(Duration.ofSeconds(1))
                .build());
    breaker
        .getEventPublisher()
        .onStateTransition(
            event ->
                PeerClient.changed(
                    setup.listener(),
                    name(),
                    Circuit.valueOf(event.getStateTransition().getToState().name())));
    TimeLimiter limiter = TimeLimiter.of(setup.patience().dividedBy(2));
    Bulkhead bulkhead = Bulkhead.ofDefaults(setup.service());
    return new PeerClient(
        request -> {
          Supplier<CompletionStage<Reply>> inner =
              withBulkhead ? Bulkhead.decorateCompletionStage(bulkhead, request) : request;
          return Retry.decorateCompletionStage(
                  retry,
                  scheduler,
                  CircuitBreaker.decorateCompletionStage(
                      breaker, TimeLimiter.decorateCompletionStage(limiter, scheduler, inner)))
              .get();
        });
  }

  @Override
  public boolean isRefusal(Throwable failure) {
    Throwable raw =
        failure instanceof CompletionException && failure.getCause() != null
            ? failure.getCause()
            : failure;
    return raw instanceof CallNotPermittedException || raw instanceof BulkheadFullException;
  }
}
