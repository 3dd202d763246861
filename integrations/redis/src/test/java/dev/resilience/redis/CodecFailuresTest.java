package dev.resilience.redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What stands in Redis cannot be read, or what was loaded cannot be written: in every way. */
class CodecFailuresTest extends WithRedis {

  private record User(String name) {}

  private static final ValueCodec<User> CODEC =
      new ValueCodec<>() {
        @Override
        public byte[] encode(User user) {
          return switch (user.name()) {
            case "exception" -> throw new IllegalStateException("no serializer");
            case "error" -> throw new StackOverflowError();
            case "null" -> null;
            default -> user.name().getBytes(StandardCharsets.UTF_8);
          };
        }

        @Override
        public User decode(byte[] bytes) {
          String name = new String(bytes, StandardCharsets.UTF_8);
          return switch (name) {
            case "bad exception" -> throw new IllegalArgumentException("unknown field");
            case "bad error" -> throw new NoClassDefFoundError("com/acme/OldUser");
            case "bad null" -> null;
            default -> new User(name);
          };
        }
      };

  private RedisCache<String, User> cache;
  private RedisCache<String, String> plain;

  @BeforeEach
  void startRedis() throws IOException {
    start();
    cache =
        open(
            RedisCache.<String, User>builder("u")
                .uri(server.uri())
                .values(CODEC)
                .commandTimeout(java.time.Duration.ofSeconds(5))
                .listener(events::add));
    plain = machine("u");
  }

  private static final User FRESH = new User("fresh");

  @ParameterizedTest
  @ValueSource(strings = {"bad exception", "bad error", "bad null"})
  void what_cannot_be_decoded_is_loaded_anew_and_replaced(String bad) {
    plain.set(ctx, "1", bad);
    assertThat(cache.getOrFetch(ctx, "1", (c, key) -> FRESH)).isEqualTo(FRESH);
    // A load that meets the news of that set stores nothing, and leaves it to the next one; and the
    // other machine hears a moment later that its near copy is stale.
    await()
        .untilAsserted(
            () -> {
              assertThat(cache.getOrFetch(ctx, "1", (c, key) -> FRESH)).isEqualTo(FRESH);
              assertThat(plain.get(ctx, "1")).isEqualTo("fresh");
            });

    plain.set(ctx, "2", bad);
    assertThat(
            cache
                .getOrFetchAsync(ctx, "2", (c, key) -> CompletableFuture.completedFuture(FRESH))
                .toCompletableFuture()
                .join())
        .isEqualTo(FRESH);

    plain.set(ctx, "3", bad);
    plain.set(ctx, "good", "good");
    var fetched = cache.fetchAll(ctx, List.of("3", "good"), (c, key) -> FRESH);
    assertThat(fetched.isComplete()).isTrue();
    assertThat(fetched.values()).containsEntry("3", FRESH).containsEntry("good", new User("good"));
    assertThat(cache.snapshot().decodingsFailed()).isPositive();
    await().until(() -> events.stream().anyMatch(RedisCacheEvent.DecodingFailed.class::isInstance));
  }

  @ParameterizedTest
  @ValueSource(strings = {"bad exception", "bad error", "bad null"})
  void what_cannot_be_decoded_goes_when_nobody_loads(String bad) {
    plain.set(ctx, "1", bad);
    assertThat(cache.get(ctx, "1")).isNull();
    plain.set(ctx, "2", bad);
    plain.set(ctx, "good", "good");
    assertThat(cache.getAll(ctx, List.of("2", "good"))).containsOnlyKeys("good");
    await().until(() -> redis.exists("{u}:s:1", "{u}:s:2") == 0);
  }

  @ParameterizedTest
  @ValueSource(strings = {"exception", "error", "null"})
  void what_cannot_be_encoded_is_handed_out_and_kept_near(String bad) {
    User unwritable = new User(bad);
    assertThat(cache.getOrFetch(ctx, "1", (c, key) -> unwritable)).isEqualTo(unwritable);
    assertThat(cache.getOrFetch(ctx, "1", (c, key) -> FRESH)).isEqualTo(unwritable);
    assertThat(
            cache
                .getOrFetchAsync(
                    ctx, "2", (c, key) -> CompletableFuture.completedFuture(unwritable))
                .toCompletableFuture()
                .join())
        .isEqualTo(unwritable);
    assertThat(redis.exists("{u}:s:1", "{u}:s:2")).isZero();
    assertThat(cache.snapshot().encodingsFailed()).isEqualTo(2);
    plain.delete(ctx, "1");
    await().until(() -> cache.getOrFetch(ctx, "1", (c, key) -> FRESH).equals(FRESH));
    assertThatExceptionOfType(Throwable.class).isThrownBy(() -> cache.set(ctx, "1", unwritable));
    assertThat(cache.setAsync(ctx, "1", unwritable)).isCompletedExceptionally();
    assertThat(cache.get(ctx, "1")).isEqualTo(FRESH);
    assertThat(cache.isRedisAvailable()).isTrue();
  }

  @Test
  void what_another_program_has_put_there_is_no_value() {
    redis.set("{u}:s:1", "plain text");
    redis.set("{u}:s:2", "");
    redis.lpush("{u}:s:3", "a list");
    for (String key : List.of("1", "2", "3")) {
      assertThat(cache.getOrFetch(ctx, key, (c, k) -> FRESH)).isEqualTo(FRESH);
      assertThat(cache.getOrFetch(ctx, key, (c, k) -> new User("again"))).isEqualTo(FRESH);
    }
    // The other one hears a moment later that its near copy is stale.
    await().untilAsserted(() -> assertThat(plain.get(ctx, "1")).isEqualTo("fresh"));
    assertThat(cache.set(ctx, "3", new User("set"))).isTrue();
    assertThat(plain.get(ctx, "3")).isEqualTo("set");
    assertThat(cache.isRedisAvailable()).isTrue();
  }
}
