package dev.resilience.redis;

import static org.assertj.core.api.Assertions.assertThat;

import io.lettuce.core.RedisCommandExecutionException;
import java.io.IOException;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Redis is full and evicts nothing. Deletions still reach all machines, and the line stays. */
class FullRedisTest extends WithRedis {

  private RedisCache<String, String> here;
  private RedisCache<String, String> there;

  @BeforeEach
  void startRedis() throws IOException {
    start("--maxmemory-policy", "noeviction");
    here = machine("users");
    there = machine("users");
    here.set(ctx, "u1", "old");
    assertThat(there.getOrFetch(ctx, "u1", (c, key) -> "never")).isEqualTo("old");
  }

  private void fill() {
    redis.configSet("maxmemory", "1mb");
    try {
      redis.set("other", "value");
    } catch (RedisCommandExecutionException full) {
      return;
    }
    throw new AssertionError("Redis is not full");
  }

  private void assertBothInUse() {
    assertThat(here.isRedisAvailable()).isTrue();
    assertThat(there.isRedisAvailable()).isTrue();
    assertThat(events)
        .hasOnlyElementsOfTypes(
            RedisCacheEvent.Connected.class, RedisCacheEvent.CommandRefused.class);
  }

  @Test
  void a_deletion_needs_no_memory() {
    fill();
    assertThat(here.delete(ctx, "u1")).isTrue();
    await().until(() -> "new".equals(there.getOrFetch(ctx, "u1", (c, key) -> "new")));
    assertBothInUse();
  }

  /** So a load that began before brings nothing back, when there is room again. */
  @Test
  void a_deletion_leaves_its_mark() {
    here.delete(ctx, "u2");
    CompletableFuture<String> load = new CompletableFuture<>();
    var loaded = there.getOrFetchAsync(ctx, "u1x", (c, key) -> load).toCompletableFuture();
    fill();
    here.delete(ctx, "u1x");
    redis.configSet("maxmemory", "0");
    load.complete("old");
    assertThat(loaded.join()).isEqualTo("old");
    assertThat(there.getOrFetch(ctx, "u1x", (c, key) -> "new")).isEqualTo("new");
    assertThat(here.getOrFetch(ctx, "u1x", (c, key) -> "newer")).isEqualTo("new");
  }

  @Test
  void a_value_that_cannot_be_set_is_deleted() {
    fill();
    assertThat(here.set(ctx, "u1", "x".repeat(10_000))).isFalse();
    await().until(() -> !"old".equals(here.get(ctx, "u1")));
    await().until(() -> there.get(ctx, "u1") == null);
    assertBothInUse();
    assertThat(here.snapshot().commandsRefused()).isEqualTo(1);
    await()
        .untilAsserted(
            () ->
                assertThat(events.get(events.size() - 1))
                    .isInstanceOfSatisfying(
                        RedisCacheEvent.CommandRefused.class,
                        refused -> assertThat(refused.reason()).startsWith("OOM")));
  }

  /** As long as Redis tells of changes, what it does not take may be near. */
  @Test
  void what_is_loaded_is_kept_near_and_goes_when_it_is_changed_elsewhere() {
    fill();
    assertThat(here.getOrFetch(ctx, "n", (c, key) -> "loaded")).isEqualTo("loaded");
    assertThat(here.getOrFetch(ctx, "n", (c, key) -> "again")).isEqualTo("loaded");
    assertBothInUse();
    there.delete(ctx, "n");
    await().until(() -> "new".equals(here.getOrFetch(ctx, "n", (c, key) -> "new")));
  }

  @Test
  void a_machine_that_comes_to_a_full_redis_uses_it() {
    fill();
    assertThat(machine("users").get(ctx, "u1")).isEqualTo("old");
  }
}
