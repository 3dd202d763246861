package dev.resilience.cache;

import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;

import dev.resilience.context.CancellableContext;
import dev.resilience.context.Context;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The stack of a caller ends somewhere in our code; on real threads, since stacks are. */
@Timeout(60)
class StackOverflowTest {

  /** Made where there is room to make it. */
  private static final AsyncLoader<Integer, Integer> LOADER =
      (c, k) -> CompletableFuture.completedFuture(k);

  private final CancellableContext app = Context.background().withCancel();

  /**
   * A class whose initializer overflows the stack can never be used again in this JVM, such as the
   * JDK's of virtual threads: so all are initialized where there is room, those for failures too.
   */
  @BeforeEach
  void initialize() throws Exception {
    var cache = cache();
    inThread(1 << 24, () -> chain(cache, app, 10, CompletableFuture.completedFuture(0)));
    assertAllCanBeLoaded(cache, 11);
    AsyncLoader<Integer, Integer> overflowing =
        (c, k) -> {
          throw new StackOverflowError();
        };
    assertThat(cache.getOrFetchAsync(app, -1, overflowing)).isCompletedExceptionally();
    assertAllCanBeLoaded(cache, 1);
  }

  @AfterEach
  void close() {
    app.close();
  }

  private ContextCache<Integer, Integer> cache() {
    return ContextCache.<Integer, Integer>builder("deep").loadTimeout(ofSeconds(2)).open(app);
  }

  /** Each load waits for the next, so that one end settles all of them. */
  @Test
  void a_chain_of_loads_that_is_too_long_ends_and_leaves_no_key_behind() throws Exception {
    var cache = cache();
    CompletableFuture<Integer> last = new CompletableFuture<>();
    inThread(
        1 << 19,
        () -> {
          try {
            chain(cache, app, 3_000, last);
          } catch (StackOverflowError expected) {
            // Before anything was begun for the key.
          }
        });
    last.complete(0);
    assertAllCanBeLoaded(cache, 3_001);
  }

  private static CompletionStage<Integer> chain(
      ContextCache<Integer, Integer> cache, Context ctx, int key, CompletableFuture<Integer> last) {
    return cache.getOrFetchAsync(
        ctx,
        key,
        (c, k) -> k == 0 ? last : chain(cache, c, k - 1, last).thenApply(below -> below + 1));
  }

  @Test
  void a_caller_near_the_end_of_its_stack_leaves_no_key_behind() throws Exception {
    var cache = cache();
    AtomicInteger overflows = new AtomicInteger();
    inThread(
        1 << 18,
        () -> {
          for (int key = 0; key < 200; key++) {
            try {
              dive(cache, key, 0, new int[1]);
            } catch (VirtualMachineError expected) { // also where a lambda cannot be linked
              overflows.incrementAndGet();
            }
          }
        });
    assertThat(overflows).hasPositiveValue();
    assertAllCanBeLoaded(cache, 200);
  }

  /** Down to the end of the stack, and then up, asking with a little more room at each frame. */
  @SuppressWarnings("InfiniteRecursion") // that is what it is for
  private void dive(ContextCache<Integer, Integer> cache, int key, int depth, int[] frames) {
    try {
      dive(cache, key, depth + 1, frames);
    } catch (StackOverflowError end) {
      if (++frames[0] % 7 == key % 7) {
        cache.getOrFetchAsync(app, key, LOADER);
      }
      throw end;
    }
  }

  private static void inThread(long stackSize, Runnable body) throws InterruptedException {
    Thread thread = new Thread(null, body, "small stack", stackSize);
    thread.start();
    thread.join();
  }

  private void assertAllCanBeLoaded(ContextCache<Integer, Integer> cache, int keys) {
    for (int key = 0; key < keys; key++) {
      try {
        cache.getOrFetch(app, key, (c, k) -> k);
      } catch (LoadException earlier) {
        // Of a load that was under way.
      }
    }
    for (int key = 0; key < keys; key++) {
      assertThat(cache.getOrFetch(app, key, (c, k) -> k)).isEqualTo(key);
    }
    // A load without room on its stack ends on another thread, a moment after its value is there.
    while (cache.snapshot().loading() > 0) {
      assertThat(Thread.interrupted()).as("the time is up").isFalse();
    }
    assertThat(cache.snapshot().waiting()).isZero();
  }
}
