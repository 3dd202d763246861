package dev.resilience.cache;

import static java.time.Duration.ofMillis;
import static java.time.Duration.ofMinutes;
import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.catchThrowable;

import com.github.benmanes.caffeine.cache.Caffeine;
import dev.resilience.context.Context;
import java.io.IOException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Code of the user's that runs between the decision and the end of a load throws. The load ends at
 * once, with what was thrown, and the key can be loaded again.
 */
class ThrowingUserCodeTest {

  private static final class Broken extends Error {
    private static final long serialVersionUID = 1L;

    Broken(String message) {
      super(message);
    }
  }

  private static String failing(Context ctx, Object key) throws IOException {
    throw new IOException("down");
  }

  private static <K> void assertNothingInFlight(ContextCache<K, String> cache) {
    assertThat(cache.snapshot().loading()).isZero();
    assertThat(cache.snapshot().waiting()).isZero();
    assertThat(cache.snapshot().loadsLeftBehind()).isZero();
  }

  @Nested
  class A_weigher {

    private ContextCache.Builder<Integer, String> weighed() {
      return ContextCache.<Integer, String>builder("weighed")
          .loadTimeout(ofSeconds(9))
          .caffeine(
              Caffeine.newBuilder()
                  .maximumWeight(1_000)
                  .weigher((Integer key, Cached<String> cached) -> weigh(cached.value())));
    }

    private static int weigh(String value) {
      return switch (value.length()) {
        case 13 -> throw new Broken("cannot weigh");
        case 7 -> -1;
        default -> value.length();
      };
    }

    @ParameterizedTest
    @EnumSource
    void may_fail_on_a_value(CallStyle style) throws Exception {
      Simulation.play(
          s -> {
            var cache = weighed().open(s.app);
            for (String bad : new String[] {"thirteen long", "minus 1"}) {
              assertThatExceptionOfType(LoadException.class)
                  .isThrownBy(() -> style.fetch(cache, s.root, 1, (c, key) -> bad))
                  .withRootCauseInstanceOf(
                      bad.length() == 13 ? Broken.class : IllegalArgumentException.class);
              assertThat(style.fetch(cache, s.root, 1, (c, key) -> "good")).isEqualTo("good");
              cache.delete(s.root, 1);
            }
            assertThat(s.time.elapsed()).isZero();
            assertNothingInFlight(cache);
          });
    }

    /** Absence and failures have no value; the natural weigher does not think of that. */
    @ParameterizedTest
    @EnumSource
    void may_fail_on_what_is_no_value(CallStyle style) throws Exception {
      Simulation.play(
          s -> {
            var cache =
                weighed()
                    .rememberAbsence(ofMinutes(1))
                    .rememberFailures(ofMinutes(1), failure -> true)
                    .open(s.app);
            assertThatExceptionOfType(LoadException.class)
                .isThrownBy(() -> style.fetch(cache, s.root, 1, (c, key) -> null))
                .withCauseInstanceOf(NullPointerException.class);
            assertThat(style.fetch(cache, s.root, 1, (c, key) -> "there")).isEqualTo("there");
            Throwable failed =
                catchThrowable(() -> style.fetch(cache, s.root, 2, ThrowingUserCodeTest::failing));
            assertThat(failed)
                .isInstanceOf(LoadException.class)
                .hasCauseInstanceOf(IOException.class);
            assertThat(failed.getSuppressed())
                .hasExactlyElementsOfTypes(NullPointerException.class);
            assertThat(style.fetch(cache, s.root, 2, (c, key) -> "there")).isEqualTo("there");
            assertNothingInFlight(cache);
          });
    }

    @Test
    void that_fails_on_a_refreshed_value_leaves_the_old_one() throws Exception {
      Simulation.play(
          s -> {
            var cache =
                weighed().expireAfterWrite(ofSeconds(10)).refreshAfter(ofSeconds(5)).open(s.app);
            cache.getOrFetch(s.root, 1, (c, key) -> "old");
            s.sleep(ofSeconds(6));
            assertThat(cache.getOrFetch(s.root, 1, (c, key) -> "thirteen long")).isEqualTo("old");
            s.sleep(ofSeconds(1));
            assertThat(cache.getOrFetch(s.root, 1, (c, key) -> "new")).isEqualTo("old");
            s.sleep(ofSeconds(1));
            assertThat(cache.get(s.root, 1)).isEqualTo("new");
            assertNothingInFlight(cache);
          });
    }
  }

  @Nested
  class A_rule {

    @ParameterizedTest
    @EnumSource
    void for_failures_may_fail(CallStyle style) throws Exception {
      Simulation.play(
          s -> {
            var cache =
                ContextCache.<Integer, String>builder("ruled")
                    .rememberFailures(
                        ofMinutes(1),
                        failure -> {
                          throw new Broken("rule");
                        })
                    .open(s.app);
            Throwable failed =
                catchThrowable(() -> style.fetch(cache, s.root, 1, ThrowingUserCodeTest::failing));
            assertThat(failed)
                .isInstanceOf(LoadException.class)
                .hasCauseInstanceOf(IOException.class);
            assertThat(failed.getSuppressed()).hasExactlyElementsOfTypes(Broken.class);
            assertThat(style.fetch(cache, s.root, 1, (c, key) -> "good")).isEqualTo("good");
            assertThat(s.time.elapsed()).isZero();
            assertNothingInFlight(cache);
          });
    }

    @ParameterizedTest
    @EnumSource
    void for_the_time_to_live_may_fail(CallStyle style) throws Exception {
      Simulation.play(
          s -> {
            var cache =
                ContextCache.<Integer, String>builder("ruled")
                    .expireAfterWrite(
                        (key, value) -> {
                          if (value.equals("bad")) {
                            throw new Broken("rule");
                          }
                          return ofSeconds(1);
                        })
                    .open(s.app);
            assertThatExceptionOfType(LoadException.class)
                .isThrownBy(() -> style.fetch(cache, s.root, 1, (c, key) -> "bad"))
                .withCauseInstanceOf(Broken.class);
            assertThat(style.fetch(cache, s.root, 1, (c, key) -> "good")).isEqualTo("good");
            assertNothingInFlight(cache);
          });
    }

    /** Until the load's time-out; and once more as long where it is asked about just that. */
    @ParameterizedTest
    @EnumSource
    void may_hang(CallStyle style) throws Exception {
      Simulation.play(
          s -> {
            CompletableFuture<Void> release = new CompletableFuture<>();
            var cache =
                ContextCache.<Integer, String>builder("ruled")
                    .loadTimeout(ofSeconds(2))
                    .rememberFailures(ofMinutes(1), failure -> hang(s, release))
                    .expireAfterWrite((key, value) -> afterHanging(s, release))
                    .open(s.app);
            for (int key = 0; key < 3; key++) {
              int asked = key;
              Throwable failed =
                  catchThrowable(
                      () -> style.fetch(cache, s.root, asked, ThrowingUserCodeTest::load));
              assertThat(failed).isInstanceOf(LoadException.class);
            }
            assertThat(s.time.elapsed()).isLessThanOrEqualTo(ofSeconds(3 * 4));
            release.complete(null);
            s.sleep(ofMillis(1));
            assertThat(style.fetch(cache, s.root, 1, (c, key) -> "good")).isEqualTo("good");
            assertNothingInFlight(cache);
          });
    }
  }

  private static java.time.Duration afterHanging(Simulation s, CompletableFuture<Void> release) {
    hang(s, release);
    return java.time.Duration.ofDays(1);
  }

  private static String load(Context ctx, Integer key) throws Exception {
    switch (key) {
      case 0 -> throw new IOException("down");
      case 1 -> ctx.sleep(ofMinutes(1));
      default -> ctx.sleep(ofMillis(1));
    }
    return "value";
  }

  private static boolean hang(Simulation s, CompletableFuture<Void> release) {
    try {
      s.root.await(release);
      return true;
    } catch (Exception interrupted) {
      throw new IllegalStateException(interrupted);
    }
  }

  @Nested
  class A_key {

    @SuppressWarnings("InconsistentHashCode") // that is what it is for
    private static final class Id {

      private int number;
      private boolean broken;

      Id(int number) {
        this.number = number;
      }

      @Override
      public boolean equals(Object other) {
        return other instanceof Id id && id.number == number;
      }

      @Override
      public int hashCode() {
        if (broken) {
          throw new Broken("a detached entity");
        }
        return number;
      }
    }

    @ParameterizedTest
    @EnumSource
    void may_lose_its_hash_while_it_is_loaded(CallStyle style) throws Exception {
      Simulation.play(
          s -> {
            var cache = ContextCache.<Id, String>builder("ids").open(s.app);
            Id id = new Id(1);
            assertThatExceptionOfType(LoadException.class)
                .isThrownBy(
                    () ->
                        style.fetch(
                            cache,
                            s.root,
                            id,
                            (c, key) -> {
                              id.broken = true;
                              return "value";
                            }))
                .withCauseInstanceOf(Broken.class);
            assertNothingInFlight(cache);
            assertThat(style.fetch(cache, s.root, new Id(1), (c, key) -> "good")).isEqualTo("good");
            assertThat(catchThrowable(() -> style.fetch(cache, s.root, id, (c, key) -> "never")))
                .isInstanceOf(Broken.class);
          });
    }

    /** A caller who comes later once span for ever, deaf to its deadline and the close. */
    @ParameterizedTest
    @EnumSource
    void may_change_its_hash_while_it_is_loaded(CallStyle style) throws Exception {
      Simulation.play(
          s -> {
            var cache = ContextCache.<Id, String>builder("ids").open(s.app);
            Id id = new Id(1);
            style.fetch(
                cache,
                s.root,
                id,
                (c, key) -> {
                  id.number = 2;
                  return "value";
                });
            assertNothingInFlight(cache);
            id.number = 1;
            assertThat(style.fetch(cache, s.root, new Id(1), (c, key) -> "again"))
                .isEqualTo("again");
            assertNothingInFlight(cache);
          });
    }

    @Test
    void fails_the_stage_and_not_the_call_when_it_cannot_be_hashed() throws Exception {
      Simulation.play(
          s -> {
            var cache = ContextCache.<Id, String>builder("ids").open(s.app);
            Id id = new Id(1);
            id.broken = true;
            assertThat(cache.getOrFetchAsync(s.root, id, (c, key) -> null))
                .isCompletedExceptionally();
            assertThat(cache.fetchAllAsync(s.root, java.util.List.of(id), (c, key) -> null))
                .isCompletedExceptionally();
            assertNothingInFlight(cache);
          });
    }
  }

  @Nested
  class A_listener {

    @ParameterizedTest
    @EnumSource
    void may_throw_an_error(CallStyle style) throws Exception {
      Simulation.play(
          s -> {
            var cache =
                ContextCache.<Integer, String>builder("heard")
                    .listener(
                        event -> {
                          throw new Broken("listener");
                        })
                    .open(s.app);
            assertThat(style.fetch(cache, s.root, 1, (c, key) -> "good")).isEqualTo("good");
            assertNothingInFlight(cache);
          });
    }

    /** It hears once the waiters have their answers. */
    @ParameterizedTest
    @EnumSource
    void may_hang(CallStyle style) throws Exception {
      Simulation.play(
          s -> {
            CompletableFuture<Void> release = new CompletableFuture<>();
            AtomicInteger heard = new AtomicInteger();
            var cache =
                ContextCache.<Integer, String>builder("heard")
                    .listener(
                        event -> {
                          heard.incrementAndGet();
                          hang(s, release);
                        })
                    .open(s.app);
            assertThat(style.fetch(cache, s.root, 1, (c, key) -> "good")).isEqualTo("good");
            assertThat(s.time.elapsed()).isZero();
            s.sleep(ofMillis(1));
            assertThat(heard).hasValue(1);
            assertNothingInFlight(cache);
            release.complete(null);
          });
    }
  }
}
