package dev.resilience.benchmarks;

import dev.resilience.concurrent.TaskGroup;
import dev.resilience.concurrent.TaskGroup.Ending;
import dev.resilience.context.CancelReason;
import dev.resilience.context.Context;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * Two times that no average tells: how long it takes until many sleeping tasks are gone, beside the
 * JDK's executor of virtual threads, and by how much a join overruns its deadline with a task that
 * ignores interrupts. The first rounds show a cold JVM. Run it on 25:
 *
 * <pre>{@code
 * java -cp … dev.resilience.benchmarks.GroupTimes [sleepers] [joins]
 * }</pre>
 */
public final class GroupTimes {

  private static final Duration GRACE = Duration.ofMillis(10);
  private static final int COLD = 4;
  private static final int ROUNDS = 14;

  private GroupTimes() {}

  /** Prints both. */
  public static void main(String... args) throws Exception {
    int sleepers = args.length > 0 ? Integer.parseInt(args[0]) : 100_000;
    int joins = args.length > 1 ? Integer.parseInt(args[1]) : 500;
    double[] ours = new double[ROUNDS];
    double[] theirs = new double[ROUNDS];
    for (int round = 0; round < ROUNDS; round++) {
      ours[round] = cancelSleepers(sleepers);
      theirs[round] = shutDownSleepers(sleepers);
      System.out.printf(
          "%d sleepers gone after %.0f ms, the executor's after %.0f ms%n",
          sleepers, ours[round], theirs[round]);
    }
    System.out.printf(
        "median of the last %d: %.0f ms, the executor's %.0f ms%n",
        ROUNDS - COLD, warmMedian(ours), warmMedian(theirs));
    double[] overruns = new double[joins];
    for (int i = 0; i < joins; i++) {
      overruns[i] = overrun();
    }
    Arrays.sort(overruns);
    System.out.printf(
        "join overruns its deadline, with a grace of %d ms: median %.1f ms, p99 %.1f ms, most %.1f ms%n",
        GRACE.toMillis(), overruns[joins / 2], overruns[joins * 99 / 100], overruns[joins - 1]);
  }

  private static double cancelSleepers(int sleepers) throws InterruptedException {
    CountDownLatch asleep = new CountDownLatch(sleepers);
    try (TaskGroup<String> group =
        TaskGroup.builder("sleepers")
            .ending(Ending.COLLECT_ALL)
            .grace(Duration.ofSeconds(10))
            .open(Context.background())) {
      for (int i = 0; i < sleepers; i++) {
        group.fork(
            c -> {
              asleep.countDown();
              c.sleep(Duration.ofMinutes(10));
              return "never";
            });
      }
      asleep.await();
      long from = System.nanoTime();
      group.cancel(CancelReason.USER);
      group.join();
      return (System.nanoTime() - from) / 1e6;
    }
  }

  /** The same on the executor of the JDK, which has no contexts and no outcomes. */
  private static double shutDownSleepers(int sleepers) throws Exception {
    ExecutorService executor =
        (ExecutorService)
            Executors.class.getMethod("newVirtualThreadPerTaskExecutor").invoke(null); // since 21
    CountDownLatch asleep = new CountDownLatch(sleepers);
    List<Future<String>> kept = new ArrayList<>(); // as a group keeps its tasks
    for (int i = 0; i < sleepers; i++) {
      kept.add(
          executor.submit(
              () -> {
                asleep.countDown();
                Thread.sleep(600_000);
                return "never";
              }));
    }
    asleep.await();
    long from = System.nanoTime();
    executor.shutdownNow();
    if (!executor.awaitTermination(1, TimeUnit.MINUTES) || !kept.get(0).isDone()) {
      throw new IllegalStateException("the executor still runs");
    }
    return (System.nanoTime() - from) / 1e6;
  }

  private static double warmMedian(double[] rounds) {
    double[] warm = Arrays.copyOfRange(rounds, COLD, ROUNDS);
    Arrays.sort(warm);
    return warm[warm.length / 2];
  }

  private static double overrun() throws InterruptedException {
    Duration limit = Duration.ofMillis(20);
    long deadline = System.nanoTime() + limit.toNanos();
    try (var ctx = Context.background().withTimeout(limit);
        TaskGroup<String> group =
            TaskGroup.builder("stubborn").ending(Ending.COLLECT_ALL).grace(GRACE).open(ctx)) {
      group.fork(
          c -> {
            long end = deadline + Duration.ofMillis(100).toNanos();
            while (end - System.nanoTime() > 0) {
              LockSupport.parkNanos(1_000_000);
              boolean ignored = Thread.interrupted();
            }
            return "late";
          });
      group.join();
      return (System.nanoTime() - deadline) / 1e6;
    }
  }
}
