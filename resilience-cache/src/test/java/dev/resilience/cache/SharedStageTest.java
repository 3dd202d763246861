package dev.resilience.cache;

import static java.time.Duration.ofMillis;
import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;

import dev.resilience.context.CancellableContext;
import dev.resilience.context.Context;
import dev.resilience.context.Key;
import java.lang.ref.WeakReference;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** Law 14: who leaves is let go of, also by a stage of the user's that lives for ever. */
class SharedStageTest {

  private static final Key<byte[]> PAYLOAD = Key.of("payload", byte[].class);

  private final CompletableFuture<String> shared = new CompletableFuture<>();
  private final List<WeakReference<byte[]>> payloads = new ArrayList<>();

  private Context request(Simulation s) {
    byte[] payload = new byte[1_000];
    payloads.add(new WeakReference<>(payload));
    return s.root.withValue(PAYLOAD, payload);
  }

  private void assertAllLetGo() {
    for (int i = 0; i < 100 && payloads.stream().anyMatch(ref -> ref.get() != null); i++) {
      System.gc();
    }
    assertThat(payloads).allMatch(ref -> ref.get() == null);
  }

  @Test
  void a_stage_that_never_ends_holds_no_load_and_no_caller() throws Exception {
    Simulation.play(
        s -> {
          var cache =
              ContextCache.<Integer, String>builder("shared").loadTimeout(ofSeconds(1)).open(s.app);
          for (int key = 0; key < 10; key++) {
            try (CancellableContext leaves = request(s).withTimeout(ofMillis(10))) {
              cache.getOrFetchAsync(leaves, key, (c, k) -> shared);
              s.sleep(ofMillis(20));
            }
          }
          assertThat(cache.snapshot().loadsLeftBehind()).isEqualTo(10);
          assertThat(cache.snapshot().loading()).isZero();
          cache.clear(s.root);
          assertAllLetGo();
          shared.complete("late");
          assertThat(cache.snapshot().loadsLeftBehind()).isZero();
        });
  }

  /** The caller's own stage, kept by the caller, is no reason to keep the load. */
  @Test
  void a_stage_that_a_caller_keeps_holds_no_load() throws Exception {
    Simulation.play(
        s -> {
          var cache = ContextCache.<Integer, String>builder("shared").open(s.app);
          List<Object> kept = new ArrayList<>();
          for (int key = 0; key < 10; key++) {
            CompletableFuture<String> load = new CompletableFuture<>();
            Context first = request(s);
            cache.getOrFetchAsync(first, key, (c, k) -> load);
            kept.add(cache.getOrFetchAsync(s.root, key, (c, k) -> load));
            load.complete("value");
          }
          cache.clear(s.root);
          assertAllLetGo();
          assertThat(kept).hasSize(10);
        });
  }
}
