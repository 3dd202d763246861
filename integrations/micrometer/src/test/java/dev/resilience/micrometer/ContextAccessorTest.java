package dev.resilience.micrometer;

import static org.assertj.core.api.Assertions.assertThat;

import dev.resilience.Resilience;
import dev.resilience.context.Context;
import dev.resilience.context.Key;
import dev.resilience.context.ThreadBinding;
import io.micrometer.context.ContextRegistry;
import io.micrometer.context.ContextSnapshot;
import io.micrometer.context.ContextSnapshotFactory;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The context travels with Micrometer's context-propagation, as a service it has found. */
class ContextAccessorTest {

  private static final Key<String> TENANT = Key.of("tenant", String.class);
  private static final ThreadLocal<String> OTHERS = new ThreadLocal<>();

  private final Context ctx = CurrentContext.in(Context.background().withValue(TENANT, "acme"));
  private final ContextSnapshotFactory snapshots = ContextSnapshotFactory.builder().build();

  @AfterEach
  void nothingIsLeft() {
    assertThat(CurrentContext.find()).isEmpty();
    assertThat(OTHERS.get()).isNull();
  }

  private static String tenant() {
    return CurrentContext.find().map(c -> c.get(TENANT)).orElse("none");
  }

  @Test
  void it_is_registered() {
    assertThat(ContextRegistry.getInstance().getThreadLocalAccessors())
        .anyMatch(ContextAccessor.class::isInstance);
  }

  @Test
  void work_for_a_context_finds_it() {
    assertThat(Resilience.of().<String, RuntimeException>call(ctx, c -> tenant()))
        .isEqualTo("acme");
  }

  @Test
  void a_snapshot_brings_it_to_another_thread_and_takes_it_away_again() throws Exception {
    ExecutorService other = Executors.newSingleThreadExecutor();
    try {
      ContextSnapshot snapshot =
          Resilience.of().<ContextSnapshot, RuntimeException>call(ctx, c -> snapshots.captureAll());

      assertThat(other.submit(snapshot.wrap(ContextAccessorTest::tenant)).get()).isEqualTo("acme");
      assertThat(other.submit(ContextAccessorTest::tenant).get()).isEqualTo("none");
    } finally {
      other.shutdown();
    }
  }

  @Test
  void it_brings_what_is_bound_to_the_context_as_well() throws Exception {
    ThreadBinding binding =
        c -> {
          String before = OTHERS.get();
          OTHERS.set(c.get(TENANT));
          return () -> OTHERS.set(before);
        };
    ContextSnapshot snapshot =
        Resilience.of()
            .<ContextSnapshot, RuntimeException>call(
                ctx.withBinding(binding), c -> snapshots.captureAll());

    try (ContextSnapshot.Scope scope = snapshot.setThreadLocals()) {
      assertThat(OTHERS.get()).isEqualTo("acme");
      try (ContextSnapshot.Scope again = snapshot.setThreadLocals()) {
        assertThat(tenant()).isEqualTo("acme");
      }
      assertThat(OTHERS.get()).isEqualTo("acme");
    }
    assertThat(OTHERS.get()).isNull();
  }
}
