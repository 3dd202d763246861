package dev.resilience.redis;

import dev.resilience.context.Context;
import dev.resilience.policy.Resilience;
import dev.resilience.time.TimeSource;
import dev.resilience.timeout.FixedTimeout;
import io.lettuce.core.ClientOptions;
import io.lettuce.core.RedisChannelHandler;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisConnectionStateListener;
import io.lettuce.core.RedisFuture;
import io.lettuce.core.RedisURI;
import io.lettuce.core.ScriptOutputType;
import io.lettuce.core.SetArgs;
import io.lettuce.core.TrackingArgs;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.api.push.PushMessage;
import io.lettuce.core.codec.ByteArrayCodec;
import io.lettuce.core.codec.StringCodec;
import io.lettuce.core.protocol.ProtocolVersion;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * The far tier: one connection to Redis, or none.
 *
 * <p>A connection is in use from the moment on at which it is told of all changes (client-side
 * caching in broadcasting mode), and what was missed meanwhile has been made up for: near copies
 * are gone, and what was set or deleted here without Redis is deleted there. Lettuce does not
 * reconnect by itself, because a new connection would not be told of anything and old commands
 * would be sent late.
 */
@SuppressWarnings("FutureReturnValueIgnored") // nobody waits for what closes, or is told below
final class Far {

  private static final String READ =
      "return {redis.call('GET', KEYS[1]), redis.call('PTTL', KEYS[1])}";

  private static final String FILL =
      "local now = redis.call('GET', KEYS[1]) "
          + "if (now == false and ARGV[1] == '') or now == ARGV[1] then "
          + "redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3]) return 1 end return 0";

  private static final Duration RETRY = Duration.ofMillis(200);
  private static final byte[] ABSENT = {};

  private final String name;
  private final String prefix;
  private final RedisURI uri;
  private final RedisClient client;
  private final Context life;
  private final TimeSource time;
  private final Resilience guard;
  private final Resilience limited;
  private final Duration markFor;
  private final NearTier near;
  private final RedisListener listener;

  /** What was set or deleted here and not there. */
  private final Set<String> missed = ConcurrentHashMap.newKeySet();

  private final AtomicReference<@Nullable StatefulRedisConnection<byte[], byte[]>> inUse =
      new AtomicReference<>();

  /** The near copies. */
  interface NearTier {

    void delete(String key);

    void clear();
  }

  Far(
      String name,
      RedisURI uri,
      Context life,
      Resilience guard,
      Duration limit,
      Duration markFor,
      NearTier near,
      RedisListener listener) {
    this.name = name;
    this.prefix = name + ":";
    this.uri = RedisURI.builder(uri).withTimeout(Duration.ofSeconds(1)).build();
    this.client = RedisClient.create();
    this.life = life;
    this.time = life.timeSource();
    this.guard = guard;
    this.limited = Resilience.of(FixedTimeout.of(limit));
    this.markFor = markFor;
    this.near = near;
    this.listener = listener;
    client.setOptions(
        ClientOptions.builder()
            .protocolVersion(ProtocolVersion.RESP3)
            .autoReconnect(false)
            .disconnectedBehavior(ClientOptions.DisconnectedBehavior.REJECT_COMMANDS)
            .build());
  }

  boolean isThere() {
    return inUse.get() != null;
  }

  // ---- coming and going

  void connect() {
    if (life.isDone()) {
      return;
    }
    CompletionStage<StatefulRedisConnection<byte[], byte[]>> connecting =
        client.connectAsync(ByteArrayCodec.INSTANCE, uri);
    connecting.whenComplete(
        (connection, failure) -> {
          if (failure == null) {
            greet(connection);
          } else {
            connectLater();
          }
        });
  }

  private void connectLater() {
    life.delay(RETRY)
        .whenComplete(
            (nothing, end) -> {
              if (end == null) {
                connect();
              }
            });
  }

  private void greet(StatefulRedisConnection<byte[], byte[]> connection) {
    connection.addListener(this::pushed);
    connection.addListener(
        new RedisConnectionStateListener() {
          @Override
          public void onRedisDisconnected(RedisChannelHandler<?, ?> lost) {
            leave(connection, "disconnected");
          }
        });
    limited
        .callAsync(
            life,
            c ->
                connection
                    .async()
                    .clientTracking(
                        TrackingArgs.Builder.enabled().bcast().prefixes(prefix).noloop()))
        .thenCompose(ok -> makeUp(connection))
        .whenComplete(
            (nothing, failure) -> {
              if (failure != null) {
                connection.closeAsync();
                connectLater();
                return;
              }
              near.clear();
              inUse.set(connection);
              listener.changed(name, true, "connected");
              if (!connection.isOpen() || life.isDone()) {
                leave(connection, "disconnected");
              }
              missed.forEach(this::delete);
            });
  }

  private CompletionStage<?> makeUp(StatefulRedisConnection<byte[], byte[]> connection) {
    List<CompletableFuture<?>> all = new ArrayList<>();
    for (String key : missed) {
      all.add(
          limited
              .callAsync(life, c -> mark(connection, key))
              .thenAccept(ok -> missed.remove(key))
              .toCompletableFuture());
    }
    return CompletableFuture.allOf(all.toArray(new CompletableFuture<?>[0]));
  }

  /** Gives up on the connection in use, if there is one. */
  void leave(String reason) {
    StatefulRedisConnection<byte[], byte[]> connection = inUse.get();
    if (connection != null) {
      leave(connection, reason);
    }
  }

  private void leave(StatefulRedisConnection<byte[], byte[]> connection, String reason) {
    if (inUse.compareAndSet(connection, null)) {
      near.clear();
      listener.changed(name, false, reason);
      connection.closeAsync();
      connectLater();
    }
  }

  void close() {
    leave("closed");
    client.shutdownAsync(0, 1, TimeUnit.SECONDS);
  }

  private void pushed(PushMessage message) {
    if (!message.getType().equals("invalidate")) {
      return;
    }
    Object keys = message.getContent(StringCodec.UTF8::decodeKey).get(1);
    if (keys instanceof List<?> changed) {
      changed.forEach(key -> near.delete(String.valueOf(key).substring(prefix.length())));
    } else {
      near.clear();
    }
  }

  // ---- reading and writing

  /** Never fails: no answer is one, too. */
  CompletionStage<Found> read(Context ctx, String key) {
    StatefulRedisConnection<byte[], byte[]> connection = inUse.get();
    if (connection == null) {
      return CompletableFuture.completedFuture(Found.NO_ANSWER);
    }
    long asked = time.nanoTime();
    return guard
        .callAsync(
            ctx,
            c -> {
              RedisFuture<List<Object>> answer =
                  connection.async().eval(READ, ScriptOutputType.MULTI, bytes(key));
              c.onDone(() -> answer.cancel(true));
              return answer;
            })
        .handle(
            (answer, failure) ->
                failure == null ? found(connection, answer, asked) : Found.NO_ANSWER);
  }

  /** Time counts from the asking, so the far one is there for at least as long. */
  private static Found found(
      StatefulRedisConnection<byte[], byte[]> by, List<Object> answer, long asked) {
    byte[] raw = (byte[]) answer.get(0);
    long left = Math.max(0, ((Number) answer.get(1)).longValue());
    return new Found(by, raw, asked + TimeUnit.MILLISECONDS.toNanos(left));
  }

  /**
   * Stores what was loaded if the key is as it was. Over the same connection only: a Redis that was
   * started anew has forgotten what was deleted. Never fails.
   */
  CompletionStage<Boolean> fill(
      Context ctx, String key, Found found, byte[] raw, Duration timeToLive) {
    StatefulRedisConnection<byte[], byte[]> connection = found.by();
    byte[] before = found.raw();
    if (connection == null || connection != inUse.get()) {
      return CompletableFuture.completedFuture(false);
    }
    byte[][] keys = {bytes(key)};
    return guard
        .callAsync(
            ctx,
            c -> {
              RedisFuture<Long> answer =
                  connection
                      .async()
                      .eval(
                          FILL,
                          ScriptOutputType.INTEGER,
                          keys,
                          before == null ? ABSENT : before,
                          raw,
                          millis(timeToLive));
              c.onDone(() -> answer.cancel(true));
              return answer;
            })
        .handle((answer, failure) -> failure == null && answer == 1);
  }

  /** Sets a value; if that fails, the key will be deleted there. Never fails. */
  CompletionStage<Boolean> set(String key, byte[] raw, Duration timeToLive) {
    return change(
        key,
        connection ->
            connection
                .async()
                .set(bytes(key), raw, SetArgs.Builder.px(Math.max(1, timeToLive.toMillis()))));
  }

  /** Deletes a key, later if not now. Never fails. */
  CompletionStage<Boolean> delete(String key) {
    return change(key, connection -> mark(connection, key));
  }

  @FunctionalInterface
  private interface Change {
    CompletionStage<String> on(StatefulRedisConnection<byte[], byte[]> connection);
  }

  /**
   * Not for the caller alone, so not under the caller's context. Whoever finds no connection notes
   * the key first and then looks again; whoever brings one shows it first and then looks at the
   * notes.
   */
  private CompletionStage<Boolean> change(String key, Change change) {
    StatefulRedisConnection<byte[], byte[]> connection = inUse.get();
    if (connection == null) {
      missed.add(key);
      connection = inUse.get();
      if (connection == null) {
        return CompletableFuture.completedFuture(false);
      }
    }
    StatefulRedisConnection<byte[], byte[]> used = connection;
    return limited
        .callAsync(life, c -> change.on(used))
        .handle(
            (ok, failure) -> {
              if (failure == null) {
                missed.remove(key);
              } else {
                missed.add(key);
                leave(used, "a change failed: " + failure);
              }
              return failure == null;
            });
  }

  private CompletionStage<String> mark(
      StatefulRedisConnection<byte[], byte[]> connection, String key) {
    return connection
        .async()
        .set(
            bytes(key),
            Stored.deleted(time.random().nextLong()),
            SetArgs.Builder.px(markFor.toMillis()));
  }

  private byte[] bytes(String key) {
    return (prefix + key).getBytes(StandardCharsets.UTF_8);
  }

  private static byte[] millis(Duration duration) {
    return String.valueOf(Math.max(1, duration.toMillis())).getBytes(StandardCharsets.UTF_8);
  }
}
