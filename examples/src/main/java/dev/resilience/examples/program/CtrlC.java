package dev.resilience.examples.program;

import dev.resilience.context.CancelReason;
import dev.resilience.context.CancellableContext;
import dev.resilience.context.Context;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * The root of everything that runs, which Ctrl-C cancels. The process then waits a bounded time for
 * the program to tell what it has got so far.
 */
public final class CtrlC implements AutoCloseable {

  private final CancellableContext root = Context.background().withCancel();
  private final CountDownLatch finished = new CountDownLatch(1);
  private final Duration patience;
  private final Thread hook = new Thread(this::interrupt, "ctrl-c");

  private CtrlC(Duration patience) {
    this.patience = patience;
  }

  /**
   * Listens from now on.
   *
   * @param patience how long the process waits for {@link #close}
   */
  public static CtrlC installed(Duration patience) {
    var interrupt = new CtrlC(patience);
    Runtime.getRuntime().addShutdownHook(interrupt.hook);
    return interrupt;
  }

  /** Ends with Ctrl-C. */
  public Context context() {
    return root;
  }

  /** What Ctrl-C does. */
  public void interrupt() {
    root.cancel(CancelReason.SHUTDOWN);
    try {
      boolean unused = finished.await(patience.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException alreadyGoing) {
      Thread.currentThread().interrupt();
    }
  }

  /** The program has finished. */
  @Override
  public void close() {
    root.close();
    finished.countDown();
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException itRuns) {
      // It was Ctrl-C that ended the program.
    }
  }
}
