package dev.resilience.discovery;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Runs steps one at a time, in order, on the threads that bring them: what they change needs no
 * lock, and nobody waits. A step that is brought while another one runs is left to that one's
 * thread.
 */
final class Serial {

  private static final Logger LOG = System.getLogger(ServiceRegistry.class.getName());

  private final Queue<Runnable> steps = new ConcurrentLinkedQueue<>();
  private final AtomicInteger pending = new AtomicInteger();

  void run(Runnable step) {
    steps.add(step);
    if (pending.getAndIncrement() > 0) {
      return;
    }
    do {
      contained(steps.remove());
    } while (pending.decrementAndGet() > 0);
  }

  static void contained(Runnable step) {
    try {
      step.run();
    } catch (Throwable thrown) {
      LOG.log(Level.WARNING, "a callback failed", thrown);
    }
  }
}
