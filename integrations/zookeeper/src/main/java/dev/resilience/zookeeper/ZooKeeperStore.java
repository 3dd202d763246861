package dev.resilience.zookeeper;

import dev.resilience.context.Context;
import dev.resilience.context.Registration;
import dev.resilience.discovery.registry.RegistryStore;
import dev.resilience.discovery.registry.ServiceInstance;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.state.ConnectionState;
import org.jspecify.annotations.Nullable;

/**
 * Registrations in ZooKeeper: an ephemeral node for each instance, at {@code root/service/id}.
 *
 * <pre>{@code
 * CuratorFramework curator = CuratorFrameworkFactory.newClient("zk1,zk2,zk3", 10_000, 5_000, retries);
 * curator.start();
 * ServiceRegistry registry =
 *     ServiceRegistry.builder(ZooKeeperStore.of(curator, "/services")).open(ctx);
 * }</pre>
 *
 * <p>How long an instance stays of which nothing more is heard is the session's time-out, not the
 * lease time: the session is the heartbeat, and a renewal only looks whether all is as it should
 * be. A session that expired, in a partition or a long pause, takes its nodes with it; they are put
 * back as soon as there is a new one, and by the next renewal at the latest. A node that an earlier
 * session has left behind, before a restart of the process or a loss of the connection, is replaced
 * in one step, so that nobody finds it missing.
 *
 * <p>Of two processes with the same id the one that registered last has the node; the lease of the
 * other one is {@link dev.resilience.discovery.registry.Lease.State#TAKEN}. When the one leaves,
 * the node of the other one is back at once.
 *
 * <p>A node that is no instance, or may not be read, is ignored, logged once, and counted ({@link
 * #ignoredNodes}).
 *
 * <p>Thread-safe. Starts no thread: answers come on Curator's. The client stays the user's, who
 * closes it after the registry's owner has ended. A list of a service is one read of the names and
 * a look at each node; the data of a node is read once for each version. A renewal is one read.
 */
public final class ZooKeeperStore implements RegistryStore {

  private final CuratorFramework client;
  private final Nodes nodes;
  private final String root;
  private final ConcurrentMap<String, OwnNode> own = new ConcurrentHashMap<>();
  private final ConcurrentMap<String, ServiceNodes> services = new ConcurrentHashMap<>();

  private ZooKeeperStore(CuratorFramework client, String root) {
    this.client = client;
    this.nodes = new Nodes(client);
    this.root = root;
  }

  /**
   * A store below a node. It listens to the client for as long as the client lives, so make one of
   * it.
   *
   * @param client started; its session time-out says how soon a crashed instance disappears
   * @param root an absolute path, made when it is needed
   */
  public static ZooKeeperStore of(CuratorFramework client, String root) {
    Objects.requireNonNull(client, "client");
    if (!root.startsWith("/") || (root.length() > 1 && root.endsWith("/"))) {
      throw new IllegalArgumentException("root: " + root + " (expected: an absolute path)");
    }
    ZooKeeperStore store = new ZooKeeperStore(client, root.equals("/") ? "" : root);
    client.getConnectionStateListenable().addListener(store::connectionChanged);
    return store;
  }

  @Override
  public CompletionStage<@Nullable Void> put(
      Context ctx, ServiceInstance instance, Duration lease) {
    return bringAbout(instance, Optional.of(instance));
  }

  @Override
  public CompletionStage<@Nullable Void> remove(Context ctx, ServiceInstance instance) {
    return bringAbout(instance, Optional.empty());
  }

  @Override
  public CompletionStage<List<ServiceInstance>> list(Context ctx, String service) {
    String parent = root + "/" + service;
    return nodes
        .children(parent)
        .thenCompose(
            children -> {
              ctx.throwIfDone();
              if (children.isEmpty()) {
                services.remove(service);
                return CompletableFuture.completedFuture(List.of());
              }
              return services
                  .computeIfAbsent(service, name -> new ServiceNodes(nodes, name, parent))
                  .read(children);
            });
  }

  @Override
  public Registration onChange(String service, Runnable hint) {
    Hints hints = new Hints(client, root + "/" + service, hint);
    hints.open();
    return hints;
  }

  /**
   * How many nodes below a service were ignored when it was read last, because they are no
   * instances or may not be read. Each is logged once for each of its versions.
   */
  public int ignoredNodes(String service) {
    ServiceNodes read = services.get(service);
    return read == null ? 0 : read.ignored();
  }

  private void connectionChanged(CuratorFramework curator, ConnectionState state) {
    if (state == ConnectionState.RECONNECTED) {
      own.values().forEach(node -> node.bringAbout().exceptionally(unheard -> null));
    }
  }

  private CompletionStage<@Nullable Void> bringAbout(
      ServiceInstance instance, Optional<ServiceInstance> what) {
    String path = root + "/" + instance.service() + "/" + instance.id();
    OwnNode node =
        own.compute(
            path,
            (key, present) -> {
              OwnNode one = present == null ? new OwnNode(nodes, path) : present;
              one.wants(what);
              return one;
            });
    return node.bringAbout()
        .thenApply(
            nothing -> {
              own.computeIfPresent(path, (key, one) -> one.isWanted() ? one : null);
              return null;
            });
  }

  @Override
  public String toString() {
    return "ZooKeeper at " + root;
  }
}
