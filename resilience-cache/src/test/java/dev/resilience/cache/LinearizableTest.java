package dev.resilience.cache;

import dev.resilience.Schedules;
import dev.resilience.context.CancellableContext;
import dev.resilience.context.Context;
import dev.resilience.time.VirtualTime;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.jetbrains.lincheck.datastructures.IntGen;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Param;
import org.jetbrains.lincheck.datastructures.StressOptions;
import org.junit.jupiter.api.Test;

/**
 * Whatever threads do with a cache at once, there is an order in which a plain map gives the same
 * answers: reads, loads, settings and deletions, and callers who leave loads that they began. On
 * real threads: to let Lincheck choose at each access to memory takes minutes for a single
 * schedule, so much happens inside Caffeine.
 */
class LinearizableTest {

  private static final int SCHEDULES = Schedules.count(100);

  @Test
  void on_real_threads() {
    new StressOptions()
        .iterations(8)
        .invocationsPerIteration(2 * SCHEDULES)
        .threads(3)
        .actorsPerThread(3)
        .actorsBefore(1)
        .actorsAfter(1)
        .sequentialSpecification(PlainMap.class)
        .check(Tested.class);
  }

  private static final class Gone extends RuntimeException {
    private static final long serialVersionUID = 1L;
  }

  /** What Lincheck drives. */
  @Param(name = "key", gen = IntGen.class, conf = "1:2")
  @Param(name = "value", gen = IntGen.class, conf = "1:9")
  public static class Tested {

    private final Context ctx = Context.background(VirtualTime.manual());
    private final ContextCache<Integer, Integer> cache =
        ContextCache.<Integer, Integer>builder("tested").open(ctx);

    @Operation
    public Integer get(@Param(name = "key") int key) {
      return cache.get(ctx, key);
    }

    /** Again where the load was that of one who has left. */
    @Operation
    public int getOrFetch(@Param(name = "key") int key, @Param(name = "value") int value) {
      while (true) {
        try {
          return cache
              .getOrFetchAsync(ctx, key, (c, k) -> load(value))
              .toCompletableFuture()
              .join();
        } catch (CompletionException failed) {
          if (!(failed.getCause() instanceof LoadException load)
              || !(load.getCause() instanceof Gone)) {
            throw failed;
          }
        }
      }
    }

    /** Lets the others do something meanwhile. */
    private static CompletableFuture<Integer> load(int value) {
      Thread.yield();
      return CompletableFuture.completedFuture(value);
    }

    @Operation
    public void set(@Param(name = "key") int key, @Param(name = "value") int value) {
      cache.set(ctx, key, value);
    }

    @Operation
    public void delete(@Param(name = "key") int key) {
      cache.delete(ctx, key);
    }

    /** Asks and leaves. If the load was begun for this caller, it fails for all others. */
    @Operation
    public void leave(@Param(name = "key") int key) {
      CompletableFuture<Integer> load = new CompletableFuture<>();
      CancellableContext caller = ctx.withCancel();
      cache.getOrFetchAsync(caller, key, (c, k) -> load);
      caller.cancel();
      load.completeExceptionally(new Gone());
    }
  }

  /** What it should be like. */
  public static class PlainMap {

    private final Map<Integer, Integer> map = new HashMap<>();

    public Integer get(int key) {
      return map.get(key);
    }

    public int getOrFetch(int key, int value) {
      return map.computeIfAbsent(key, absent -> value);
    }

    public void set(int key, int value) {
      map.put(key, value);
    }

    public void delete(int key) {
      map.remove(key);
    }

    public void leave(int key) {}
  }
}
