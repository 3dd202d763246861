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
  class RefreshAhead {

    @ParameterizedTest
    @EnumSource
    void loadsInTheBackgroundAndServesTheOldValueMeanwhile(CallStyle way) throws Exception {
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
    void keepsTheOldValueWhenItFailsAndDoesNotHammer(CallStyle way) throws Exception {
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
    void endsAtTheLimitOfALoad() throws Exception {
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
    void endsWithTheCache() throws Exception {
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
    void doesNotOverwriteWhatWasSetMeanwhile() throws Exception {
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
  class WhileRevalidating {

    @ParameterizedTest
    @EnumSource
    void aStaleValueIsServedAndMarked(CallStyle way) throws Exception {
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
    void aValueThatIsTooOldIsNotServed(CallStyle way) throws Exception {
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
  class OnError {

    @ParameterizedTest
    @EnumSource
    void aStaleValueIsServedMarkedAndForABoundedTime(CallStyle way) throws Exception {
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
    void aStaleValueIsNotServedWhenTheLoadSucceeds(CallStyle way) throws Exception {
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
    void aLoadThatPassesItsLimitIsAnErrorToo(CallStyle way) throws Exception {
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
    void aDeletedValueIsNotServed(CallStyle way) throws Exception {
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
    void isAnAnswerAndNotRemembered(CallStyle way) throws Exception {
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
    void isRememberedForATimeOfItsOwn(CallStyle way) throws Exception {
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
    void takesAwayTheOldValue() throws Exception {
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
    void areRememberedWhereAskedForATimeOfTheirOwn(CallStyle way) throws Exception {
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
    void areNotRememberedWhereTheRuleItselfFails() throws Exception {
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
    void countWhatCaffeineCountsAndWhatItCannot() throws Exception {
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
    void keepAListenerThatFailsFromCallers() throws Exception {
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
