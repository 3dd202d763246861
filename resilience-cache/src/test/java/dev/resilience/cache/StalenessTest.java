package dev.resilience.cache;

import static java.time.Duration.ofMillis;
import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import com.github.benmanes.caffeine.cache.Caffeine;
import dev.resilience.context.CancellableContext;
import dev.resilience.context.Context;
import dev.resilience.context.ContextProbe;
import dev.resilience.context.Key;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What is served before, at and after the end of a time to live of ten seconds. */
class StalenessTest {

  private static final Key<String> TENANT = Key.of("tenant", String.class);

  private final AtomicInteger loads = new AtomicInteger();
  private final List<CacheEvent> events = new ArrayList<>();

  private ContextCache.Builder<Integer, String> builder() {
    return ContextCache.<Integer, String>builder("users")
        .expiryJitter(0)
        .expireAfterWrite(ofSeconds(10))
        .listener(events::add);
  }

  private String slow(Context ctx, Integer key) throws Exception {
    int number = loads.incrementAndGet();
    ctx.sleep(ofSeconds(1));
    return key + "#" + number;
  }

  private String failing(Context ctx, Integer key) throws Exception {
    slow(ctx, key);
    throw new IOException("down");
  }

  @Nested
  class Refresh_ahead {

    @ParameterizedTest
    @EnumSource
    void loads_in_the_background_and_serves_the_old_value_meanwhile(CallStyle way)
        throws Exception {
      Simulation.play(
          s -> {
            var cache = builder().refreshAfter(ofSeconds(8)).open(s.app);
            AtomicReference<Context> load = new AtomicReference<>();
            CancellableContext caller = s.root.withValue(TENANT, "acme").withCancel();
            Loader<Integer, String> loader =
                (c, key) -> {
                  load.set(c);
                  return slow(c, key);
                };
            assertThat(way.fetch(cache, s.root, 1, loader)).isEqualTo("1#1");
            s.sleep(ofSeconds(8).minusNanos(1));
            assertThat(way.fetch(cache, caller, 1, loader)).isEqualTo("1#1");
            assertThat(loads).hasValue(1);
            s.sleep(ofMillis(1));
            var at = s.time.elapsed();
            assertThat(way.fetchCached(cache, caller, 1, loader).freshness())
                .isEqualTo(Freshness.FRESH);
            assertThat(way.fetch(cache, caller, 1, loader)).isEqualTo("1#1");
            assertThat(s.time.elapsed()).isEqualTo(at);
            caller.cancel();
            s.sleep(ofMillis(500));
            assertThat(load.get().isDone()).isFalse();
            assertThat(load.get().get(TENANT)).isEqualTo("acme");
            s.sleep(ofMillis(501));
            assertThat(cache.get(s.root, 1)).isEqualTo("1#2");
            assertThat(loads).hasValue(2);
            assertThat(cache.snapshot().refreshes()).isEqualTo(1);
            assertThat(ContextProbe.waiters(caller)).isZero();
          });
    }

    @ParameterizedTest
    @EnumSource
    void keeps_the_old_value_when_it_fails_and_does_not_hammer(CallStyle way) throws Exception {
      Simulation.play(
          s -> {
            var cache = builder().refreshAfter(ofSeconds(5)).open(s.app);
            cache.set(s.root, 1, "old");
            s.sleep(ofSeconds(5));
            for (int i = 0; i < 40; i++) {
              Cached<String> cached =
                  way.fetchCached(cache, s.root, 1, StalenessTest.this::failing);
              assertThat(cached.value()).isEqualTo("old");
              assertThat(cached.isStale()).isFalse();
              assertThat(cached.age()).isEqualTo(ofSeconds(5).plus(ofMillis(100L * i)));
              s.sleep(ofMillis(100));
            }
            // A load of 1 s, a pause of 1 s, a load of 1 s, a pause of 1 s.
            assertThat(loads).hasValue(2);
            assertThat(way.fetchCached(cache, s.root, 1, StalenessTest.this::failing).failure())
                .containsInstanceOf(IOException.class);
          });
    }

    @Test
    void ends_at_the_limit_of_a_load() throws Exception {
      Simulation.play(
          s -> {
            var cache = builder().refreshAfter(ofSeconds(5)).loadTimeout(ofMillis(100)).open(s.app);
            cache.set(s.root, 1, "old");
            s.sleep(ofSeconds(5));
            cache.getOrFetch(s.root, 1, StalenessTest.this::slow);
            assertThat(cache.snapshot().loading()).isEqualTo(1);
            s.sleep(ofMillis(101));
            assertThat(cache.snapshot().loading()).isZero();
          });
    }

    @Test
    void ends_with_the_cache() throws Exception {
      Simulation.play(
          s -> {
            var cache = builder().refreshAfter(ofSeconds(5)).open(s.app);
            AtomicReference<Context> load = new AtomicReference<>();
            cache.set(s.root, 1, "old");
            s.sleep(ofSeconds(5));
            cache.getOrFetch(
                s.root,
                1,
                (c, key) -> {
                  load.set(c);
                  return slow(c, key);
                });
            s.sleep(ofMillis(100));
            cache.close();
            assertThat(load.get().isDone()).isTrue();
            s.sleep(ofSeconds(1));
            assertThat(cache.snapshot().size()).isZero();
          });
    }

    @Test
    void does_not_overwrite_what_was_set_meanwhile() throws Exception {
      Simulation.play(
          s -> {
            var cache = builder().refreshAfter(ofSeconds(5)).open(s.app);
            cache.set(s.root, 1, "old");
            s.sleep(ofSeconds(5));
            cache.getOrFetch(s.root, 1, StalenessTest.this::slow);
            cache.set(s.root, 1, "mine");
            s.sleep(ofSeconds(2));
            assertThat(cache.get(s.root, 1)).isEqualTo("mine");
          });
    }
  }

  @Nested
  class While_revalidating {

    @ParameterizedTest
    @EnumSource
    void a_stale_value_is_served_and_marked(CallStyle way) throws Exception {
      Simulation.play(
          s -> {
            var cache = builder().staleWhileRevalidate(ofSeconds(5)).open(s.app);
            cache.set(s.root, 1, "old");
            s.sleep(ofSeconds(12));
            assertThat(cache.get(s.root, 1)).isNull();
            assertThat(cache.find(s.root, 1).freshness()).isEqualTo(Freshness.EXPIRED);
            Cached<String> cached = way.fetchCached(cache, s.root, 1, StalenessTest.this::slow);
            assertThat(cached.value()).isEqualTo("old");
            assertThat(cached.age()).isEqualTo(ofSeconds(12));
            assertThat(cached.isStale()).isTrue();
            assertThat(cached.freshness()).isEqualTo(Freshness.REVALIDATING);
            assertThat(cache.snapshot().staleServed()).isEqualTo(1);
            assertThat(events)
                .containsExactly(
                    new CacheEvent.StaleServed("users", 1, ofSeconds(12), Freshness.REVALIDATING));
            s.sleep(ofSeconds(1).plusMillis(1));
            assertThat(cache.get(s.root, 1)).isEqualTo("1#1");
          });
    }

    @ParameterizedTest
    @EnumSource
    void a_value_that_is_too_old_is_not_served(CallStyle way) throws Exception {
      Simulation.play(
          s -> {
            var cache = builder().staleWhileRevalidate(ofSeconds(5)).open(s.app);
            cache.set(s.root, 1, "old");
            s.sleep(ofSeconds(15));
            assertThat(cache.find(s.root, 1)).isNull();
            assertThat(way.fetch(cache, s.root, 1, StalenessTest.this::slow)).isEqualTo("1#1");
          });
    }
  }

  @Nested
  class On_error {

    @ParameterizedTest
    @EnumSource
    void a_stale_value_is_served_marked_and_for_a_bounded_time(CallStyle way) throws Exception {
      Simulation.play(
          s -> {
            var cache = builder().staleIfError(ofSeconds(20)).open(s.app);
            cache.set(s.root, 1, "old");
            s.sleep(ofSeconds(12));
            Cached<String> cached = way.fetchCached(cache, s.root, 1, StalenessTest.this::failing);
            assertThat(cached.value()).isEqualTo("old");
            assertThat(cached.freshness()).isEqualTo(Freshness.LOAD_FAILED);
            assertThat(cached.failure()).containsInstanceOf(IOException.class);
            assertThat(cached.age()).isEqualTo(ofSeconds(13));
            // For a second nobody asks again.
            cached = way.fetchCached(cache, s.root, 1, StalenessTest.this::failing);
            assertThat(cached.freshness()).isEqualTo(Freshness.LOAD_FAILED);
            assertThat(s.time.elapsed()).isEqualTo(ofSeconds(13));
            s.sleep(ofSeconds(17));
            assertThatExceptionOfType(LoadException.class)
                .isThrownBy(() -> way.fetch(cache, s.root, 1, StalenessTest.this::failing));
            assertThat(loads).hasValue(2);
          });
    }

    @ParameterizedTest
    @EnumSource
    void a_stale_value_is_not_served_when_the_load_succeeds(CallStyle way) throws Exception {
      Simulation.play(
          s -> {
            var cache = builder().staleIfError(ofSeconds(20)).open(s.app);
            cache.set(s.root, 1, "old");
            s.sleep(ofSeconds(12));
            Cached<String> cached = way.fetchCached(cache, s.root, 1, StalenessTest.this::slow);
            assertThat(cached.value()).isEqualTo("1#1");
            assertThat(cached.isStale()).isFalse();
          });
    }

    @ParameterizedTest
    @EnumSource
    void a_load_that_passes_its_limit_is_an_error_too(CallStyle way) throws Exception {
      Simulation.play(
          s -> {
            var cache =
                builder().staleIfError(ofSeconds(20)).loadTimeout(ofMillis(200)).open(s.app);
            cache.set(s.root, 1, "old");
            s.sleep(ofSeconds(12));
            assertThat(way.fetchCached(cache, s.root, 1, StalenessTest.this::slow).freshness())
                .isEqualTo(Freshness.LOAD_FAILED);
          });
    }

    @ParameterizedTest
    @EnumSource
    void a_deleted_value_is_not_served(CallStyle way) throws Exception {
      Simulation.play(
          s -> {
            var cache = builder().staleIfError(ofSeconds(20)).open(s.app);
            cache.set(s.root, 1, "old");
            s.sleep(ofSeconds(12));
            s.start(
                "deleter",
                () -> {
                  s.sleep(ofMillis(500));
                  cache.delete(s.root, 1);
                });
            assertThatExceptionOfType(LoadException.class)
                .isThrownBy(() -> way.fetch(cache, s.root, 1, StalenessTest.this::failing));
          });
    }
  }

  @Nested
  class Absence {

    private String none(Context ctx, Integer key) throws Exception {
      slow(ctx, key);
      return null;
    }

    @ParameterizedTest
    @EnumSource
    void is_an_answer_and_not_remembered(CallStyle way) throws Exception {
      Simulation.play(
          s -> {
            var cache = builder().open(s.app);
            assertThat(way.fetch(cache, s.root, 1, this::none)).isNull();
            assertThat(way.fetch(cache, s.root, 1, this::none)).isNull();
            assertThat(loads).hasValue(2);
            assertThat(cache.snapshot().size()).isZero();
          });
    }

    @ParameterizedTest
    @EnumSource
    void is_remembered_for_a_time_of_its_own(CallStyle way) throws Exception {
      Simulation.play(
          s -> {
            var cache = builder().rememberAbsence(ofSeconds(2)).open(s.app);
            assertThat(way.fetch(cache, s.root, 1, this::none)).isNull();
            assertThat(way.fetch(cache, s.root, 1, this::none)).isNull();
            assertThat(cache.get(s.root, 1)).isNull();
            assertThat(cache.find(s.root, 1).value()).isNull();
            assertThat(loads).hasValue(1);
            s.sleep(ofSeconds(2));
            assertThat(cache.find(s.root, 1)).isNull();
            assertThat(way.fetch(cache, s.root, 1, StalenessTest.this::slow)).isEqualTo("1#2");
          });
    }

    @Test
    void takes_away_the_old_value() throws Exception {
      Simulation.play(
          s -> {
            var cache = builder().refreshAfter(ofSeconds(5)).open(s.app);
            cache.set(s.root, 1, "old");
            s.sleep(ofSeconds(5));
            assertThat(cache.getOrFetch(s.root, 1, this::none)).isEqualTo("old");
            s.sleep(ofSeconds(1).plusMillis(1));
            assertThat(cache.get(s.root, 1)).isNull();
          });
    }
  }

  @Nested
  class Failures {

    @ParameterizedTest
    @EnumSource
    void are_remembered_where_asked_for_a_time_of_their_own(CallStyle way) throws Exception {
      Simulation.play(
          s -> {
            var cache =
                builder()
                    .rememberFailures(ofSeconds(3), e -> e instanceof FileNotFoundException)
                    .open(s.app);
            Loader<Integer, String> notFound =
                (c, key) -> {
                  slow(c, key);
                  throw new FileNotFoundException("no such");
                };
            for (int i = 0; i < 3; i++) {
              assertThatExceptionOfType(LoadException.class)
                  .isThrownBy(() -> way.fetch(cache, s.root, 1, notFound))
                  .withCauseInstanceOf(FileNotFoundException.class);
            }
            assertThat(loads).hasValue(1);
            assertThat(cache.get(s.root, 1)).isNull();
            assertThat(cache.find(s.root, 1)).isNull();
            s.sleep(ofSeconds(3));
            assertThat(way.fetch(cache, s.root, 1, StalenessTest.this::slow)).isEqualTo("1#2");
            for (int i = 0; i < 2; i++) {
              assertThatExceptionOfType(LoadException.class)
                  .isThrownBy(() -> way.fetch(cache, s.root, 2, StalenessTest.this::failing));
            }
            assertThat(loads).hasValue(4);
          });
    }

    @Test
    void are_not_remembered_where_the_rule_itself_fails() throws Exception {
      Simulation.play(
          s -> {
            var cache =
                builder()
                    .rememberFailures(
                        ofSeconds(3),
                        e -> {
                          throw new IllegalStateException("broken rule");
                        })
                    .open(s.app);
            assertThatExceptionOfType(LoadException.class)
                .isThrownBy(() -> cache.getOrFetch(s.root, 1, StalenessTest.this::failing))
                .withCauseInstanceOf(IOException.class);
            assertThat(cache.snapshot().size()).isZero();
          });
    }
  }

  @Nested
  class Statistics {

    @Test
    void count_what_caffeine_counts_and_what_it_cannot() throws Exception {
      Simulation.play(
          s -> {
            var cache =
                builder()
                    .caffeine(Caffeine.newBuilder().recordStats())
                    .staleIfError(ofSeconds(20))
                    .open(s.app);
            cache.getOrFetch(s.root, 1, StalenessTest.this::slow);
            cache.getOrFetch(s.root, 1, StalenessTest.this::slow);
            s.sleep(ofSeconds(12));
            cache.getOrFetch(s.root, 1, StalenessTest.this::failing);
            CacheSnapshot snapshot = cache.snapshot();
            assertThat(snapshot.stats().hitCount()).isEqualTo(1);
            assertThat(snapshot.stats().missCount()).isEqualTo(2);
            assertThat(snapshot.stats().loadSuccessCount()).isEqualTo(1);
            assertThat(snapshot.stats().loadFailureCount()).isEqualTo(1);
            assertThat(snapshot.stats().totalLoadTime()).isEqualTo(2_000_000_000L);
            assertThat(snapshot.staleServed()).isEqualTo(1);
            assertThat(events)
                .hasSize(3)
                .contains(new CacheEvent.Loaded("users", 1, ofSeconds(1), false))
                .hasAtLeastOneElementOfType(CacheEvent.LoadFailed.class)
                .hasAtLeastOneElementOfType(CacheEvent.StaleServed.class);
          });
    }

    @Test
    void keep_a_listener_that_fails_from_callers() throws Exception {
      Simulation.play(
          s -> {
            var cache =
                builder()
                    .listener(
                        event -> {
                          throw new IllegalStateException("broken listener");
                        })
                    .open(s.app);
            assertThat(cache.getOrFetch(s.root, 1, StalenessTest.this::slow)).isEqualTo("1#1");
          });
    }
  }
}
