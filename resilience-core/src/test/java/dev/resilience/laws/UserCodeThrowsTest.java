package dev.resilience.laws;

import static java.time.Duration.ofMillis;
import static java.time.Duration.ofMinutes;
import static org.assertj.core.api.Assertions.assertThat;

import dev.resilience.Resilience;
import dev.resilience.Schedules;
import dev.resilience.breaker.Breaker;
import dev.resilience.breaker.BreakerPermit;
import dev.resilience.context.CancellableContext;
import dev.resilience.context.Context;
import dev.resilience.observe.PolicyListener;
import dev.resilience.policy.Classifier;
import dev.resilience.policy.ContextPolicy;
import dev.resilience.policy.Verdict;
import dev.resilience.time.VirtualTime;
import dev.resilience.timeout.AdaptiveTimeout;
import dev.resilience.timeout.FixedTimeout;
import dev.resilience.timeout.MoreTime;
import dev.resilience.timeout.ServiceTimeouts;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.IntSupplier;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

/**
 * Law 13 for breakers and time-outs: every function that a user gives to a builder may throw an
 * exception or an {@code Error}, also one that cannot be printed, or block, at random. Every call
 * ends, and every permit comes back. To repeat one: {@code -Dresilience.seed=n}.
 */
class UserCodeThrowsTest {

  @Test
  void every_call_ends_and_every_permit_comes_back() throws Exception {
    Schedules.check(10_000, (seed, random) -> new Schedule(seed).run());
  }

  /** Fails to be printed as well. */
  private static final class Unprintable extends RuntimeException {

    private static final long serialVersionUID = 1L;

    @Override
    public String getMessage() {
      throw new IllegalStateException("no message");
    }

    @Override
    public synchronized Throwable getCause() {
      throw new IllegalStateException("no cause");
    }
  }

  private static final class Schedule {

    private final VirtualTime.Automatic time;
    private final RandomGenerator random;
    private final Context root;
    private final List<Breaker> breakers = new ArrayList<>();
    private final List<IntSupplier> running = new ArrayList<>();
    private final Resilience stack;

    Schedule(long seed) {
      time = VirtualTime.automatic(seed);
      random = time.random();
      root = Context.background(time);
      ContextPolicy[] policies = new ContextPolicy[1 + random.nextInt(3)];
      for (int i = 0; i < policies.length; i++) {
        policies[i] = policy(i);
      }
      stack = Resilience.of(policies);
    }

    private ContextPolicy policy(int number) {
      return switch (random.nextInt(7)) {
        case 0, 1, 2 -> breaker("b" + number);
        case 3 -> fixed();
        case 4 -> adaptive("a" + number);
        case 5 ->
            ServiceTimeouts.builder()
                .otherwise(time(30))
                .networkOverhead(time(3))
                .listener(listener())
                .build()
                .forService("service");
        default -> number == 0 ? MoreTime.atLeast(time(20)) : fixed();
      };
    }

    private FixedTimeout fixed() {
      FixedTimeout.Builder builder = FixedTimeout.builder("timeout", time(30)).listener(listener());
      if (random.nextInt(4) == 0) {
        builder.isolated();
      }
      FixedTimeout timeout = builder.build();
      running.add(timeout::stillRunning);
      return timeout;
    }

    private AdaptiveTimeout adaptive(String name) {
      AdaptiveTimeout timeout =
          AdaptiveTimeout.builder(name)
              .between(time(5), ofMillis(40))
              .minSamples(1)
              .classifier(classifier())
              .listener(listener())
              .build();
      running.add(timeout::stillRunning);
      return timeout;
    }

    private Breaker breaker(String name) {
      Breaker.Builder builder =
          Breaker.builder(name)
              .window(1 + random.nextInt(4))
              .openFor(time(20))
              .halfOpenPermits(1 + random.nextInt(2))
              .classifier(classifier())
              .listener(listener());
      if (random.nextBoolean()) {
        builder.slowCallRate(0.5, time(20));
        if (random.nextBoolean()) {
          builder.countSlowWhileRunning();
        }
      }
      if (random.nextBoolean()) {
        builder.countSuccesses();
      }
      Breaker breaker = builder.build();
      breakers.add(breaker);
      return breaker;
    }

    private Classifier classifier() {
      return Classifier.ofDefaults()
          .onFailure(IOException.class, e -> misbehaves(Verdict.FAILURE))
          .onResult(String.class, e -> misbehaves(Verdict.SUCCESS));
    }

    private PolicyListener listener() {
      return event -> misbehaves(event);
    }

    private Duration time(int millis) {
      return ofMillis(1 + random.nextInt(millis));
    }

    /** What a user's function does. */
    private <T> T misbehaves(T otherwise) {
      switch (random.nextInt(6)) {
        case 0 -> throw new IllegalStateException("broken");
        case 1 -> throw new AssertionError("broken");
        case 2 -> throw new Unprintable();
        case 3 -> block();
        default -> {}
      }
      return otherwise;
    }

    private void block() {
      try {
        root.sleep(time(10));
      } catch (InterruptedException interrupted) {
        Thread.currentThread().interrupt();
      }
    }

    void run() throws Exception {
      time.run(
          () -> {
            for (int i = 0; i < 2; i++) {
              time.start("caller-" + i, this::calls);
            }
            return null;
          });
      for (Breaker breaker : breakers) {
        assertThat(breaker.snapshot().probesUnderWay()).as("permits of %s", breaker).isZero();
      }
      for (IntSupplier count : running) {
        assertThat(count.getAsInt()).as("still running").isZero();
      }
      assertThat(time.pendingTimers()).as("timers").isZero();
    }

    private void calls() throws Exception {
      for (int i = 0; i < 3; i++) {
        try (CancellableContext ctx =
            random.nextBoolean() ? root.withTimeout(time(60)) : leaver()) {
          switch (random.nextInt(5)) {
            case 0, 1 -> callSync(ctx);
            case 2, 3 -> callAsync(ctx);
            default -> callByHand(ctx);
          }
        }
        Thread.interrupted();
      }
    }

    private CancellableContext leaver() {
      CancellableContext ctx = root.withCancel();
      if (random.nextInt(3) == 0) {
        Duration after = time(30);
        time.start(
            "leaver",
            () -> {
              root.sleep(after);
              ctx.cancel();
            });
      }
      return ctx;
    }

    private void callSync(Context ctx) {
      try {
        stack.call(ctx, this::work);
      } catch (Throwable ended) {
        // That it ends is all.
      }
    }

    private String work(Context c) throws Exception {
      c.sleep(time(40));
      if (random.nextInt(3) == 0) {
        throw new IOException("down");
      }
      return misbehaves("well");
    }

    private void callAsync(Context ctx) throws Exception {
      CompletionStage<String> stage = stack.callAsync(ctx, this::staged);
      try (CancellableContext patience = root.withTimeout(ofMinutes(10))) {
        patience.await(stage.handle((value, failure) -> "ended"));
      }
      assertThat(stage.toCompletableFuture()).isDone();
    }

    private CompletionStage<String> staged(Context c) throws Exception {
      if (random.nextInt(8) == 0) {
        return random.nextBoolean() ? null : CompletableFuture.completedStage("well");
      }
      Duration takes = time(40);
      CompletableFuture<String> stage = new CompletableFuture<>();
      time.start(
          "worker",
          () -> {
            root.sleep(takes);
            try {
              stage.complete(misbehaves("well"));
            } catch (Throwable thrown) {
              // A future cannot relay what cannot be printed: its dependents are never told.
              stage.completeExceptionally(
                  thrown instanceof Unprintable ? new IOException("down") : thrown);
            }
          });
      return misbehaves(random.nextBoolean() ? stage : stage.minimalCompletionStage());
    }

    private void callByHand(Context ctx) throws Exception {
      for (Breaker breaker : breakers) {
        try (BreakerPermit permit = breaker.acquire(ctx)) {
          permit.recordResult(work(ctx));
        } catch (Throwable ended) {
          // That the permit comes back is all.
        }
      }
    }
  }
}
