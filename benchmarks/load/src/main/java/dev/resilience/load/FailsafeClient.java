package dev.resilience.load;

import dev.failsafe.CircuitBreaker;
import dev.failsafe.CircuitBreakerOpenException;
import dev.failsafe.Failsafe;
import dev.failsafe.FailsafeExecutor;
import dev.failsafe.RetryPolicy;
import dev.failsafe.Timeout;
import dev.resilience.observe.PolicyEvent.Circuit;
import dev.resilience.simulation.Client;
import dev.resilience.simulation.ClientSetup;
import dev.resilience.simulation.Contender;
import dev.resilience.simulation.Reply;
import java.time.Duration;

/**
 * Failsafe as its guide has it: a retry with back-off around a circuit breaker around a time-out
 * that cancels. The circuit is open for a second, not the default minute, which would outlast the
 * run.
 */
final class FailsafeClient implements Contender {

  @Override
  public String name() {
    return "failsafe";
  }

  @Override
  public Client open(ClientSetup setup) {
    RetryPolicy<Reply> retry =
        RetryPolicy.<Reply>builder()
            .abortOn(CircuitBreakerOpenException.class)
            .withMaxRetries(2)
            .withBackoff(Duration.ofMillis(50), Duration.ofSeconds(1))
            .withJitter(0.25)
            .build();
    CircuitBreaker<Reply> breaker =
        CircuitBreaker.<Reply>builder()
            .withFailureThreshold(10, 20)
            .withSuccessThreshold(3)
            .withDelay(Duration.ofSeconds(1))
            .onOpen(event -> PeerClient.changed(setup.listener(), name(), Circuit.OPEN))
            .onHalfOpen(event -> PeerClient.changed(setup.listener(), name(), Circuit.HALF_OPEN))
            .onClose(event -> PeerClient.changed(setup.listener(), name(), Circuit.CLOSED))
            .build();
    Timeout<Reply> timeout =
        Timeout.<Reply>builder(setup.patience().dividedBy(2)).withInterrupt().build();
    FailsafeExecutor<Reply> failsafe = Failsafe.with(retry, breaker, timeout);
    return new PeerClient(request -> failsafe.getStageAsync(request::get));
  }

  @Override
  public boolean isRefusal(Throwable failure) {
    return failure instanceof CircuitBreakerOpenException;
  }
}
