package dev.resilience.cache;

import static org.assertj.core.api.Assertions.assertThat;

import dev.resilience.context.Context;
import dev.resilience.time.VirtualTime;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A load that begins in the midst of a set must not take the place of what was set. The key's hash,
 * which a set asks for before each of its steps, is where the test comes in between.
 */
class SetWhileLaunchedTest {

  private final Context ctx = Context.background(VirtualTime.manual());
  private final ContextCache<Key, Integer> cache =
      ContextCache.<Key, Integer>builder("tested").open(ctx);
  private final CompletableFuture<Integer> load = new CompletableFuture<>();

  private static final class Key {

    private int asked;
    private int comeInAt;
    private Runnable comeIn = () -> {};

    @Override
    public boolean equals(Object other) {
      return other instanceof Key;
    }

    @Override
    public int hashCode() {
      asked++;
      if (asked == comeInAt) {
        comeIn.run();
      }
      return 1;
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3})
  void what_was_set_stays(int step) {
    Key key = new Key();
    key.comeInAt = step;
    key.comeIn = () -> cache.getOrFetchAsync(ctx, new Key(), (c, k) -> load);

    cache.set(ctx, key, 8);
    assertThat(key.asked).as("times that a set asks for the hash").isGreaterThanOrEqualTo(2);
    load.complete(2);

    assertThat(cache.get(ctx, new Key())).isEqualTo(8);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3})
  void what_was_deleted_is_gone(int step) {
    cache.set(ctx, new Key(), 8);
    Key key = new Key();
    key.comeInAt = step;
    key.comeIn = () -> cache.getOrFetchAsync(ctx, new Key(), (c, k) -> load);

    cache.delete(ctx, key);
    load.complete(2);

    assertThat(cache.get(ctx, new Key())).isNull();
  }
}
