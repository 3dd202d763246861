package dev.resilience.examples.docs;

import static java.time.Duration.ofHours;
import static java.time.Duration.ofMillis;
import static java.time.Duration.ofMinutes;
import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;

import com.github.benmanes.caffeine.cache.Caffeine;
import dev.resilience.cache.Cached;
import dev.resilience.cache.ContextCache;
import dev.resilience.cache.Fetched;
import dev.resilience.context.Context;
import dev.resilience.time.VirtualTime;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The blocks of docs/cache.md. */
class CacheSnippetsTest {

  private final VirtualTime.Automatic time = VirtualTime.automatic(1);
  private final Api api = new Api();
  private final List<String> log = new ArrayList<>();

  /** Each user takes as many milliseconds as its number says, times a hundred. */
  private static final class Api {

    boolean down;

    String user(Context ctx, int id) throws Exception {
      ctx.sleep(ofMillis(id * 100L - 600));
      if (down) {
        throw new IllegalStateException("down");
      }
      return "user " + id;
    }
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
    assertThat(log).containsExactly("LOAD_FAILED after 15 min", "2 users, 1 too slow");
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
  }
}
