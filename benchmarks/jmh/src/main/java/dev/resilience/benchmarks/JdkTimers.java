package dev.resilience.benchmarks;

import static java.util.concurrent.TimeUnit.MILLISECONDS;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledThreadPoolExecutor;

/** The JDK's scheduler as gRPC sets it up for itself, with timers standing in it. */
final class JdkTimers {

  final ScheduledThreadPoolExecutor executor = new ScheduledThreadPoolExecutor(1);
  private final List<Future<?>> standing = new ArrayList<>();

  JdkTimers(int count) {
    executor.setRemoveOnCancelPolicy(true);
    for (int i = 0; i < count; i++) {
      standing.add(executor.schedule(() -> {}, StandingTimers.millis(i), MILLISECONDS));
    }
  }

  void stop() {
    standing.clear();
    executor.shutdownNow();
  }
}
