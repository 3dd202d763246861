package dev.resilience.benchmarks;

import dev.failsafe.CircuitBreaker;
import dev.failsafe.Failsafe;
import dev.failsafe.FailsafeExecutor;
import dev.failsafe.function.CheckedSupplier;
import dev.resilience.Resilience;
import dev.resilience.breaker.Breaker;
import dev.resilience.context.Context;
import dev.resilience.policy.Call;
import dev.resilience.policy.Classifier;
import dev.resilience.policy.Verdict;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Threads;

/**
 * A call through a closed circuit whose window is never free of failures: every eighth result
 * counts as one. A result and not an exception, whose cost would hide that of counting.
 */
public class BreakerWithFailures {

  @State(Scope.Benchmark)
  public static class Policies {

    final Context ctx = Context.background();
    final Resilience ours =
        Resilience.of(
            Breaker.builder("service")
                .failureRate(0.5)
                .window(20)
                .classifier(
                    Classifier.ofDefaults()
                        .onResult(Boolean.class, good -> good ? Verdict.SUCCESS : Verdict.FAILURE))
                .build());
    final CircuitBreaker<Boolean> theirs =
        CircuitBreaker.<Boolean>builder().handleResult(false).withFailureThreshold(10, 20).build();
    final FailsafeExecutor<Boolean> failsafe = Failsafe.with(theirs);
  }

  @State(Scope.Thread)
  public static class Answers {

    final Call<Boolean, RuntimeException> work = c -> next();
    final CheckedSupplier<Boolean> theirWork = this::next;
    private int calls;

    boolean next() {
      return (++calls & 7) != 0;
    }
  }

  @Benchmark
  public boolean ours(Policies policies, Answers answers) {
    return policies.ours.call(policies.ctx, answers.work);
  }

  @Benchmark
  @Threads(2)
  public boolean oursOnTwoThreads(Policies policies, Answers answers) {
    return policies.ours.call(policies.ctx, answers.work);
  }

  @Benchmark
  public boolean failsafe(Policies policies, Answers answers) {
    return policies.failsafe.get(answers.theirWork);
  }

  @Benchmark
  @Threads(2)
  public boolean failsafeOnTwoThreads(Policies policies, Answers answers) {
    return policies.failsafe.get(answers.theirWork);
  }

  @Benchmark
  public boolean failsafeAlone(Policies policies, Answers answers) {
    return alone(policies, answers);
  }

  @Benchmark
  @Threads(2)
  public boolean failsafeAloneOnTwoThreads(Policies policies, Answers answers) {
    return alone(policies, answers);
  }

  private static boolean alone(Policies policies, Answers answers) {
    policies.theirs.acquirePermit();
    boolean answer = answers.next();
    policies.theirs.recordResult(answer);
    return answer;
  }
}
