package dev.resilience.examples.concurrent;

import dev.resilience.context.CancellableContext;
import dev.resilience.context.Context;
import dev.resilience.context.ContextException;
import dev.resilience.context.DeadlineExceededException;
import dev.resilience.examples.program.CtrlC;
import java.io.PrintStream;
import java.time.Duration;
import java.time.Instant;

/**
 * A batch that must be over at an instant of the wall clock: items one after the other, and at the
 * end the number of items done, whether the deadline, somebody or an item ended it, and where to go
 * on.
 *
 * <pre>{@code
 * mvn -q -Pdemo -Dmain=concurrent.BatchByDeadline               # over in 2 s
 * mvn -q -Pdemo -Dmain=concurrent.BatchByDeadline -Dargs=7      # goes on with item 7
 * }</pre>
 */
public final class BatchByDeadline {

  static final int ITEMS = 20;

  /** Why a batch is over. */
  enum End {
    COMPLETE,
    DEADLINE,
    CANCELLED,
    FAILED
  }

  /** How far it came. */
  record Outcome(End end, int next) {}

  /** Works on one item. */
  @FunctionalInterface
  interface Step {
    void work(Context ctx, int item) throws Exception;
  }

  private BatchByDeadline() {}

  /** Runs the program. */
  public static void main(String... args) {
    int from = args.length > 0 ? Integer.parseInt(args[0]) : 0;
    try (CtrlC interrupt = CtrlC.installed(Duration.ofSeconds(1))) {
      Instant end = Instant.now().plusSeconds(2);
      run(interrupt.context(), end, from, System.out, (c, i) -> c.sleep(Duration.ofMillis(300)));
    }
  }

  static Outcome run(Context ctx, Instant end, int from, PrintStream out, Step step) {
    Log log = new Log(ctx, out);
    int next = from;
    End why = End.COMPLETE;
    try (CancellableContext batch = ctx.withDeadline(end)) {
      while (next < ITEMS) {
        batch.throwIfDone();
        step.work(batch, next);
        next++;
      }
    } catch (DeadlineExceededException deadline) {
      why = End.DEADLINE;
    } catch (ContextException cancelled) {
      why = End.CANCELLED;
    } catch (Exception failed) {
      why = End.FAILED;
      log.say("item %d failed: %s", next, failed.getMessage());
    }
    log.say("%s: %d of %d items are done; go on with %d", why, next, ITEMS, next);
    return new Outcome(why, next);
  }
}
