package dev.resilience.examples.docs;

import static org.assertj.core.api.Assertions.assertThat;

import dev.resilience.context.CancellableContext;
import dev.resilience.context.Context;
import dev.resilience.context.ContextObserver;
import dev.resilience.diagnostics.ContextMonitor;
import dev.resilience.diagnostics.ContextTree;
import dev.resilience.diagnostics.LeakDetector;
import dev.resilience.diagnostics.ManagementHandle;
import dev.resilience.time.TimeSource;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The blocks of docs/diagnostics.md. */
class DiagnosticsSnippetsTest {

  private final CancellableContext service = Context.background().withCancel();
  private final List<String> log = new ArrayList<>();

  @Test
  void the_tree_and_leaks() {
    LeakDetector leaks = LeakDetector.builder("orders").open(service);
    ContextMonitor monitor = ContextMonitor.of("orders");
    Context root = Context.observed(TimeSource.system(), ContextObserver.all(monitor, leaks));
    try (var request = root.withName("request").withCancel()) {
      ContextTree tree = monitor.tree(1000); // the first 1,000
      log.add(tree.toText());
      String json = tree.toJson();
      assertThat(log.get(0)).contains("'request' cancel");
      assertThat(json).contains("\"name\":\"request\"");
      assertThat(request.isDone()).isFalse();
    }
    try (ManagementHandle published = monitor.publish()) {
      assertThat(published.objectName()).contains("type=ContextMonitor");
    }
    service.close();
    assertThat(leaks.isPaused()).isTrue();
  }
}
