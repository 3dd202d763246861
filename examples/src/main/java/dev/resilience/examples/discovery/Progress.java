package dev.resilience.examples.discovery;

import dev.resilience.context.CancellableContext;
import dev.resilience.context.Context;
import dev.resilience.context.ContextException;
import dev.resilience.discovery.registry.ServiceInstance;
import java.io.PrintStream;
import java.time.Duration;
import java.util.List;
import java.util.Locale;

/** A line each second: what became of its calls, and who got them. */
final class Progress implements AutoCloseable {

  private static final Duration SECOND = Duration.ofSeconds(1);

  private final CancellableContext life;
  private final Logbook log;
  private final PrintStream out;
  private final Thread thread = new Thread(this::show, "progress");

  @SuppressWarnings("MustBeClosed") // closed by close()
  private Progress(Context ctx, Logbook log, PrintStream out) {
    this.life = ctx.withCancel();
    this.log = log;
    this.out = out;
  }

  static Progress shown(Context ctx, Logbook log, PrintStream out) {
    var progress = new Progress(ctx, log, out);
    progress.thread.start();
    return progress;
  }

  private void show() {
    out.println(
        "         calls  failed  orders-1  orders-2  orders-3  answer of the registry  now");
    try {
      for (Duration from = log.elapsed(); ; from = from.plus(SECOND)) {
        life.sleep(from.plus(SECOND).minus(log.elapsed()));
        out.println(line(from, from.plus(SECOND)));
      }
    } catch (ContextException end) {
      // The script has ended.
    } catch (InterruptedException stop) {
      Thread.currentThread().interrupt();
    }
  }

  private String line(Duration from, Duration to) {
    List<Logbook.Call> calls = log.calls(from, to);
    long failed = calls.stream().filter(call -> call.failure().isPresent()).count();
    var line = new StringBuilder();
    line.append(
        String.format(Locale.ROOT, "%4.0f s  %6d  %6d", to.toMillis() / 1e3, calls.size(), failed));
    for (ServiceInstance place : log.places) {
      long tried =
          calls.stream()
              .flatMap(call -> call.tried().stream())
              .filter(instance -> instance.id().equals(place.id()))
              .count();
      String got =
          switch (log.standing(place)) {
            case IN -> "" + tried;
            case EJECTED -> tried + " aside";
            case GONE -> tried + "  gone";
          };
      line.append(String.format(Locale.ROOT, "%10s", got));
    }
    String answer =
        log.lastAnswer()
            .map(
                last ->
                    String.format(
                        Locale.ROOT,
                        "%.1f s old%s",
                        last.age().toMillis() / 1e3,
                        last.stale() ? ", stale" : ""))
            .orElse("none");
    return line.append(String.format(Locale.ROOT, "  %22s  %s", answer, log.now())).toString();
  }

  @Override
  public void close() {
    life.close();
    try {
      thread.join(SECOND.toMillis());
    } catch (InterruptedException stop) {
      Thread.currentThread().interrupt();
    }
  }
}
