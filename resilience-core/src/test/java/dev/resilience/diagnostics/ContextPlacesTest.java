package dev.resilience.diagnostics;

import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;

import dev.resilience.context.CancellableContext;
import dev.resilience.context.Context;
import dev.resilience.time.VirtualTime;
import org.junit.jupiter.api.Test;

/** The lines of code in a tree, for whoever asks for them. */
class ContextPlacesTest {

  private final VirtualTime.Automatic time = VirtualTime.automatic(2);

  private ContextNode nodeOf(ContextMonitor monitor) throws Exception {
    Context root = Context.observed(time, monitor);
    ContextNode[] seen = new ContextNode[1];
    time.run(
        () -> {
          try (CancellableContext request = root.withName("request").withTimeout(ofSeconds(9))) {
            time.start("sleeper", () -> request.sleep(ofSeconds(2)));
            root.sleep(ofSeconds(1));
            seen[0] = monitor.tree().roots().get(0);
            root.sleep(ofSeconds(2));
          }
          return null;
        });
    return seen[0];
  }

  @Test
  void are_there_if_the_monitor_notes_them() throws Exception {
    ContextMonitor monitor = ContextMonitor.builder("test").places().build();
    ContextNode node = nodeOf(monitor);
    assertThat(node.createdAt().orElseThrow().getClassName()).isEqualTo(getClass().getName());
    assertThat(node.threads()).hasSize(1);
    assertThat(node.threads().get(0).reason()).hasToString("SLEEP");
  }

  @Test
  void are_not_looked_for_otherwise() throws Exception {
    ContextNode node = nodeOf(ContextMonitor.of("test"));
    assertThat(node.createdAt()).isEmpty();
    assertThat(node.threads().get(0).place()).isEmpty();
  }

  /** Where a thread is, is told by its own frames: those of the library say nothing. */
  @Test
  void of_a_thread_are_outside_of_the_library() {
    assertThat(Places.of(Thread.currentThread())).isNotNull();
    assertThat(Places.of(Thread.currentThread()).getClassName()).startsWith("org.junit.");
  }
}
