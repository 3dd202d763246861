package dev.resilience.zookeeper;

import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;

import dev.resilience.context.Context;
import dev.resilience.discovery.registry.ServiceRegistry;
import org.apache.curator.RetryPolicy;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.CuratorFrameworkFactory;
import org.apache.curator.retry.RetryOneTime;
import org.apache.curator.test.TestingServer;
import org.junit.jupiter.api.Test;

/** The block of docs/discovery.md. */
class ZooKeeperSnippetTest {

  @Test
  void keep_the_registrations_in_zookeeper() throws Exception {
    RetryPolicy retries = new RetryOneTime(100);
    try (TestingServer server = new TestingServer();
        var ctx = Context.background().withTimeout(ofSeconds(30))) {
      String servers = server.getConnectString();

      CuratorFramework curator = CuratorFrameworkFactory.newClient(servers, 10_000, 5_000, retries);
      curator.start();
      ServiceRegistry registry =
          ServiceRegistry.builder(ZooKeeperStore.of(curator, "/services")).open(ctx);

      assertThat(registry.discover(ctx, "orders")).isNotNull();
      ctx.close();
      curator.close();
    }
  }
}
