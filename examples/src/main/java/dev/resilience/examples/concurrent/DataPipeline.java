package dev.resilience.examples.concurrent;

import dev.resilience.concurrent.pipeline.ItemFunction;
import dev.resilience.concurrent.pipeline.Pipeline;
import dev.resilience.concurrent.pipeline.PipelineResult;
import dev.resilience.context.CancellableContext;
import dev.resilience.context.Context;
import dev.resilience.examples.program.CtrlC;
import java.io.PrintStream;
import java.time.Duration;
import java.util.Iterator;

/**
 * Ten numbers, one each 100 ms, through three stages of 50 ms: squares plus ten that are even.
 *
 * <pre>{@code
 * mvn -q -Pdemo -Dmain=concurrent.DataPipeline             # 14, 26, 46, 74, 110
 * mvn -q -Pdemo -Dmain=concurrent.DataPipeline -Dargs=650  # with so many milliseconds: a part of it
 * }</pre>
 */
public final class DataPipeline {

  private static final Duration WORK = Duration.ofMillis(50);

  private DataPipeline() {}

  /** Runs the program. */
  public static void main(String... args) throws InterruptedException {
    Duration limit = Duration.ofMillis(args.length > 0 ? Long.parseLong(args[0]) : 3_000);
    try (CtrlC interrupt = CtrlC.installed(Duration.ofSeconds(1));
        CancellableContext work = interrupt.context().withTimeout(limit)) {
      run(work, System.out);
    }
  }

  static PipelineResult<Integer> run(Context ctx, PrintStream out) throws InterruptedException {
    Log log = new Log(ctx, out);
    Pipeline<Integer, Integer> numbers =
        Pipeline.<Integer>builder("numbers")
            .map("square", told(log, "square", (c, n) -> n * n))
            .map("add10", told(log, "add10", (c, n) -> n + 10))
            .filter("filter-even", (c, n) -> n % 2 == 0)
            .build();
    PipelineResult<Integer> result = numbers.run(ctx, () -> new Numbers(ctx));
    result.stages().forEach(stage -> log.say("%s", stage));
    log.say("%d came through: %s", result.delivered(), result.results());
    result.failure().ifPresent(why -> log.say("ended early: %s", why));
    return result;
  }

  private static ItemFunction<Integer, Integer> told(
      Log log, String stage, ItemFunction<Integer, Integer> function) {
    return (ctx, n) -> {
      ctx.sleep(WORK);
      Integer result = function.apply(ctx, n);
      log.say("%s: %d -> %d", stage, n, result);
      return result;
    };
  }

  /** 1 to 10, one each 100 ms. */
  private static final class Numbers implements Iterator<Integer> {

    private final Context ctx;
    private int last;

    Numbers(Context ctx) {
      this.ctx = ctx;
    }

    @Override
    public boolean hasNext() {
      return last < 10;
    }

    @Override
    public Integer next() {
      try {
        ctx.sleep(Duration.ofMillis(100));
      } catch (InterruptedException end) {
        Thread.currentThread().interrupt();
      }
      return ++last;
    }
  }
}
