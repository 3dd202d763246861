package dev.resilience.junit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;

import dev.resilience.context.CancellableContext;
import dev.resilience.context.Context;
import dev.resilience.diagnostics.LeakDetector;
import dev.resilience.time.TimeSource;
import dev.resilience.time.VirtualTime;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.platform.testkit.engine.EngineTestKit;
import org.junit.platform.testkit.engine.Event;

/**
 * What the annotations do to tests of users: each of these classes is run by an engine of its own.
 */
class ExtensionTest {

  @FailOnContextLeaks
  static class Leaking {

    @Test
    void forgets(Context root) {
      root.withName("forgotten").withCancel();
    }

    @Test
    void waits_for_no_deadline(Context root) {
      root.withTimeout(Duration.ofHours(1));
    }

    @Test
    void closes(Context root) {
      try (var ctx = root.withCancel();
          var child = ctx.withTimeout(Duration.ofHours(1))) {
        assertThat(child.isDone()).isFalse();
      }
    }

    @Test
    void cancels_the_parent(Context root) {
      var parent = root.withCancel();
      parent.withCancel();
      parent.cancel();
    }

    @Test
    void fails_for_a_better_reason(Context root) {
      root.withCancel();
      throw new IllegalStateException("better");
    }

    @Test
    void has_a_root_of_its_own(LeakDetector leaks) {
      Context.observed(VirtualTime.manual(), leaks).withName("own root").withCancel();
    }
  }

  @FailOnContextLeaks
  static class ClosingLate {

    private final CancellableContext ctx;

    ClosingLate(Context root) {
      ctx = root.withCancel();
    }

    @Test
    void uses_it() {
      assertThat(ctx.isDone()).isFalse();
      assertThat(ctx.timeSource()).isSameAs(TimeSource.system());
    }

    @AfterEach
    void close() {
      ctx.close();
    }
  }

  @Simulated
  @FailOnContextLeaks
  static class Both {

    @Test
    void forgets_on_virtual_time(Context root) throws Exception {
      root.withName("forgotten").withTimeout(Duration.ofHours(2));
      root.sleep(Duration.ofHours(1));
    }

    @Test
    void ends_in_time(Context root) throws Exception {
      root.withTimeout(Duration.ofHours(2));
      root.sleep(Duration.ofHours(2));
    }
  }

  static class Failing {

    @Test
    @Simulated(seed = 42)
    void on_virtual_time() throws IOException {
      throw new IOException("checked");
    }

    @Test
    void without_any(VirtualTime.Automatic time) {}
  }

  private static Map<String, Throwable> failures(Class<?> type) {
    Map<String, Throwable> failures = new TreeMap<>();
    EngineTestKit.engine("junit-jupiter")
        .selectors(selectClass(type))
        .execute()
        .testEvents()
        .failed()
        .stream()
        .forEach(event -> failures.put(nameOf(event), failureOf(event)));
    return failures;
  }

  private static String nameOf(Event event) {
    String name = event.getTestDescriptor().getDisplayName();
    return name.substring(0, name.indexOf('('));
  }

  private static Throwable failureOf(Event event) {
    return event
        .getRequiredPayload(org.junit.platform.engine.TestExecutionResult.class)
        .getThrowable()
        .orElseThrow();
  }

  @Test
  void a_test_that_leaks_fails_and_names_the_place() {
    Map<String, Throwable> failures = failures(Leaking.class);

    assertThat(failures)
        .containsOnlyKeys(
            "fails_for_a_better_reason",
            "forgets",
            "has_a_root_of_its_own",
            "waits_for_no_deadline");
    assertThat(failures.get("forgets"))
        .isInstanceOf(ContextLeakError.class)
        .hasMessageContaining("The test leaves contexts behind:\n1 context 'forgotten'")
        .hasMessageContaining("ExtensionTest$Leaking.forgets(ExtensionTest.java:");
    assertThat(((ContextLeakError) failures.get("forgets")).leaks()).hasSize(1);
    assertThat(failures.get("has_a_root_of_its_own")).hasMessageContaining("'own root'");
  }

  @Test
  void a_test_that_fails_anyway_fails_for_its_own_reason() {
    Throwable failure = failures(Leaking.class).get("fails_for_a_better_reason");

    assertThat(failure).isInstanceOf(IllegalStateException.class).hasMessage("better");
    assertThat(failure.getSuppressed()).isEmpty();
  }

  @Test
  void what_is_closed_after_each_test_is_no_leak() {
    assertThat(failures(ClosingLate.class)).isEmpty();
  }

  @Test
  void a_simulation_may_leak_as_well() {
    Map<String, Throwable> failures = failures(Both.class);

    assertThat(failures).containsOnlyKeys("forgets_on_virtual_time");
    assertThat(failures.get("forgets_on_virtual_time"))
        .hasMessageContaining("neither closed nor ended after 3600 s");
  }

  @Test
  void a_simulated_test_that_fails_names_its_seed() {
    Map<String, Throwable> failures = failures(Failing.class);
    Throwable failure = failures.get("on_virtual_time");

    assertThat(failure).isInstanceOf(IOException.class).hasMessage("checked");
    List<String> suppressed = new ArrayList<>();
    for (Throwable each : failure.getSuppressed()) {
      suppressed.add(each.getMessage());
    }
    assertThat(suppressed).containsExactly("run with -Dresilience.seed=42");
    assertThat(failures.get("without_any")).hasMessageContaining("No ParameterResolver");
  }
}
