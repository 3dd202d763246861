package dev.resilience.laws;

import static java.time.Duration.ofMillis;
import static java.time.Duration.ofNanos;
import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;

import dev.resilience.Resilience;
import dev.resilience.breaker.Breaker;
import dev.resilience.context.CancellableContext;
import dev.resilience.context.Context;
import dev.resilience.context.ContextException;
import dev.resilience.error.CircuitOpenException;
import dev.resilience.error.ResilienceException;
import dev.resilience.policy.CallMode;
import dev.resilience.policy.ContextPolicy;
import dev.resilience.time.VirtualTime;
import dev.resilience.timeout.AdaptiveTimeout;
import dev.resilience.timeout.FixedTimeout;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/**
 * One caller after the other, a random stack of breakers and time-outs, and a service whose latency
 * changes and that fails or hangs for a while. Law 12: once the service is well, at any latency
 * below the time-outs and the patience of the callers, calls get through after a bounded number of
 * attempts, and go on to.
 */
final class World {

  private static final int ATTEMPTS_TO_RECOVER = 300;
  private static final int SUCCESSES_IN_A_ROW = 30;

  private final Random random;
  private final VirtualTime.Manual time;
  private final Context root;
  private final CallMode mode;
  private final Duration ceiling;
  private final Resilience stack;
  private final List<Object> story = new ArrayList<>();

  World(long seed) {
    random = new Random(seed);
    time = VirtualTime.manual(seed);
    root = Context.background(time);
    mode = random.nextInt(8) == 0 ? CallMode.ASYNC : CallMode.BLOCKING;
    ceiling = ofMillis(100 + random.nextInt(3000));
    stack = stack();
    story.add(stack);
  }

  private Resilience stack() {
    List<ContextPolicy> policies = new ArrayList<>();
    AdaptiveTimeout adaptive = adaptive();
    int breakers = random.nextInt(3);
    for (int i = 0; i < breakers; i++) {
      policies.add(breaker("b" + i, adaptive));
    }
    switch (random.nextInt(4)) {
      case 0 -> {}
      case 1 -> policies.add(FixedTimeout.of(ceiling));
      default -> policies.add(adaptive);
    }
    return Resilience.of(policies.toArray(ContextPolicy[]::new));
  }

  private AdaptiveTimeout adaptive() {
    Duration floor = upTo(ceiling);
    AdaptiveTimeout.Builder adaptive = AdaptiveTimeout.builder("a").between(floor, ceiling);
    if (random.nextBoolean()) {
      adaptive.startingAt(floor);
    }
    if (random.nextBoolean()) {
      adaptive.multiplier(1.2 + random.nextInt(3)).percentile(0.5 + 0.49 * random.nextDouble());
    }
    return adaptive.build();
  }

  private Breaker breaker(String name, AdaptiveTimeout adaptive) {
    Breaker.Builder breaker =
        Breaker.builder(name).window(1 + random.nextInt(40)).openFor(upTo(ofSeconds(20)));
    if (random.nextBoolean()) {
      breaker.openFor(ofSeconds(1), ofSeconds(20));
    }
    if (random.nextInt(4) == 0) {
      breaker.window(ofSeconds(1 + random.nextInt(30)));
    }
    if (random.nextInt(4) == 0) {
      breaker.countTimeoutsAsFailures();
    }
    if (random.nextBoolean()) {
      breaker.closeAfter(1 + random.nextInt(4)).reopenAfter(1 + random.nextInt(3));
    }
    if (random.nextBoolean()) {
      breaker.listener(adaptive.circuitListener());
    }
    return breaker.build();
  }

  private Duration upTo(Duration most) {
    return ofNanos(1 + (long) (random.nextDouble() * most.toNanos()));
  }

  void run() throws Exception {
    int phases = 1 + random.nextInt(3);
    for (int i = 0; i < phases; i++) {
      trouble();
      recovers(upTo(ceiling).multipliedBy(9).dividedBy(10));
    }
  }

  private void trouble() throws Exception {
    boolean hangs = random.nextBoolean();
    int attempts = random.nextInt(60);
    story.add((hangs ? "hangs for " : "fails for ") + attempts);
    for (int i = 0; i < attempts; i++) {
      Duration patience = patience(Duration.ZERO);
      call(
          patience,
          c -> {
            if (!hangs) {
              throw new IOException("down");
            }
            time.advance(Duration.ofMinutes(1));
            c.throwIfDone();
          });
      time.advance(ofMillis(random.nextInt(300)));
    }
  }

  private void recovers(Duration latency) throws Exception {
    story.add("takes " + latency);
    int inARow = 0;
    for (int attempt = 0; inARow < SUCCESSES_IN_A_ROW; attempt++) {
      assertThat(attempt).as("attempts, after %s", story).isLessThan(ATTEMPTS_TO_RECOVER);
      boolean ok =
          call(
              patience(latency),
              c -> {
                Duration left = c.timeLeft();
                time.advance(left.compareTo(latency) < 0 ? left : latency);
                c.throwIfDone();
              });
      inARow = ok ? inARow + 1 : 0;
      time.advance(ofMillis(random.nextInt(300)));
    }
  }

  /** Enough for an answer, and now and then for ever. */
  private Duration patience(Duration latency) {
    return random.nextInt(4) == 0
        ? Duration.ofDays(1)
        : latency.plusMillis(1).plus(upTo(ceiling.multipliedBy(2)));
  }

  private boolean call(Duration patience, Work work) throws Exception {
    try (CancellableContext ctx = root.withTimeout(patience)) {
      mode.call(
          stack,
          ctx,
          c -> {
            work.run(c);
            return "well";
          });
      return true;
    } catch (CircuitOpenException open) {
      // As a caller does that is told when to come again.
      time.advance(open.retryAfter().orElse(ofMillis(50)));
      return false;
    } catch (IOException | ResilienceException | ContextException failed) {
      return false;
    }
  }

  /** What the service does. */
  @FunctionalInterface
  private interface Work {
    void run(Context c) throws Exception;
  }
}
