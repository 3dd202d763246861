package dev.resilience.policy;

import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * One step after the other, without a stack that grows: a step that comes while another one runs is
 * left to the loop further down.
 */
final class Trampoline {

  private final Queue<Runnable> steps = new ConcurrentLinkedQueue<>();
  private final AtomicInteger pending = new AtomicInteger();

  void run(Runnable step) {
    steps.add(step);
    if (pending.getAndIncrement() > 0) {
      return;
    }
    do {
      steps.remove().run();
    } while (pending.decrementAndGet() > 0);
  }
}
