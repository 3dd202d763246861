package dev.resilience.redis;

import static java.time.Duration.ofHours;
import static java.time.Duration.ofMillis;
import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.resilience.cache.CacheClosedException;
import dev.resilience.context.CancelReason;
import dev.resilience.context.CancellableContext;
import dev.resilience.context.ContextCancelledException;
import dev.resilience.context.DeadlineExceededException;
import dev.resilience.retry.Backoff;
import io.lettuce.core.RedisURI;
import io.lettuce.core.codec.StringCodec;
import io.lettuce.core.output.StatusOutput;
import io.lettuce.core.protocol.CommandArgs;
import io.lettuce.core.protocol.CommandType;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Why is Redis not used? Whoever listens, reads the log or looks at the figures learns it. */
class ReasonsTest extends WithRedis {

  @BeforeEach
  void startRedis() throws IOException {
    start();
    user("right", "+@all");
    user("noeval", "+@all", "-eval", "-evalsha");
    user("notrack", "+@all", "-client|tracking");
    user("readonly", "+@all", "-@write", "+eval");
    user("otherkeys", "resetkeys", "~sessions:*", "+@all");
  }

  private void user(String name, String... rules) {
    var args = new CommandArgs<>(StringCodec.UTF8).add("SETUSER").add(name);
    List.of("on", ">p", "~*", "&*").forEach(args::add);
    for (String rule : rules) {
      args.add(rule);
    }
    redis.dispatch(CommandType.ACL, new StatusOutput<>(StringCodec.UTF8), args);
  }

  private RedisCache<String, String> tries(String uri) {
    return this.<String>builder("users")
        .uri(RedisURI.create(uri.replace("PORT", String.valueOf(server.port()))))
        .backoff(Backoff.constant(ofMillis(5)))
        .open(app);
  }

  @ParameterizedTest
  @CsvSource({
    "redis://right:wrong@127.0.0.1:PORT, WRONGPASS",
    "redis://noeval:p@127.0.0.1:PORT, NOPERM",
    "redis://notrack:p@127.0.0.1:PORT, NOPERM",
    "redis://otherkeys:p@127.0.0.1:PORT, NOPERM",
    "redis://readonly:p@127.0.0.1:PORT, run this command",
    "redis://127.0.0.1:1, Connection refused",
    "redis://no-such-host.invalid:6379, no-such-host.invalid",
    "rediss://127.0.0.1:PORT, over TLS"
  })
  void is_told_once_in_the_words_of_who_refused(String uri, String words) {
    var cache = tries(uri);
    await().until(() -> cache.snapshot().failedConnects() > 3);
    assertThat(cache.isRedisAvailable()).isFalse();
    assertThat(cache.snapshot().reason())
        .hasValueSatisfying(why -> assertThat(why).contains(words));
    assertThat(cache.snapshot().toString()).contains(words);
    await().until(() -> !events.isEmpty());
    assertThat(events)
        .singleElement()
        .isInstanceOfSatisfying(
            RedisCacheEvent.Disconnected.class, gone -> assertThat(gone.reason()).contains(words));
    assertThat(cache.getOrFetch(ctx, "k", (c, key) -> "v")).isEqualTo("v");
  }

  @Test
  void changes_when_it_changes_and_goes_when_redis_is_there() {
    var cache = machine("users");
    assertThat(cache.snapshot().reason()).isEmpty();
    assertThat(cache.snapshot().isRedisAvailable()).isTrue();
    server.kill();
    await().until(() -> events.size() == 3);
    assertThat(events.get(0)).isEqualTo(new RedisCacheEvent.Connected("users"));
    assertThat(events.get(1)).isEqualTo(new RedisCacheEvent.Disconnected("users", "disconnected"));
    assertThat(events.get(2).toString()).contains("Connection refused");
  }

  @Test
  void delays_between_tries_grow() {
    var cache =
        this.<String>builder("users")
            .uri(RedisURI.create("127.0.0.1", 1))
            .backoff(Backoff.list(ofMillis(1), ofMillis(1), ofMillis(1), ofHours(1)))
            .open(app);
    await().until(() -> cache.snapshot().failedConnects() == 4);
    assertThat(cache.isRedisAvailable()).isFalse();
  }

  @Test
  void a_right_that_is_taken_away_ends_the_use_with_the_reason() {
    var cache = tries("redis://right:p@127.0.0.1:PORT");
    cache.awaitRedis(ctx.withTimeout(ofSeconds(20)));
    user("right", "-eval");
    cache.delete(ctx, "k");
    await()
        .until(() -> cache.snapshot().reason().filter(why -> why.contains("NOPERM")).isPresent());
    assertThat(cache.snapshot().missedChanges()).isEqualTo(1);
    user("right", "+eval");
    await().until(cache::isRedisAvailable);
    await().until(() -> cache.snapshot().missedChanges() == 0);
  }

  /** So that the first reads after the start of a program do not all go past Redis. */
  @Nested
  class Waiting {

    @Test
    void ends_when_redis_is_in_use() {
      var cache = ReasonsTest.this.<String>builder("users").open(app);
      cache.awaitRedis(ctx.withTimeout(ofSeconds(20)));
      assertThat(cache.isRedisAvailable()).isTrue();
      assertThat(cache.awaitRedisAsync(ctx)).isCompleted();
    }

    @Test
    void ends_with_the_context_and_leaves_nothing_behind() {
      var cache = tries("redis://127.0.0.1:1");
      assertThatExceptionOfType(DeadlineExceededException.class)
          .isThrownBy(() -> cache.awaitRedis(ctx.withTimeout(ofMillis(20))));
      CancellableContext caller = ctx.withCancel();
      var waiting = cache.awaitRedisAsync(caller).toCompletableFuture();
      caller.cancel(CancelReason.USER);
      assertThat(waiting).isCompletedExceptionally();
      CancellableContext other = ctx.withCancel();
      var cancelled = cache.awaitRedisAsync(other).toCompletableFuture();
      cancelled.cancel(true);
      assertThatExceptionOfType(ContextCancelledException.class)
          .isThrownBy(() -> cache.awaitRedis(caller));
    }

    @Test
    void ends_when_the_cache_closes() {
      var cache = tries("redis://127.0.0.1:1");
      var waiting = cache.awaitRedisAsync(ctx).toCompletableFuture();
      cache.close();
      assertThat(waiting).isCompletedExceptionally();
      assertThatExceptionOfType(CacheClosedException.class).isThrownBy(() -> cache.awaitRedis(ctx));
    }
  }
}
