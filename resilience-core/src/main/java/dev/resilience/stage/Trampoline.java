package dev.resilience.stage;

import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * One step after the other, without a stack that grows: a step that comes while another one runs is
 * left to the loop further down.
 */
public final class Trampoline {

  private final Queue<Runnable> steps = new ConcurrentLinkedQueue<>();
  private final AtomicInteger pending = new AtomicInteger();

  /** Runs the step, or leaves it to the thread that is running one. */
  public void run(Runnable step) {
    steps.add(step);
    if (pending.getAndIncrement() > 0) {
      return;
    }
    do {
      steps.remove().run();
    } while (pending.decrementAndGet() > 0);
  }
}
