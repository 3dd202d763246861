package dev.resilience.examples.walkthrough;

import dev.resilience.Resilience;
import dev.resilience.context.CancellableContext;
import dev.resilience.context.Context;
import dev.resilience.context.DeadlineExceededException;
import dev.resilience.context.RequestInfo;
import dev.resilience.examples.concurrent.Log;
import dev.resilience.examples.program.CtrlC;
import java.io.PrintStream;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;

/**
 * A fast source with a short time-out, then the slow one with a longer one; what came is written
 * back in the background, under two seconds of its own, and a failure there fails nobody.
 *
 * <pre>{@code
 * mvn -q -Pdemo -Dmain=walkthrough.TwoTierRead
 * }</pre>
 */
public final class TwoTierRead {

  private static final Resilience BOUND = Resilience.of();

  private final Log log;
  private final Map<String, String> cache = new ConcurrentHashMap<>();

  /** How long the cache takes to answer. */
  private final Duration lookup;

  /** How long it takes to write. */
  private final Duration write;

  TwoTierRead(Log log, Duration lookup, Duration write) {
    this.log = log;
    this.lookup = lookup;
    this.write = write;
  }

  /** Runs the program. */
  public static void main(String... args) throws InterruptedException {
    try (CtrlC interrupt = CtrlC.installed(Duration.ofSeconds(3))) {
      run(interrupt.context(), System.out);
    }
  }

  static void run(Context app, PrintStream out) throws InterruptedException {
    Log log = new Log(app, out);
    Context caller = RequestInfo.builder().requestId("r-1").build().in(app);
    TwoTierRead quick = new TwoTierRead(log, Duration.ofMillis(10), Duration.ofMillis(500));
    quick.read(caller, "user:1");
    app.sleep(Duration.ofSeconds(1));
    quick.read(caller, "user:1");
    TwoTierRead slow = new TwoTierRead(log, Duration.ofSeconds(1), Duration.ofSeconds(5));
    slow.read(caller, "user:2");
    app.sleep(Duration.ofSeconds(3)); // so that the end of the write-back is seen
  }

  String read(Context ctx, String key) throws InterruptedException {
    Optional<String> kept = kept(ctx, key);
    if (kept.isPresent()) {
      log.say("%s from the cache", key);
      return kept.get();
    }
    String value;
    try (CancellableContext database = ctx.withTimeout(Duration.ofSeconds(5))) {
      database.sleep(Duration.ofMillis(800));
      value = "value of " + key;
    }
    log.say("%s from the database", key);
    writeBack(ctx.detached(), key, value);
    return value;
  }

  private Optional<String> kept(Context ctx, String key) throws InterruptedException {
    try (CancellableContext fast = ctx.withTimeout(Duration.ofMillis(100))) {
      fast.sleep(lookup);
      return Optional.ofNullable(cache.get(key));
    } catch (DeadlineExceededException slow) {
      ctx.throwIfDone(); // the caller's own end is no slow cache
      log.say("%s: the cache is slow, on to the database", key);
      return Optional.empty();
    }
  }

  /** Nobody waits for it, and it outlives the request, whose id it keeps. */
  private void writeBack(Context detached, String key, String value) {
    @SuppressWarnings("MustBeClosed") // closed when it is written
    CancellableContext ctx = detached.withTimeout(Duration.ofSeconds(2));
    CompletionStage<String> written =
        BOUND.callAsync(ctx, c -> c.delay(write).thenApply(now -> value));
    written.handle(
        (put, failure) -> {
          ctx.close();
          if (put != null) {
            cache.put(key, put);
          }
          log.say(
              "%s %s for %s",
              key,
              failure == null ? "written back" : "not written back: " + failure.getMessage(),
              detached.get(RequestInfo.REQUEST_ID));
          return put;
        });
  }
}
