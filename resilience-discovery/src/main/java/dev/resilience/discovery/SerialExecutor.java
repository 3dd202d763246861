package dev.resilience.discovery;

import dev.resilience.context.Context;
import dev.resilience.text.SafeText;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Runs steps one at a time, in order, on the threads that bring them, so that what they change
 * needs no lock. A step that is brought while another one runs is left to that one's thread; nobody
 * waits. What a step throws is logged.
 *
 * <p>It has one timer, for the step that comes next if nothing else happens. Only steps set and
 * clear it.
 */
public final class SerialExecutor implements Executor {

  private static final Logger LOG = System.getLogger("dev.resilience.discovery");

  private final Context life;
  private final Queue<Runnable> steps = new ConcurrentLinkedQueue<>();
  private final AtomicInteger pending = new AtomicInteger();
  private @Nullable CompletableFuture<?> timer;

  /**
   * An executor without steps.
   *
   * @param life when it ends, so does the timer
   */
  public SerialExecutor(Context life) {
    this.life = life;
  }

  @Override
  public void execute(Runnable step) {
    steps.add(step);
    if (pending.getAndIncrement() > 0) {
      return;
    }
    do {
      contained(steps.remove());
    } while (pending.decrementAndGet() > 0);
  }

  /** Runs a step after a delay, in place of the one that the timer was set for. */
  public void executeIn(Duration delay, Runnable step) {
    clearTimer();
    CompletionStage<@Nullable Void> waiting = life.delay(delay);
    CompletableFuture<?> set = waiting.toCompletableFuture();
    timer = set;
    waiting.handle(
        (nothing, end) -> {
          if (end == null) {
            execute(
                () -> {
                  // Else it was cleared, or set anew, between the ring and this step.
                  if (timer == set) {
                    timer = null;
                    step.run();
                  }
                });
          }
          return null;
        });
  }

  /** The step that the timer was set for will not run. */
  public void clearTimer() {
    if (timer != null) {
      timer.cancel(false);
      timer = null;
    }
  }

  /** Runs user code: what it throws is logged. */
  public static void contained(Runnable step) {
    try {
      step.run();
    } catch (Throwable thrown) {
      try {
        SafeText.log(LOG, Level.WARNING, "a callback failed", thrown);
      } catch (Throwable logging) {
        // A logger that fails must not stop the steps that come after.
      }
    }
  }
}
