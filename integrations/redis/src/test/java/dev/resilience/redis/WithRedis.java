package dev.resilience.redis;

import static java.time.Duration.ofSeconds;

import dev.resilience.context.CancellableContext;
import dev.resilience.context.Context;
import io.lettuce.core.RedisClient;
import io.lettuce.core.api.sync.RedisCommands;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.AfterEach;

/** A Redis, caches over it, and another program that looks into it. */
abstract class WithRedis {

  final CancellableContext app = Context.background().withCancel();
  final Context ctx = Context.background();
  final List<RedisCacheEvent> events = new CopyOnWriteArrayList<>();
  RedisServer server;
  private RedisClient client;

  /** Another program, which knows nothing of this library. */
  RedisCommands<String, String> redis;

  void start(String... options) throws IOException {
    server = RedisServer.start(options);
    client = RedisClient.create(server.uri());
    redis = client.connect().sync();
  }

  @AfterEach
  void stopAll() {
    app.close();
    if (client != null) {
      client.shutdown(Duration.ZERO, ofSeconds(1));
    }
    if (server != null) {
      server.close();
    }
  }

  static ConditionFactory await() {
    return Awaitility.await()
        .pollDelay(Duration.ZERO)
        .pollInterval(Duration.ofMillis(1))
        .atMost(ofSeconds(20));
  }

  <K> RedisCache.Builder<K, String> builder(String name) {
    return RedisCache.<K, String>builder(name)
        .uri(server.uri())
        .values(ValueCodec.strings())
        .commandTimeout(ofSeconds(5))
        .listener(events::add);
  }

  /** The cache, when it uses Redis. */
  <K, V> RedisCache<K, V> open(RedisCache.Builder<K, V> builder) {
    RedisCache<K, V> cache = builder.open(app);
    try (CancellableContext start = ctx.withTimeout(ofSeconds(20))) {
      cache.awaitRedis(start);
    }
    return cache;
  }

  /** As {@link #open}, by a name. */
  <K> RedisCache<K, String> machine(String name) {
    return open(this.<K>builder(name));
  }
}
