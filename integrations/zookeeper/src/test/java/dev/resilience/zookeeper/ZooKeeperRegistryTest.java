package dev.resilience.zookeeper;

import static java.time.Duration.ofMillis;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.resilience.context.CancellableContext;
import dev.resilience.context.Context;
import dev.resilience.discovery.registry.ServiceInstance;
import dev.resilience.discovery.registry.ServiceRegistry;
import dev.resilience.discovery.registry.ServiceRegistryContract;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.CuratorFrameworkFactory;
import org.apache.curator.retry.RetryOneTime;
import org.apache.curator.test.TestingServer;
import org.apache.zookeeper.CreateMode;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The registry over a real ZooKeeper, in real time. */
class ZooKeeperRegistryTest extends ServiceRegistryContract {

  private static final ServiceInstance A =
      ServiceInstance.of("payments", "10.0.0.1", 8080).withMetadata("version", "2=4");
  private static final ServiceInstance B = ServiceInstance.of("payments", "fe80::1", 8080);
  private static final AtomicInteger ROOTS = new AtomicInteger();

  private static final TestingServer SERVER = newServer();

  private final String root = "/services" + ROOTS.incrementAndGet();
  private final CuratorFramework client = started(SERVER);

  private static TestingServer newServer() {
    try {
      return new TestingServer();
    } catch (Exception failed) {
      throw new IllegalStateException(failed);
    }
  }

  @AfterAll
  static void stopServer() throws Exception {
    SERVER.close();
  }

  @AfterEach
  void closeClient() {
    client.close();
  }

  private static CuratorFramework started(TestingServer server) {
    CuratorFramework client =
        CuratorFrameworkFactory.newClient(
            server.getConnectString(), 4_000, 2_000, new RetryOneTime(100));
    client.start();
    return client;
  }

  @Override
  protected Context root() {
    return Context.background();
  }

  @Override
  protected ServiceRegistry open(Context owner) throws Exception {
    client.blockUntilConnected();
    return ServiceRegistry.builder(ZooKeeperStore.of(client, root))
        .deregistrationDelay(ofMillis(100))
        .open(owner);
  }

  @Override
  protected void eventually(ThrowingCallable assertion) throws Exception {
    Await.until(assertion);
  }

  @Test
  void who_has_no_session_any_more_disappears() throws Exception {
    CuratorFramework leaving = started(SERVER);
    try (CancellableContext owner = Context.background().withCancel()) {
      ServiceRegistry registry =
          ServiceRegistry.builder(ZooKeeperStore.of(client, root)).open(owner);
      CancellableContext lost = Context.background().withCancel();
      ServiceRegistry theirs = ServiceRegistry.builder(ZooKeeperStore.of(leaving, root)).open(lost);
      theirs.register(lost, A);
      registry.register(owner, B);
      Await.until(
          () -> assertThat(registry.discover(owner, "payments").instances()).containsExactly(A, B));
      leaving.close();
      Await.until(
          () -> assertThat(registry.discover(owner, "payments").instances()).containsExactly(B));
      lost.cancel();
    }
  }

  @Test
  void what_others_have_written_is_ignored_if_it_cannot_be_read() throws Exception {
    try (CancellableContext owner = Context.background().withCancel()) {
      ServiceRegistry registry = open(owner);
      registry.register(owner, A);
      for (String data :
          List.of("", "1", "2\nhost\n1\n10\n\n", "1\nho st\n1\n10\n\n", "1\nh\nx\n1\n\n")) {
        client
            .create()
            .creatingParentsIfNeeded()
            .withMode(CreateMode.EPHEMERAL_SEQUENTIAL)
            .forPath(root + "/payments/strange", data.getBytes(StandardCharsets.UTF_8));
      }
      Await.until(
          () -> assertThat(registry.discover(owner, "payments").registered()).containsExactly(A));
    }
  }

  @Test
  void a_root_that_is_none_is_refused() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> ZooKeeperStore.of(client, "services"))
        .withMessage("root: services (expected: an absolute path)");
    assertThatIllegalArgumentException().isThrownBy(() -> ZooKeeperStore.of(client, "/a/"));
  }
}
