package dev.resilience.examples.docs;

import static java.time.Duration.ofHours;
import static java.time.Duration.ofMillis;
import static java.time.Duration.ofMinutes;
import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import com.github.benmanes.caffeine.cache.Caffeine;
import dev.resilience.cache.BatchLoader;
import dev.resilience.cache.Cached;
import dev.resilience.cache.ContextCache;
import dev.resilience.cache.Fetched;
import dev.resilience.context.Context;
import dev.resilience.context.DeadlineExceededException;
import dev.resilience.redis.KeyCodec;
import dev.resilience.redis.RedisCache;
import dev.resilience.redis.ValueCodec;
import dev.resilience.time.VirtualTime;
import io.lettuce.core.RedisURI;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** The blocks of docs/cache.md. */
class CacheSnippetsTest {

  private final VirtualTime.Automatic time = VirtualTime.automatic(1);
  private final Api api = new Api();
  private final List<String> log = new ArrayList<>();

  /** Each user takes as many milliseconds as its number says, times a hundred. */
  private static final class Api {

    boolean down;
    int calls;

    Map<Integer, String> users(Context ctx, Set<Integer> ids) {
      ctx.throwIfDone();
      calls++;
      return ids.stream().collect(Collectors.toMap(id -> id, id -> "user " + id));
    }

    String user(Context ctx, UserId id) {
      ctx.throwIfDone();
      return "user " + id.number() + " of " + id.tenant();
    }

    String user(Context ctx, int id) throws Exception {
      ctx.sleep(ofMillis(id * 100L - 600));
      if (down) {
        throw new IllegalStateException("down");
      }
      return "user " + id;
    }
  }

  private record UserId(String tenant, int number) {}

  /** No Redis is needed to see it compile and run; here nobody listens at the port. */
  @Test
  void several_machines() {
    int port = 1;
    try (var app = Context.background().withCancel();
        var startup = Context.background().withTimeout(ofMillis(1))) {
      Context request = Context.background();
      assertThatExceptionOfType(DeadlineExceededException.class)
          .isThrownBy(() -> play(app, startup, request, port));
    }
  }

  private void play(Context app, Context startup, Context request, int port) {
    RedisCache<UserId, String> users =
        RedisCache.<UserId, String>builder("users")
            .uri(RedisURI.create("redis://127.0.0.1:" + port))
            .keys(KeyCodec.parts(id -> List.of(id.tenant(), id.number())))
            .values(ValueCodec.strings())
            .expireAfterWrite(ofMinutes(10))
            .open(app);
    users.awaitRedis(startup);
    String user = users.getOrFetch(request, new UserId("acme", 7), (ctx, id) -> api.user(ctx, id));
    log.add(user);
  }

  @Test
  void fetch_one_and_many() throws Exception {
    time.run(
        () -> {
          try (var app = Context.background(time).withCancel();
              var request = Context.background(time).withTimeout(ofHours(1))) {
            play(app, request);
          }
          return null;
        });
    assertThat(log)
        .containsExactly("LOAD_FAILED after 15 min", "2 users, 1 too slow", "3 users with 1 call");
  }

  private void play(Context app, Context request) throws InterruptedException {
    ContextCache<Integer, String> users =
        ContextCache.<Integer, String>builder("users")
            .caffeine(Caffeine.newBuilder().maximumSize(10_000).recordStats())
            .expireAfterWrite(ofMinutes(10))
            .refreshAfter(ofMinutes(8))
            .staleIfError(ofHours(1))
            .loadTimeout(ofSeconds(3))
            .open(app);

    String user = users.getOrFetch(request, 7, (ctx, id) -> api.user(ctx, id));
    assertThat(user).isEqualTo("user 7");

    request.sleep(ofMinutes(15));
    api.down = true;
    Cached<String> cached = users.getOrFetchCached(request, 7, (ctx, id) -> api.user(ctx, id));
    if (cached.isStale()) {
      log.add(cached.freshness() + " after " + cached.age().toMinutes() + " min");
    }
    api.down = false;
    request.sleep(ofSeconds(2));

    try (var part = request.withTimeout(ofMillis(300))) {
      Fetched<Integer, String> fetched =
          users.fetchAll(part, List.of(7, 8, 9), (ctx, id) -> api.user(ctx, id));
      log.add(fetched.values().size() + " users, " + fetched.missing().size() + " too slow");
    }

    try (var loader =
        BatchLoader.<Integer, String>builder("users", (ctx, ids) -> api.users(ctx, ids))
            .maxKeys(100)
            .maxDelay(ofMillis(2))
            .open(app)) {
      Fetched<Integer, String> all = users.fetchAll(request, List.of(1, 2, 3), loader);
      log.add(all.values().size() + " users with " + api.calls + " call");
    }
  }
}
