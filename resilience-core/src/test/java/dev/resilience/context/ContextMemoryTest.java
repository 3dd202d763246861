package dev.resilience.context;

import static org.assertj.core.api.Assertions.assertThat;

import dev.resilience.time.VirtualTime;
import java.lang.ref.WeakReference;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Law 8: what is closed, and what is forgotten, is unreachable. */
class ContextMemoryTest {

  private static final int MILLION = 1_000_000;

  private final VirtualTime.Manual time = VirtualTime.manual();
  private final CancellableContext parent = Context.background(time).withCancel();

  static Stream<Arguments> uses() {
    return Stream.of(
        use("closed", parent -> parent.withCancel().close()),
        use("closed with a deadline", parent -> parent.withTimeout(HOUR).close()),
        use(
            "closed with a listener",
            parent -> {
              var child = parent.withTimeout(HOUR);
              child.onDone(() -> {});
              child.close();
            }),
        use("forgotten", Context::withCancel),
        use("forgotten with a deadline", parent -> parent.withTimeout(HOUR)),
        use(
            "forgotten after a withdrawal",
            parent -> parent.withTimeout(HOUR).onDone(() -> {}).close()),
        use(
            "a request with 4 levels and 3 values, never closed",
            parent ->
                parent
                    .withTimeout(HOUR)
                    .withValue(TENANT, "acme")
                    .withValue(USER, "u-4")
                    .withCancel()
                    .withName("call")
                    .withTimeout(HOUR.dividedBy(2))
                    .withCancel()),
        use("forgotten with a value", parent -> parent.withName("x").withCancel()),
        use(
            "merged and closed",
            parent -> {
              var merged = Context.firstOf(parent, parent.withCancel());
              merged.onDone(() -> {});
              merged.close();
            }),
        use("detached", parent -> parent.detached().withCancel()));
  }

  private static final Duration HOUR = Duration.ofHours(1);
  private static final Key<String> TENANT = Key.of("tenant", String.class);
  private static final Key<String> USER = Key.of("user", String.class);

  private static Arguments use(String name, Consumer<Context> use) {
    return Arguments.of(name, use);
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("uses")
  void a_million_children_leave_the_heap_flat(String name, Consumer<Context> use) {
    use.accept(parent);
    long before = usedAfterCollection();

    for (int i = 0; i < MILLION; i++) {
      use.accept(parent);
    }

    // One byte for each child would already be a million.
    assertThat(usedAfterCollection() - before).isLessThan(MILLION);
    assertThat(ContextProbe.waiters(parent)).isZero();
    assertThat(time.pendingTimers()).isZero();
  }

  @Test
  void a_detached_job_that_reschedules_itself_grows_no_chain() {
    List<WeakReference<Context>> seen = new ArrayList<>();
    Context job = parent.withName("job");
    for (int i = 0; i < 100; i++) {
      job = job.withTimeout(HOUR).detached();
      seen.add(new WeakReference<>(job));
    }

    usedAfterCollection();

    assertThat(seen.stream().filter(reference -> reference.get() != null)).hasSize(1);
    assertThat(job.name()).isEqualTo("job");
  }

  private static long usedAfterCollection() {
    for (int i = 0; i < 3; i++) {
      System.gc();
    }
    Runtime runtime = Runtime.getRuntime();
    return runtime.totalMemory() - runtime.freeMemory();
  }
}
