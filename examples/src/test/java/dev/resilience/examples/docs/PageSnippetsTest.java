package dev.resilience.examples.docs;

import static org.assertj.core.api.Assertions.assertThat;

import dev.resilience.Resilience;
import dev.resilience.cache.ContextCache;
import dev.resilience.concurrent.WorkerPool;
import dev.resilience.context.CancellableContext;
import dev.resilience.context.Context;
import dev.resilience.diagnostics.ContextMonitor;
import dev.resilience.discovery.client.ServiceClient;
import dev.resilience.discovery.registry.ServiceRegistry;
import dev.resilience.page.CachePanel;
import dev.resilience.page.LivePage;
import dev.resilience.page.PanelSnapshot;
import dev.resilience.page.Panels;
import dev.resilience.page.ServicePanel;
import dev.resilience.page.Status;
import dev.resilience.time.TimeSource;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Deque;
import org.junit.jupiter.api.Test;

/** What the page on the live page shows. */
class PageSnippetsTest {

  private final ContextMonitor monitor = ContextMonitor.of("shop");
  private final Deque<String> queue = new ArrayDeque<>();
  private String served = "";

  private void serve(Resilience payments) {
    served = payments.call(Context.background(), c -> "paid");
  }

  @Test
  void is_opened_and_shows_what_it_is_told_to() throws IOException {
    try (CancellableContext process = Context.observed(TimeSource.system(), monitor).withCancel();
        WorkerPool workers = WorkerPool.builder("jobs").workers(1).open(process);
        ContextCache<String, String> users =
            ContextCache.<String, String>builder("users").open(process);
        ServiceClient orders =
            ServiceClient.builder("orders", ServiceRegistry.inMemory(process)).open(process)) {
      try (LivePage page = LivePage.builder("shop").open(process)) {
        Resilience payments = page.watch(Resilience.forHttp("payments"));
        page.requests(monitor);
        page.show(Panels.pool(workers));
        page.show(CachePanel.of(users));
        page.show(ServicePanel.of(orders));
        serve(payments);
      }
      try (LivePage page = LivePage.builder("shop").open(process)) {
        own(page);
        assertThat(page.snapshot().toText(120)).contains("QUEUE mail");
      }
    }
    assertThat(served).isEqualTo("paid");
  }

  private void own(LivePage page) {
    page.show(
        () ->
            PanelSnapshot.builder("queue", "mail")
                .figure("waiting", queue.size())
                .status(queue.size() > 100 ? Status.WARNING : Status.OK, "the line is long")
                .build());
  }
}
