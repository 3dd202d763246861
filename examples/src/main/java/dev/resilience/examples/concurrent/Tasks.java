package dev.resilience.examples.concurrent;

import dev.resilience.examples.program.CtrlC;
import java.io.IOException;
import java.io.PrintStream;
import java.time.Duration;
import java.util.List;

/**
 * The concurrent task processor as a program.
 *
 * <pre>{@code
 * mvn -q -Pdemo -Dmain=concurrent.Tasks                    # four tasks; Ctrl-C cancels them
 * mvn -q -Pdemo -Dmain=concurrent.Tasks -Dargs=--bonus     # retries, children, more time
 * mvn -q -Pdemo -Dmain=concurrent.Tasks -Dargs=--http      # takes tasks at port 8080, and shows them
 * }</pre>
 */
public final class Tasks {

  private Tasks() {}

  /** Runs the program. */
  public static void main(String... args) throws InterruptedException, IOException {
    List<String> arguments = List.of(args);
    PrintStream out = System.out;
    try (CtrlC interrupt = CtrlC.installed(Duration.ofSeconds(2));
        TaskProcessor tasks = new TaskProcessor(interrupt.context(), out)) {
      if (arguments.contains("--bonus")) {
        tasks.runBonus();
      } else if (arguments.contains("--http")) {
        try (TaskEndpoint endpoint = new TaskEndpoint(interrupt.context(), tasks, 8080)) {
          out.println(
              "POST or GET " + endpoint.uri() + ", live at " + endpoint.uri().resolve("page/"));
          interrupt.context().awaitDone();
        }
      } else {
        tasks.runAssignment();
      }
    }
  }
}
