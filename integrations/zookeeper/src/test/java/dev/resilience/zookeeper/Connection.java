package dev.resilience.zookeeper;

import dev.resilience.context.Context;
import dev.resilience.discovery.registry.ServiceInstance;
import dev.resilience.discovery.registry.ServiceRegistry;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.CuratorFrameworkFactory;
import org.apache.curator.retry.RetryOneTime;
import org.apache.zookeeper.data.Stat;

/** A connection to ZooKeeper, as each process has one, and what is done over it. */
final class Connection implements AutoCloseable {

  /** Soon lost. The ticks of these tests' servers allow 1 s to 10 s. */
  static final int SESSION_MILLIS = 2_000;

  /** Not lost while a server starts, also where the processor is busy. */
  static final int LONG_SESSION_MILLIS = 10_000;

  static final String ROOT = "/services";

  final CuratorFramework curator;
  private final ZooKeeperStore store;

  Connection(String servers) {
    this(servers, SESSION_MILLIS);
  }

  Connection(String servers, int sessionMillis) {
    curator =
        CuratorFrameworkFactory.newClient(
            servers, sessionMillis, SESSION_MILLIS, new RetryOneTime(100));
    curator.start();
    store = ZooKeeperStore.of(curator, ROOT);
  }

  ZooKeeperStore store() {
    return store;
  }

  /** A store over the same connection that knows nothing of what this one has done. */
  ZooKeeperStore afterARestart() {
    return ZooKeeperStore.of(curator, ROOT);
  }

  ServiceRegistry registry(Context owner) {
    return ServiceRegistry.builder(store).open(owner);
  }

  void connected() throws Exception {
    if (!curator.blockUntilConnected(30, TimeUnit.SECONDS)) {
      throw new IOException(
          "no connection to " + curator.getZookeeperClient().getCurrentConnectionString());
    }
  }

  long session() throws Exception {
    return curator.getZookeeperClient().getZooKeeper().getSessionId();
  }

  /** What ZooKeeper knows of the node of an instance; null: there is none. */
  Stat stat(ServiceInstance instance) throws Exception {
    return curator.checkExists().forPath(path(instance));
  }

  void put(ServiceInstance instance) throws InterruptedException, ExecutionException {
    store.put(Context.background(), instance, Duration.ofSeconds(30)).toCompletableFuture().get();
  }

  void remove(ServiceInstance instance) throws InterruptedException, ExecutionException {
    store.remove(Context.background(), instance).toCompletableFuture().get();
  }

  static String path(ServiceInstance instance) {
    return ROOT + "/" + instance.service() + "/" + instance.id();
  }

  @Override
  public void close() {
    curator.close();
  }
}
