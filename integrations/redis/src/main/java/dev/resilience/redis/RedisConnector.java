package dev.resilience.redis;

import dev.resilience.Resilience;
import dev.resilience.context.Context;
import dev.resilience.error.Failures;
import dev.resilience.retry.Backoff;
import dev.resilience.time.TimeSource;
import io.lettuce.core.ClientOptions;
import io.lettuce.core.RedisChannelHandler;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisConnectionStateListener;
import io.lettuce.core.RedisURI;
import io.lettuce.core.api.push.PushMessage;
import io.lettuce.core.codec.ByteArrayCodec;
import io.lettuce.core.protocol.ProtocolVersion;
import io.lettuce.core.resource.ClientResources;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.LongSupplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Keeps one line to Redis, or none, and tries again with a growing delay.
 *
 * <p>A line is in use from the moment on at which it is told of all changes (client-side caching in
 * broadcasting mode), has shown that it may do all that is needed, and what was missed meanwhile
 * has been made up for: near copies are gone, and what was set or deleted here without Redis is
 * deleted there. Lettuce does not reconnect by itself, because a new connection would not be told
 * of anything and old commands would be sent late.
 */
@SuppressWarnings("FutureReturnValueIgnored") // nobody waits for what closes, or is told below
final class RedisConnector {

  /** Longer than an operating system goes on sending for a connection that nobody answers. */
  private static final Duration FENCE = Duration.ofHours(1);

  /** A line that was in use for so long was a good one: the delays begin anew. */
  private static final Duration GOOD = Duration.ofSeconds(10);

  /** How many missed keys are made up for at once, and of how many characters. */
  private static final int PAGE_KEYS = 500;

  private static final long PAGE_CHARACTERS = 1 << 20;

  private static final Pattern MOVED = Pattern.compile("MOVED \\d+ (.*):(\\d+)");

  private final RedisNames names;
  private final RedisURI uri;
  private final RedisClient client;
  private final Context life;
  private final TimeSource time;
  private final Resilience limited;
  private final Backoff backoff;
  private final LongSupplier markMillis;
  private final Invalidations invalidations;
  private final Availability availability;
  private final Reports reports;

  final MissedChanges missed;

  /** The lines that were given up on, whose last commands may still be on their way. */
  private final Set<RedisLine> left = ConcurrentHashMap.newKeySet();

  private final AtomicReference<@Nullable RedisLine> inUse = new AtomicReference<>();
  private final AtomicInteger failures = new AtomicInteger();

  /** The node of a cluster that has the keys of this cache; null: the one of the builder. */
  private volatile @Nullable RedisURI movedTo;

  private volatile Duration lastDelay = Duration.ZERO;
  private volatile long inUseSince;

  RedisConnector(
      RedisNames names,
      RedisURI uri,
      @Nullable ClientResources shared,
      Context life,
      Resilience limited,
      Backoff backoff,
      LongSupplier markMillis,
      MissedChanges missed,
      Invalidations invalidations,
      Availability availability,
      Reports reports) {
    this.names = names;
    this.uri = RedisURI.builder(uri).withTimeout(Duration.ofSeconds(1)).build();
    this.client = shared == null ? RedisClient.create() : RedisClient.create(shared);
    this.life = life;
    this.time = life.timeSource();
    this.limited = limited;
    this.backoff = backoff;
    this.markMillis = markMillis;
    this.missed = missed;
    this.invalidations = invalidations;
    this.availability = availability;
    this.reports = reports;
    client.setOptions(
        ClientOptions.builder()
            .protocolVersion(ProtocolVersion.RESP3)
            .autoReconnect(false)
            .disconnectedBehavior(ClientOptions.DisconnectedBehavior.REJECT_COMMANDS)
            .build());
  }

  @Nullable RedisLine line() {
    return inUse.get();
  }

  /** How often in a row it could not be connected, or was lost soon after. */
  int failures() {
    return failures.get();
  }

  // ---- coming

  void connect() {
    if (life.isDone()) {
      return;
    }
    RedisURI node = movedTo;
    try {
      client
          .connectAsync(ByteArrayCodec.INSTANCE, node == null ? uri : node)
          .handle(
              (connection, failure) -> {
                if (failure == null) {
                  greet(new RedisLine(connection, names, time.random()));
                } else {
                  failed(Failures.unwrap(failure));
                }
                return connection;
              });
    } catch (Throwable refused) { // threads that are no more, for example
      failed(refused);
    }
  }

  private void failed(Throwable failure) {
    String reason = Availability.reasonOf(failure) + (uri.isSsl() ? " (over TLS)" : "");
    movedTo = movedTo == null ? movedTo(reason) : null;
    if (movedTo != null) {
      connect();
      return;
    }
    if (!life.isDone()) {
      availability.isNotThere(reason);
    }
    connectLater();
  }

  /** Another node of a cluster has the keys of this cache. */
  private @Nullable RedisURI movedTo(String reason) {
    Matcher moved = MOVED.matcher(reason);
    if (!moved.matches()) {
      return null;
    }
    RedisURI node = RedisURI.builder(uri).build();
    if (!moved.group(1).isEmpty()) {
      node.setHost(moved.group(1));
    }
    node.setPort(Integer.parseInt(moved.group(2)));
    return node;
  }

  private void connectLater() {
    Duration delay = backoff.delay(failures.incrementAndGet(), lastDelay, time.random());
    lastDelay = delay;
    life.delay(delay)
        .handle(
            (nothing, end) -> {
              if (end == null) {
                connect();
              }
              return null;
            });
  }

  private void greet(RedisLine line) {
    AtomicBoolean used = new AtomicBoolean();
    line.connection().addListener(this::pushed);
    line.connection()
        .addListener(
            new RedisConnectionStateListener() {
              @Override
              public void onRedisDisconnected(RedisChannelHandler<?, ?> lost) {
                leave(line, "disconnected");
              }
            });
    limited
        .callAsync(life, c -> line.track())
        .thenCompose(ok -> limited.callAsync(life, c -> line.probe()))
        .thenCompose(ok -> fenceOff(line))
        .thenCompose(ok -> makeUp(line))
        // What the scripts above have changed is told before the answer to this.
        .thenCompose(ok -> limited.callAsync(life, c -> line.ping()))
        .thenCompose(
            ok -> {
              used.set(true);
              return use(line);
            })
        .handle(
            (nothing, failure) -> {
              if (failure != null && used.get()) {
                leave(line, Availability.reasonOf(Failures.unwrap(failure)));
              } else if (failure != null) {
                line.connection().closeAsync();
                failed(Failures.unwrap(failure));
              }
              return nothing;
            });
  }

  private CompletionStage<?> use(RedisLine line) {
    invalidations.forgetAll();
    inUseSince = time.nanoTime();
    inUse.set(line);
    // Once more: a load may have begun without Redis in between.
    invalidations.forgetAll();
    if (!line.connection().isOpen() || life.isDone()) {
      leave(line, "disconnected");
      return CompletableFuture.completedFuture(null);
    }
    availability.isThere();
    // What was noted by those who saw no line, while this one was made ready.
    return makeUp(line);
  }

  /** What was sent over former lines and has not arrived shall have no effect any more. */
  private CompletionStage<?> fenceOff(RedisLine line) {
    List<CompletableFuture<?>> all = new ArrayList<>();
    for (RedisLine former : left) {
      all.add(
          limited
              .callAsync(life, c -> line.fenceOff(former, FENCE))
              .thenAccept(ok -> left.remove(former))
              .toCompletableFuture());
    }
    return CompletableFuture.allOf(all.toArray(new CompletableFuture<?>[0]));
  }

  // ---- making up for what was missed

  /** Page by page, so that what was done stays done when the line is lost in between. */
  private CompletionStage<?> makeUp(RedisLine line) {
    long overflow = missed.overflow();
    if (overflow != 0) {
      return limited
          .callAsync(life, c -> line.changeGeneration())
          .thenCompose(
              made -> {
                requireMade(made);
                missed.overflowDone(overflow);
                reports.generationChanged();
                return makeUp(line);
              });
    }
    MissedChanges.Page page = missed.first(PAGE_KEYS, PAGE_CHARACTERS);
    if (page.notes().isEmpty()) {
      return CompletableFuture.completedFuture(null);
    }
    return limited
        .callAsync(life, c -> line.deleteAll(page.keys(), markMillis.getAsLong()))
        .thenCompose(
            made -> {
              requireMade(made);
              missed.done(page);
              return makeUp(line);
            });
  }

  private static void requireMade(Long made) {
    if (made != 1) {
      throw new IllegalStateException("this line was fenced off");
    }
  }

  // ---- going

  /** Gives up on the line in use, if there is one. */
  void leave(String reason) {
    RedisLine line = inUse.get();
    if (line != null) {
      leave(line, reason);
    }
  }

  /** Gives up on a line, if it is in use. */
  void leave(RedisLine line, String reason) {
    if (inUse.compareAndSet(line, null)) {
      left.add(line);
      invalidations.forgetAll();
      if (!life.isDone()) {
        availability.isNotThere(reason);
      }
      line.connection().closeAsync();
      if (time.nanoTime() - inUseSince >= GOOD.toNanos()) {
        failures.set(0);
        lastDelay = Duration.ZERO;
      }
      connectLater();
    }
  }

  /** The client closes the connection itself, and warns of one that is closed already. */
  void close() {
    if (inUse.getAndSet(null) != null) {
      invalidations.forgetAll();
    }
    availability.close();
    client.shutdownAsync(0, 1, TimeUnit.SECONDS);
  }

  // ---- news

  private void pushed(PushMessage message) {
    if (!message.getType().equals("invalidate")) {
      return;
    }
    Object changed = message.getContent(RedisConnector::bytes).get(1);
    if (!(changed instanceof List<?> list)) {
      invalidations.forgetAll();
      return;
    }
    for (Object key : list) {
      heard((byte[]) key);
    }
  }

  private void heard(byte[] name) {
    if (names.isKey(name)) {
      invalidations.forget(names.farKeyIn(name));
    } else if (names.isGeneration(name)) {
      invalidations.forgetAll();
    }
  }

  private static byte[] bytes(ByteBuffer buffer) {
    byte[] bytes = new byte[buffer.remaining()];
    buffer.duplicate().get(bytes);
    return bytes;
  }
}
