package dev.resilience.zookeeper;

import dev.resilience.context.Context;
import dev.resilience.context.Registration;
import dev.resilience.discovery.registry.RegistryStore;
import dev.resilience.discovery.registry.ServiceInstance;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayList;
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
 * in one step, so that nobody finds it missing. Who leaves does not take out who came after under
 * the same id.
 *
 * <p>Thread-safe. Starts no thread: answers come on Curator's. The client stays the user's, who
 * closes it after the registry's owner has ended. A question for all instances of a service is one
 * for their names and one for each; a renewal is one read.
 */
public final class ZooKeeperStore implements RegistryStore {

  private static final Logger LOG = System.getLogger(ZooKeeperStore.class.getName());
  private static final int LOOKS = 3;

  private final CuratorFramework client;
  private final Nodes nodes;
  private final String root;

  /**
   * What should be there; empty: what should not, and might. An answer may come late, after nobody
   * waits for it any more, or never: what there is is then compared with this, and put right.
   */
  private final ConcurrentMap<String, Optional<ServiceInstance>> wanted = new ConcurrentHashMap<>();

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
    return nodes.children(parent).thenCompose(children -> read(ctx, service, parent, children));
  }

  @Override
  public Registration onChange(String service, Runnable hint) {
    Hints hints = new Hints(client, root + "/" + service, hint);
    hints.open();
    return hints;
  }

  private void connectionChanged(CuratorFramework curator, ConnectionState state) {
    if (state == ConnectionState.RECONNECTED) {
      wanted.keySet().forEach(path -> bringAbout(path).exceptionally(unheard -> null));
    }
  }

  private CompletionStage<@Nullable Void> bringAbout(
      ServiceInstance instance, Optional<ServiceInstance> what) {
    String path = root + "/" + instance.service() + "/" + instance.id();
    wanted.put(path, what);
    return bringAbout(path);
  }

  /** Until what was done is what is wanted at the end. */
  private CompletionStage<@Nullable Void> bringAbout(String path) {
    Optional<ServiceInstance> what = wanted(path);
    return look(path, what, 1)
        .thenCompose(
            nothing -> {
              if (!what.equals(wanted(path))) {
                return bringAbout(path);
              }
              wanted.remove(path, Optional.empty());
              return CompletableFuture.completedFuture(null);
            });
  }

  private Optional<ServiceInstance> wanted(String path) {
    return wanted.getOrDefault(path, Optional.empty());
  }

  /** Looks what is there, changes it, and looks again where somebody else did so meanwhile. */
  private CompletionStage<@Nullable Void> look(
      String path, Optional<ServiceInstance> what, int times) {
    return nodes
        .read(path)
        .thenCompose(
            there -> what.isPresent() ? write(path, there, what.get()) : takeOut(path, there))
        .thenCompose(
            done -> {
              if (done) {
                return CompletableFuture.completedFuture(null);
              }
              if (times == LOOKS) {
                throw new IllegalStateException(path + ": somebody else writes there, too");
              }
              return look(path, what, times + 1);
            });
  }

  private CompletionStage<Boolean> write(
      String path, Optional<Nodes.Node> there, ServiceInstance instance) {
    String text = Description.of(instance);
    if (there.isEmpty()) {
      return nodes.create(path, text);
    }
    Nodes.Node node = there.get();
    if (!nodes.isOurs(node)) {
      // One of an earlier session goes with it, however well its owner is. One who leaves lets it
      // go.
      return instance.isDraining()
          ? CompletableFuture.completedFuture(true)
          : nodes.takeOver(path, text, node.version());
    }
    return node.text().equals(text)
        ? CompletableFuture.completedFuture(true)
        : nodes.write(path, text, node.version());
  }

  private CompletionStage<Boolean> takeOut(String path, Optional<Nodes.Node> there) {
    return there.isPresent() && nodes.isOurs(there.get())
        ? nodes.delete(path, there.get().version())
        : CompletableFuture.completedFuture(true);
  }

  private CompletionStage<List<ServiceInstance>> read(
      Context ctx, String service, String parent, List<String> children) {
    ctx.throwIfDone();
    List<CompletableFuture<Optional<Nodes.Node>>> all = new ArrayList<>();
    for (String child : children) {
      all.add(nodes.read(parent + "/" + child).toCompletableFuture());
    }
    return CompletableFuture.allOf(all.toArray(new CompletableFuture<?>[0]))
        .thenApply(
            nothing -> {
              List<ServiceInstance> instances = new ArrayList<>();
              for (int i = 0; i < children.size(); i++) {
                String path = parent + "/" + children.get(i);
                all.get(i).join().ifPresent(node -> add(instances, service, path, node));
              }
              return instances;
            });
  }

  /** Others write here, too. What cannot be read is nobody to call. */
  private static void add(
      List<ServiceInstance> instances, String service, String path, Nodes.Node node) {
    try {
      instances.add(Description.read(service, node.text()));
    } catch (IllegalArgumentException malformed) {
      LOG.log(Level.WARNING, () -> path + " is ignored: " + malformed.getMessage());
    }
  }

  @Override
  public String toString() {
    return "ZooKeeper at " + root;
  }
}
