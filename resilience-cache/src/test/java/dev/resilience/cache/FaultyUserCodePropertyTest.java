package dev.resilience.cache;

import static org.assertj.core.api.Assertions.assertThat;

import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.RemovalCause;
import dev.resilience.Schedules;
import dev.resilience.context.CancellableContext;
import dev.resilience.context.Context;
import dev.resilience.context.ContextProbe;
import java.time.Duration;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.random.RandomGenerator;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

/**
 * Each function that a user gives to a cache or a batch loader returns, throws an exception, throws
 * an {@link Error}, or hangs for a while, at random. Every call ends in time, everybody hears, and
 * afterwards each key can be loaded.
 */
class FaultyUserCodePropertyTest {

  private static final int USUAL = 300;

  private static final Duration TIMEOUT = Duration.ofMillis(20);
  private static final Map<Place, Integer> MET = new EnumMap<>(Place.class);

  /** Where a user's code runs. */
  private enum Place {
    LOADER,
    BULK_LOADER,
    WEIGHER(false),
    REMOVAL_LISTENER,
    EVICTION_LISTENER(false),
    TIME_TO_LIVE,
    FAILURE_RULE,
    LISTENER,
    HASH_CODE(false),
    EQUALS(false);

    private final boolean mayHang;

    Place() {
      this(true);
    }

    /** Some run while Caffeine, or a map of ours, holds a lock that virtual time does not see. */
    Place(boolean mayHang) {
      this.mayHang = mayHang;
    }
  }

  @Test
  void everybody_hears_and_no_key_is_lost() {
    Schedules.check(
        USUAL, (seed, random) -> Simulation.play(seed, s -> new Program(s, random).run()));
  }

  @AfterAll
  static void met_every_place() {
    if (!Schedules.isOneAlone() && Schedules.count(USUAL) >= USUAL) {
      assertThat(MET).containsOnlyKeys(Place.values());
    }
  }

  private static final class Planned extends RuntimeException {
    private static final long serialVersionUID = 1L;
  }

  private static final class PlannedError extends Error {
    private static final long serialVersionUID = 1L;
  }

  private static final class Program {

    private final Simulation s;
    private final RandomGenerator random;
    private final ContextCache<Id, String> cache;
    private final BatchLoader<Id, String> batches;
    private boolean faulty = true;

    Program(Simulation s, RandomGenerator random) {
      this.s = s;
      this.random = random;
      this.cache =
          ContextCache.<Id, String>builder("faulty")
              .caffeine(
                  Caffeine.newBuilder()
                      .maximumWeight(3)
                      .removalListener(
                          (Id id, Cached<String> old, RemovalCause why) ->
                              at(Place.REMOVAL_LISTENER))
                      .evictionListener(
                          (Id id, Cached<String> old, RemovalCause why) ->
                              at(Place.EVICTION_LISTENER))
                      .weigher((Id id, Cached<String> cached) -> at(Place.WEIGHER)))
              .expireAfterWrite(
                  (id, value) -> {
                    at(Place.TIME_TO_LIVE);
                    return Duration.ofMillis(10);
                  })
              .expireAfterWrite(Duration.ofMillis(30))
              .refreshAfter(Duration.ofMillis(5))
              .staleIfError(Duration.ofMillis(random.nextInt(10)))
              .staleWhileRevalidate(Duration.ofMillis(random.nextInt(10)))
              .rememberAbsence(Duration.ofMillis(5))
              .rememberFailures(Duration.ofMillis(5), failure -> at(Place.FAILURE_RULE) == 1)
              .loadTimeout(TIMEOUT)
              .maxParallelLoads(2)
              .listener(event -> at(Place.LISTENER))
              .open(s.app);
      this.batches =
          BatchLoader.<Id, String>builder("faulty", this::loadAll)
              .maxKeys(2)
              .maxDelay(Duration.ofMillis(1))
              .timeout(TIMEOUT)
              .open(s.app);
    }

    /** A key whose methods are the user's, too. */
    private final class Id {

      private final int number;

      Id(int number) {
        this.number = number;
      }

      @Override
      public boolean equals(Object other) {
        at(Place.EQUALS);
        return other instanceof Id id && id.number == number;
      }

      @Override
      public int hashCode() {
        at(Place.HASH_CODE);
        return number % 2;
      }
    }

    private int at(Place place) {
      if (!faulty) {
        return 1;
      }
      boolean seldom = place == Place.HASH_CODE || place == Place.EQUALS;
      switch (random.nextInt(seldom ? 60 : 8)) {
        case 0 -> {
          met(place);
          throw new Planned();
        }
        case 1 -> {
          met(place);
          throw new PlannedError();
        }
        case 2 -> {
          if (place.mayHang) {
            met(place);
            hang();
          }
        }
        default -> {}
      }
      return 1;
    }

    private static void met(Place place) {
      MET.merge(place, 1, Integer::sum);
    }

    /** Longer than a load may take. */
    private void hang() {
      try {
        s.sleep(TIMEOUT.multipliedBy(1 + random.nextInt(4)));
      } catch (InterruptedException interrupted) {
        throw new Planned();
      }
    }

    private String load(Context ctx, Id id) {
      at(Place.LOADER);
      return random.nextInt(5) == 0 && faulty ? null : "value";
    }

    private Map<Id, String> loadAll(Context ctx, Set<Id> ids) {
      at(Place.BULK_LOADER);
      Map<Id, String> values = new HashMap<>();
      ids.forEach(id -> values.put(id, "value"));
      return values;
    }

    void run() throws Exception {
      for (int i = 0; i < 4; i++) {
        List<Integer> plan = random.ints(5, 0, 1_000).boxed().toList();
        s.start("caller " + i, () -> plan.forEach(this::act));
      }
      s.joinAll();
      faulty = false;
      s.sleep(TIMEOUT.multipliedBy(12)); // until the last one that hangs has come back
      assertThat(cache.snapshot().loading()).isZero();
      assertThat(cache.snapshot().waiting()).isZero();
      assertThat(cache.snapshot().loadsLeftBehind()).isZero();
      for (int number = 0; number < 4; number++) {
        Id id = new Id(number);
        cache.delete(s.root, id);
        assertThat(cache.getOrFetch(s.root, id, this::load)).isEqualTo("value");
        assertThat(cache.getOrFetch(s.root, new Id(10 + number), batches)).isEqualTo("value");
      }
      batches.close();
      cache.close();
      assertThat(ContextProbe.waiters(s.app)).isZero();
    }

    private void act(int what) {
      Duration begun = s.time.elapsed();
      Id id = new Id(what % 4);
      try (CancellableContext ctx =
          what % 3 == 0 ? s.root.withTimeout(Duration.ofMillis(what % 25)) : s.root.withCancel()) {
        switch (what % 7) {
          case 0 -> cache.set(ctx, id, "value");
          case 1 -> cache.delete(ctx, id);
          case 2 -> cache.fetchAll(ctx, many(), this::load);
          case 3 -> cache.getOrFetch(ctx, id, batches);
          case 4 -> cache.fetchAll(ctx, many(), batches);
          case 5 -> await(ctx, id);
          default -> cache.getOrFetch(ctx, id, this::load);
        }
      } catch (RuntimeException | PlannedError expected) {
        // Of the user, or of a load that has failed.
      }
      // A load, its rules, and as many rounds as four keys take two at a time; a listener on the
      // way.
      assertThat(s.time.elapsed().minus(begun)).isLessThanOrEqualTo(TIMEOUT.multipliedBy(16));
    }

    private void await(Context ctx, Id id) {
      var stage =
          cache
              .getOrFetchAsync(ctx, id, CallStyle.staged(this::load))
              .exceptionally(failure -> "failed");
      try {
        Context.background(s.time).await(stage);
      } catch (Exception interrupted) {
        throw new Planned();
      }
    }

    private List<Id> many() {
      return IntStream.range(0, 4).mapToObj(Id::new).toList();
    }
  }
}
