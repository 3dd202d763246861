package dev.resilience.redis;

import dev.resilience.Resilience;
import dev.resilience.context.Context;
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
import java.util.concurrent.ConcurrentMap;
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

  private static final System.Logger LOG = System.getLogger(Far.class.getName());

  /** Time in a script stands still, and is Redis's own. */
  private static final String NOW =
      "local time = redis.call('TIME') "
          + "local now = time[1] * 1000 + math.floor(time[2] / 1000) ";

  private static final String READ =
      NOW + "return {redis.call('GET', KEYS[1]), redis.call('PTTL', KEYS[1]), now}";

  private static final String FILL =
      NOW
          + "local there = redis.call('GET', KEYS[1]) "
          + "if now <= tonumber(ARGV[4]) "
          + "and ((there == false and ARGV[1] == '') or there == ARGV[1]) then "
          + "redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3]) return 1 end return 0";

  private static final String CHANGE =
      "if redis.call('EXISTS', KEYS[2]) == 1 then return 0 end "
          + "redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2]) return 1";

  private static final Duration RETRY = Duration.ofMillis(200);

  /** How much longer than a load may take a deletion is remembered: a fill has half of it. */
  private static final Duration SLACK = Duration.ofSeconds(1);

  /** Longer than an operating system goes on sending for a connection that nobody answers. */
  private static final Duration FENCE = Duration.ofHours(1);

  private static final byte[] ABSENT = {};

  private final String name;
  private final String prefix;
  private final RedisURI uri;
  private final RedisClient client;
  private final Context life;
  private final TimeSource time;
  private final Resilience guard;
  private final Resilience limited;
  private final Duration loadLimit;
  private final NearTier near;
  private final RedisListener listener;

  /** What was set or deleted here and not there. */
  private final Set<String> missed = ConcurrentHashMap.newKeySet();

  /** The lines that were given up on, whose last commands may still be on their way. */
  private final Set<Line> left = ConcurrentHashMap.newKeySet();

  /** For each key the last question to Redis, as long as its load runs. */
  private final ConcurrentMap<String, News> asking = new ConcurrentHashMap<>();

  private final AtomicReference<@Nullable Line> inUse = new AtomicReference<>();

  /**
   * A connection.
   *
   * @param fence the key that, once it exists, keeps changes sent over this line from being made
   */
  private record Line(StatefulRedisConnection<byte[], byte[]> connection, String fence) {}

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
      Duration loadLimit,
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
    this.loadLimit = loadLimit;
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
            String fence = name + "#left:" + Long.toHexString(time.random().nextLong());
            greet(new Line(connection, fence));
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

  private void greet(Line line) {
    StatefulRedisConnection<byte[], byte[]> connection = line.connection();
    connection.addListener(this::pushed);
    connection.addListener(
        new RedisConnectionStateListener() {
          @Override
          public void onRedisDisconnected(RedisChannelHandler<?, ?> lost) {
            leave(line, "disconnected");
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
        .thenCompose(ok -> fenceOff(line))
        .thenCompose(ok -> makeUp(line))
        .whenComplete(
            (nothing, failure) -> {
              if (failure != null) {
                connection.closeAsync();
                connectLater();
                return;
              }
              forgetNear();
              inUse.set(line);
              // Once more: a load may have begun without Redis in between.
              forgetNear();
              report(true, "connected");
              if (!connection.isOpen() || life.isDone()) {
                leave(line, "disconnected");
              }
              missed.forEach(this::delete);
            });
  }

  /** What was sent over former lines and has not arrived shall have no effect any more. */
  private CompletionStage<?> fenceOff(Line line) {
    List<CompletableFuture<?>> all = new ArrayList<>();
    for (Line former : left) {
      all.add(
          limited
              .callAsync(
                  life,
                  c ->
                      line.connection()
                          .async()
                          .set(utf8(former.fence()), ABSENT, SetArgs.Builder.ex(FENCE)))
              .thenAccept(ok -> left.remove(former))
              .toCompletableFuture());
    }
    return CompletableFuture.allOf(all.toArray(new CompletableFuture<?>[0]));
  }

  private CompletionStage<?> makeUp(Line line) {
    List<CompletableFuture<?>> all = new ArrayList<>();
    for (String key : missed) {
      all.add(
          limited
              .callAsync(life, c -> mark(line, key))
              .thenAccept(ok -> missed.remove(key))
              .toCompletableFuture());
    }
    return CompletableFuture.allOf(all.toArray(new CompletableFuture<?>[0]));
  }

  /** Gives up on the connection in use, if there is one. */
  void leave(String reason) {
    Line line = inUse.get();
    if (line != null) {
      leave(line, reason);
    }
  }

  private void leave(Line line, String reason) {
    if (inUse.compareAndSet(line, null)) {
      left.add(line);
      forgetNear();
      report(false, reason);
      line.connection().closeAsync();
      connectLater();
    }
  }

  private void report(boolean available, String reason) {
    try {
      listener.changed(name, available, reason);
    } catch (RuntimeException broken) {
      LOG.log(System.Logger.Level.WARNING, name + ": a listener failed", broken);
    }
  }

  /** The client closes the connection itself, and warns of one that is closed already. */
  void close() {
    if (inUse.getAndSet(null) != null) {
      forgetNear();
      report(false, "closed");
    }
    client.shutdownAsync(0, 1, TimeUnit.SECONDS);
  }

  private void pushed(PushMessage message) {
    if (!message.getType().equals("invalidate")) {
      return;
    }
    Object keys = message.getContent(StringCodec.UTF8::decodeKey).get(1);
    if (keys instanceof List<?> changed) {
      changed.forEach(key -> forgetNear(String.valueOf(key).substring(prefix.length())));
    } else {
      forgetNear();
    }
  }

  private void forgetNear(String key) {
    tell(key);
    near.delete(key);
  }

  private void forgetNear() {
    asking.keySet().forEach(this::tell);
    near.clear();
  }

  /** Whoever has asked for the key, and is loading now, must not fill it any more. */
  private void tell(String key) {
    News news = asking.remove(key);
    if (news != null) {
      news.hasCome();
    }
  }

  // ---- reading and writing

  /**
   * Asks for a key. Never fails: no answer is one, too.
   *
   * @param ctx of the load
   */
  CompletionStage<Found> read(Context ctx, String key) {
    Line line = inUse.get();
    if (line == null) {
      return CompletableFuture.completedFuture(Found.NO_ANSWER);
    }
    News news = new News();
    News former = asking.put(key, news);
    if (former != null) {
      former.hasCome();
    }
    ctx.onDone(() -> asking.remove(key, news));
    long asked = time.nanoTime();
    return guard
        .callAsync(
            ctx,
            c -> {
              RedisFuture<List<Object>> answer =
                  line.connection().async().eval(READ, ScriptOutputType.MULTI, bytes(key));
              c.onDone(() -> answer.cancel(true));
              return answer;
            })
        .handle(
            (answer, failure) ->
                failure == null ? found(line, news, answer, asked) : Found.NO_ANSWER);
  }

  /** Time counts from the asking, so the far one is there for at least as long. */
  private Found found(Line line, News news, List<Object> answer, long asked) {
    byte[] raw = (byte[]) answer.get(0);
    long left = Math.max(0, ((Number) answer.get(1)).longValue());
    long until = ((Number) answer.get(2)).longValue() + markFor() - SLACK.toMillis() / 2;
    return new Found(
        line.connection(), raw, asked + TimeUnit.MILLISECONDS.toNanos(left), until, news);
  }

  /**
   * Stores what was loaded if the key is as it was. Never fails.
   *
   * <p>Three things see to that. The news of changes, which come in order with the answers, so none
   * that was made before the answer to the read is missed. Redis, which compares what is there with
   * what was, for changes whose news are on their way. And Redis's clock, for a command that is
   * late: when it arrives, a deletion that it should have met is still remembered.
   *
   * <p>Over the same connection only: a Redis that was started anew has forgotten what was deleted.
   */
  CompletionStage<Boolean> fill(Context ctx, String key, Found found, byte[] raw, long millis) {
    Line line = inUse.get();
    byte[] before = found.raw();
    if (line == null || line.connection() != found.by() || found.news().haveCome()) {
      return CompletableFuture.completedFuture(false);
    }
    byte[][] keys = {bytes(key)};
    return guard
        .callAsync(
            ctx,
            c -> {
              RedisFuture<Long> answer =
                  line.connection()
                      .async()
                      .eval(
                          FILL,
                          ScriptOutputType.INTEGER,
                          keys,
                          before == null ? ABSENT : before,
                          raw,
                          number(millis),
                          number(found.fillableUntil()));
              c.onDone(() -> answer.cancel(true));
              return answer;
            })
        .handle((answer, failure) -> failure == null && answer == 1);
  }

  /** Sets a value; if that fails, the key will be deleted there. Never fails. */
  CompletionStage<Boolean> set(String key, byte[] raw, long millis) {
    return change(key, line -> change(line, key, raw, millis));
  }

  /** Deletes a key, later if not now. Never fails. */
  CompletionStage<Boolean> delete(String key) {
    return change(key, line -> mark(line, key));
  }

  @FunctionalInterface
  private interface Change {
    CompletionStage<Long> on(Line line);
  }

  /**
   * Not for the caller alone, so not under the caller's context. Whoever finds no connection notes
   * the key first and then looks again; whoever brings one shows it first and then looks at the
   * notes.
   */
  private CompletionStage<Boolean> change(String key, Change change) {
    tell(key);
    Line line = inUse.get();
    if (line == null) {
      missed.add(key);
      line = inUse.get();
      if (line == null) {
        return CompletableFuture.completedFuture(false);
      }
    }
    Line used = line;
    return limited
        .callAsync(life, c -> change.on(used))
        .handle(
            (made, failure) -> {
              boolean done = failure == null && made == 1;
              if (done) {
                missed.remove(key);
              } else {
                missed.add(key);
                leave(used, "a change failed: " + failure);
              }
              return done;
            });
  }

  private CompletionStage<Long> mark(Line line, String key) {
    return change(line, key, Stored.deleted(time.random().nextLong()), markFor());
  }

  private CompletionStage<Long> change(Line line, String key, byte[] raw, long millis) {
    byte[][] keys = {bytes(key), utf8(line.fence())};
    return line.connection()
        .async()
        .eval(CHANGE, ScriptOutputType.INTEGER, keys, raw, number(millis));
  }

  private long markFor() {
    return loadLimit.plus(SLACK).toMillis();
  }

  private byte[] bytes(String key) {
    return utf8(prefix + key);
  }

  private static byte[] number(long value) {
    return utf8(String.valueOf(value));
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
