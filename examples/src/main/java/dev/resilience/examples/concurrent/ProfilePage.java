package dev.resilience.examples.concurrent;

import dev.resilience.concurrent.Task;
import dev.resilience.concurrent.TaskGroup;
import dev.resilience.concurrent.TaskGroup.Ending;
import dev.resilience.concurrent.TaskResults;
import dev.resilience.context.Context;
import dev.resilience.examples.program.CtrlC;
import java.io.PrintStream;
import java.time.Duration;

/**
 * A page from three sources with limits of 2, 5 and 10 s: what comes in time is shown, what does
 * not is left out, and the page says so.
 *
 * <pre>{@code
 * mvn -q -Pdemo -Dmain=concurrent.ProfilePage                   # preferences take too long
 * mvn -q -Pdemo -Dmain=concurrent.ProfilePage -Dargs="1 2 3"    # seconds of the three
 * }</pre>
 */
public final class ProfilePage {

  /** The page, as far as it came. */
  record Page(String profile, String preferences, String history, boolean complete) {}

  private ProfilePage() {}

  /** Runs the program. */
  public static void main(String... args) throws InterruptedException {
    long[] seconds = {1, 7, 3};
    for (int i = 0; i < Math.min(3, args.length); i++) {
      seconds[i] = Long.parseLong(args[i]);
    }
    try (CtrlC interrupt = CtrlC.installed(Duration.ofSeconds(1))) {
      run(interrupt.context(), System.out, seconds);
    }
  }

  static Page run(Context ctx, PrintStream out, long... seconds) throws InterruptedException {
    Log log = new Log(ctx, out);
    try (TaskGroup<String> group = TaskGroup.open(ctx, Ending.COLLECT_ALL)) {
      Task<String> profile =
          group.fork("profile", Duration.ofSeconds(2), c -> source(c, "Ada", seconds[0]));
      Task<String> preferences =
          group.fork("preferences", Duration.ofSeconds(5), c -> source(c, "dark", seconds[1]));
      Task<String> history =
          group.fork("history", Duration.ofSeconds(10), c -> source(c, "12 orders", seconds[2]));
      TaskResults<String> results = group.join();
      for (Task<? extends String> task : results.tasks()) {
        log.say(
            "%s %s after %s of %s",
            task.name(), task.state(), task.ran(), task.timeAllowed().orElseThrow());
      }
      Page page =
          new Page(
              profile.resultOr("guest"),
              preferences.resultOr("defaults"),
              history.resultOr("no history"),
              results.isComplete());
      log.say("%s", page);
      return page;
    }
  }

  private static String source(Context ctx, String answer, long seconds)
      throws InterruptedException {
    ctx.sleep(Duration.ofSeconds(seconds));
    return answer;
  }
}
