package dev.resilience.examples.walkthrough;

import dev.resilience.cache.Cached;
import dev.resilience.cache.ContextCache;
import dev.resilience.context.CancellableContext;
import dev.resilience.context.Context;
import dev.resilience.context.ContextCancelledException;
import dev.resilience.examples.concurrent.Log;
import dev.resilience.examples.program.CtrlC;
import java.io.PrintStream;
import java.time.Duration;

/**
 * A cache in five steps: a load, a hit, callers who share a load, a refresh in the background, and
 * a caller who has left.
 *
 * <pre>{@code
 * mvn -q -Pdemo -Dmain=walkthrough.CacheWalkThrough
 * }</pre>
 */
public final class CacheWalkThrough {

  /** What is cached. */
  record User(String id, String name, int age) {}

  private CacheWalkThrough() {}

  /** Runs the program. */
  public static void main(String... args) throws InterruptedException {
    try (CtrlC interrupt = CtrlC.installed(Duration.ofSeconds(1))) {
      run(interrupt.context(), System.out);
    }
  }

  static void run(Context app, PrintStream out) throws InterruptedException {
    Log log = new Log(app, out);
    try (ContextCache<String, User> users =
        ContextCache.<String, User>builder("users")
            .expireAfterWrite(Duration.ofMinutes(5))
            .refreshAfter(Duration.ofSeconds(2))
            .loadTimeout(Duration.ofSeconds(2))
            .open(app)) {
      try (CancellableContext request = app.withTimeout(Duration.ofSeconds(10))) {
        log.say("first: %s", users.getOrFetch(request, "user:123", CacheWalkThrough::fetch));
        log.say("again: %s, a hit", users.getOrFetch(request, "user:123", CacheWalkThrough::fetch));
        users.getOrFetch(request, "user:456", CacheWalkThrough::fetch);
        request.sleep(Duration.ofSeconds(3));
        Cached<User> old = users.getOrFetchCached(request, "user:456", CacheWalkThrough::fetch);
        log.say("%s at once, and refreshed in the background", old.value());
        request.sleep(Duration.ofSeconds(1));
        Cached<User> fresh = users.getOrFetchCached(request, "user:456", CacheWalkThrough::fetch);
        log.say("younger now: %s", fresh.age().compareTo(old.age()) < 0);
      }
      try (CancellableContext gone = app.withCancel()) {
        gone.cancel();
        users.getOrFetch(gone, "user:789", CacheWalkThrough::fetch);
      } catch (ContextCancelledException left) {
        log.say("a caller who has left gets nothing, at once: %s", left.getMessage());
      }
      log.say("%s", users.snapshot());
    }
  }

  /** Half a second, as from a database. */
  private static User fetch(Context ctx, String id) throws InterruptedException {
    ctx.sleep(Duration.ofMillis(500));
    return new User(id, "User " + id.substring("user:".length()), 25);
  }
}
