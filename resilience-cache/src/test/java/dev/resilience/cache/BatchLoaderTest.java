package dev.resilience.cache;

import static java.time.Duration.ofMillis;
import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.resilience.context.CancelReason;
import dev.resilience.context.CancellableContext;
import dev.resilience.context.Context;
import dev.resilience.context.ContextProbe;
import dev.resilience.context.Key;
import dev.resilience.error.AttemptTimeoutException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class BatchLoaderTest {

  private static final Key<String> TENANT = Key.of("tenant", String.class);

  private final List<Set<Integer>> calls = new ArrayList<>();
  private int running;
  private int mostRunning;

  /** Takes a second; keys below zero have no value. */
  private Map<Integer, String> load(Context ctx, Set<Integer> keys) throws InterruptedException {
    calls.add(keys);
    mostRunning = Math.max(mostRunning, ++running);
    try {
      ctx.sleep(ofSeconds(1));
    } finally {
      running--;
    }
    Map<Integer, String> values = new HashMap<>();
    keys.stream().filter(key -> key >= 0).forEach(key -> values.put(key, "value " + key));
    return values;
  }

  private static List<Integer> keys(int count) {
    return IntStream.range(0, count).boxed().toList();
  }

  private static ContextCache<Integer, String> cache(Simulation s) {
    return ContextCache.<Integer, String>builder("users").open(s.app);
  }

  @Test
  void loads_what_is_asked_for_at_about_the_same_time_with_one_call() throws Exception {
    Simulation.play(
        s -> {
          var cache = cache(s);
          var loader = BatchLoader.builder("users", this::load).open(s.app);
          List<String> values = new ArrayList<>();
          for (int key = 0; key < 3; key++) {
            int asked = key;
            s.start("caller " + key, () -> values.add(cache.getOrFetch(s.root, asked, loader)));
          }
          s.joinAll();
          assertThat(values).containsExactlyInAnyOrder("value 0", "value 1", "value 2");
          assertThat(calls).containsExactly(Set.of(0, 1, 2));
          assertThat(s.time.elapsed()).isEqualTo(ofMillis(1_002));
        });
  }

  @Test
  void splits_by_number_and_runs_a_few_calls_at_once() throws Exception {
    Simulation.play(
        s -> {
          var cache = cache(s);
          var loader =
              BatchLoader.builder("users", this::load).maxKeys(100).maxParallelCalls(4).open(s.app);
          var fetched = cache.fetchAll(s.root, keys(3_000), loader);
          assertThat(fetched.values()).hasSize(3_000);
          assertThat(fetched.isComplete()).isTrue();
          assertThat(calls).hasSize(30).allMatch(keys -> keys.size() == 100);
          assertThat(mostRunning).isEqualTo(4);
          assertThat(s.time.elapsed()).isEqualTo(ofSeconds(8));
        });
  }

  @Test
  void knows_that_a_key_has_no_value() throws Exception {
    Simulation.play(
        s -> {
          var loader = BatchLoader.builder("users", this::load).open(s.app);
          assertThat(cache(s).getOrFetch(s.root, -1, loader)).isNull();
        });
  }

  @Test
  void gives_each_key_the_failure() throws Exception {
    Simulation.play(
        s -> {
          var loader =
              BatchLoader.<Integer, String>builder(
                      "users",
                      (c, keys) -> {
                        throw new IOException("down");
                      })
                  .open(s.app);
          var fetched = cache(s).fetchAll(s.root, List.of(1, 2), loader);
          assertThat(fetched.failures()).containsOnlyKeys(1, 2);
          assertThat(fetched.failures().get(1)).hasCauseInstanceOf(IOException.class);
        });
  }

  @Test
  void fails_when_the_call_brings_nothing_at_all() throws Exception {
    Simulation.play(
        s -> {
          var loader = BatchLoader.<Integer, String>builder("users", (c, keys) -> null).open(s.app);
          assertThatExceptionOfType(LoadException.class)
              .isThrownBy(() -> cache(s).getOrFetch(s.root, 1, loader))
              .withCauseInstanceOf(NullPointerException.class);
        });
  }

  @Test
  void times_out_by_itself() throws Exception {
    Simulation.play(
        s -> {
          var loader = BatchLoader.builder("users", this::load).timeout(ofMillis(100)).open(s.app);
          assertThatExceptionOfType(LoadException.class)
              .isThrownBy(() -> cache(s).getOrFetch(s.root, 1, loader))
              .withCauseInstanceOf(AttemptTimeoutException.class);
          assertThat(s.time.elapsed()).isEqualTo(ofMillis(102));
        });
  }

  @Test
  void is_cancelled_when_nobody_waits_for_any_key() throws Exception {
    Simulation.play(
        s -> {
          var cache = cache(s);
          var loader = BatchLoader.builder("users", this::load).open(s.app);
          CancellableContext one = s.root.withCancel();
          CancellableContext two = s.root.withCancel();
          s.start("one", () -> catchThrowable(() -> cache.getOrFetch(one, 1, loader)));
          s.start("two", () -> catchThrowable(() -> cache.getOrFetch(two, 2, loader)));
          s.sleep(ofMillis(500));
          one.cancel(CancelReason.USER);
          s.sleep(ofMillis(10));
          assertThat(running).isEqualTo(1);
          two.cancel(CancelReason.USER);
          s.sleep(ofMillis(10));
          assertThat(running).isZero();
        });
  }

  /** What belongs to one caller must not decide the answer of another. */
  @Test
  void has_the_values_of_the_owner_and_of_no_caller() throws Exception {
    Simulation.play(
        s -> {
          List<String> tenants = new ArrayList<>();
          var loader =
              BatchLoader.<Integer, String>builder(
                      "users",
                      (c, keys) -> {
                        tenants.add(c.getOrDefault(TENANT, "none"));
                        return Map.of(1, "value");
                      })
                  .open(s.app);
          cache(s).getOrFetch(s.root.withValue(TENANT, "acme"), 1, loader);
          assertThat(tenants).containsExactly("none");
        });
  }

  @Test
  void ends_with_its_owner_and_leaves_nothing_there() throws Exception {
    Simulation.play(
        s -> {
          var cache = cache(s);
          var loader = BatchLoader.builder("users", this::load).open(s.app);
          int before = ContextProbe.waiters(s.app);
          cache.fetchAll(s.root, keys(250), loader);
          s.sleep(ofSeconds(1));
          assertThat(ContextProbe.waiters(s.app)).isEqualTo(before);
          loader.close();
          assertThatExceptionOfType(LoadException.class)
              .isThrownBy(() -> cache.getOrFetch(s.root, 999, loader));
        });
  }

  @Test
  void refuses_what_makes_no_sense() {
    var builder = BatchLoader.builder("users", this::load);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> builder.maxKeys(0))
        .withMessage("maxKeys: 0 (expected: >= 1)");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> builder.maxParallelCalls(-1))
        .withMessage("maxParallelCalls: -1 (expected: >= 1)");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> builder.maxDelay(ofMillis(0)))
        .withMessage("maxDelay: 0 s (expected: > 0)");
  }
}
