package dev.resilience.zookeeper;

import dev.resilience.context.Context;
import dev.resilience.context.Registration;
import dev.resilience.discovery.RegistryStore;
import dev.resilience.discovery.ServiceInstance;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.api.BackgroundCallback;
import org.apache.curator.framework.api.CuratorEvent;
import org.apache.curator.framework.state.ConnectionState;
import org.apache.curator.framework.state.ConnectionStateListener;
import org.apache.zookeeper.AddWatchMode;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.KeeperException;
import org.apache.zookeeper.KeeperException.Code;
import org.apache.zookeeper.Watcher;
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
 * lease time. A session that expired, in a partition or a long pause, takes its nodes with it; they
 * are put back as soon as there is a new one, and by the next heartbeat at the latest.
 *
 * <p>Thread-safe. Starts no thread: answers come on Curator's. The client stays the user's, who
 * closes it after the registry's owner has ended.
 */
public final class ZooKeeperStore implements RegistryStore {

  private static final Logger LOG = System.getLogger(ZooKeeperStore.class.getName());

  private final CuratorFramework client;
  private final String root;

  /**
   * What should be there. An answer may come late, after nobody waits for it any more: what it has
   * brought about is then compared with this, and put right.
   */
  private final ConcurrentMap<String, ServiceInstance> wanted = new ConcurrentHashMap<>();

  private ZooKeeperStore(CuratorFramework client, String root) {
    this.client = client;
    this.root = root;
  }

  /**
   * A store below a node.
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
    String path = path(instance);
    wanted.put(path, instance);
    return write(path, instance);
  }

  @Override
  public CompletionStage<@Nullable Void> remove(Context ctx, ServiceInstance instance) {
    String path = path(instance);
    wanted.remove(path);
    return delete(path);
  }

  @Override
  public CompletionStage<List<ServiceInstance>> list(Context ctx, String service) {
    String parent = root + "/" + service;
    return ask(callback -> client.getChildren().inBackground(callback).forPath(parent))
        .thenCompose(
            event ->
                codeOf(event) == Code.NONODE
                    ? CompletableFuture.completedFuture(List.of())
                    : read(service, parent, checked(event).getChildren()));
  }

  @Override
  public Registration onChange(String service, Runnable hint) {
    String parent = root + "/" + service;
    Watcher watcher = event -> hint.run();
    ConnectionStateListener reconnection =
        (curator, state) -> {
          if (state.isConnected()) {
            watch(parent, watcher);
            hint.run();
          }
        };
    client.getConnectionStateListenable().addListener(reconnection);
    watch(parent, watcher);
    return () -> {
      client.getConnectionStateListenable().removeListener(reconnection);
      ask(callback ->
              client.watchers().remove(watcher).quietly().inBackground(callback).forPath(parent))
          .exceptionally(gone -> null);
      return true;
    };
  }

  /** A watch that is lost is made up for by asking from time to time. */
  private void watch(String parent, Watcher watcher) {
    ask(callback ->
            client
                .watchers()
                .add()
                .withMode(AddWatchMode.PERSISTENT_RECURSIVE)
                .inBackground(callback)
                .usingWatcher(watcher)
                .forPath(parent))
        .exceptionally(lost -> null);
  }

  private void connectionChanged(CuratorFramework curator, ConnectionState state) {
    if (state == ConnectionState.RECONNECTED) {
      wanted.forEach((path, instance) -> write(path, instance).exceptionally(unheard -> null));
    }
  }

  private CompletionStage<@Nullable Void> write(String path, ServiceInstance instance) {
    return ask(callback ->
            client.setData().inBackground(callback).forPath(path, Description.of(instance)))
        .thenCompose(
            event -> {
              if (codeOf(event) == Code.NONODE) {
                return create(path, instance);
              }
              // A node of an earlier session disappears with it, however well its owner is.
              return checked(event).getStat().getEphemeralOwner() == session()
                  ? CompletableFuture.completedFuture(null)
                  : delete(path).thenCompose(nothing -> create(path, instance));
            })
        .thenCompose(nothing -> putRight(path, instance));
  }

  private CompletionStage<@Nullable Void> create(String path, ServiceInstance instance) {
    return ask(callback ->
            client
                .create()
                .creatingParentContainersIfNeeded()
                .withMode(CreateMode.EPHEMERAL)
                .inBackground(callback)
                .forPath(path, Description.of(instance)))
        .thenAccept(
            event -> {
              // Somebody was faster: the next heartbeat finds out who.
              if (codeOf(event) != Code.NODEEXISTS) {
                checked(event);
              }
            });
  }

  /** What was written may not be what is wanted by now. */
  private CompletionStage<@Nullable Void> putRight(String path, ServiceInstance written) {
    ServiceInstance now = wanted.get(path);
    return now == null
        ? delete(path)
        : now.equals(written) ? CompletableFuture.completedFuture(null) : write(path, now);
  }

  private CompletionStage<@Nullable Void> delete(String path) {
    return ask(callback -> client.delete().guaranteed().inBackground(callback).forPath(path))
        .thenAccept(
            event -> {
              if (codeOf(event) != Code.NONODE) {
                checked(event);
              }
            });
  }

  private CompletionStage<List<ServiceInstance>> read(
      String service, String parent, List<String> children) {
    List<CompletableFuture<CuratorEvent>> all = new ArrayList<>();
    for (String child : children) {
      String path = parent + "/" + child;
      all.add(ask(callback -> client.getData().inBackground(callback).forPath(path)));
    }
    return CompletableFuture.allOf(all.toArray(new CompletableFuture<?>[0]))
        .thenApply(
            nothing -> {
              List<ServiceInstance> instances = new ArrayList<>();
              for (CompletableFuture<CuratorEvent> one : all) {
                CuratorEvent event = one.join();
                if (codeOf(event) != Code.NONODE) {
                  add(instances, service, checked(event));
                }
              }
              return instances;
            });
  }

  /** Others write here, too. What cannot be read is nobody to call. */
  private static void add(List<ServiceInstance> instances, String service, CuratorEvent event) {
    try {
      instances.add(Description.read(service, event.getData()));
    } catch (IllegalArgumentException malformed) {
      LOG.log(Level.WARNING, () -> event.getPath() + " is ignored: " + malformed.getMessage());
    }
  }

  private long session() {
    try {
      return client.getZookeeperClient().getZooKeeper().getSessionId();
    } catch (Exception away) {
      throw new IllegalStateException("no session", away);
    }
  }

  private String path(ServiceInstance instance) {
    return root + "/" + instance.service() + "/" + instance.id();
  }

  private static CompletableFuture<CuratorEvent> ask(Question question) {
    CompletableFuture<CuratorEvent> answer = new CompletableFuture<>();
    try {
      question.ask((curator, event) -> answer.complete(event));
    } catch (Exception refused) {
      answer.completeExceptionally(refused);
    }
    return answer;
  }

  private static Code codeOf(CuratorEvent event) {
    return Code.get(event.getResultCode());
  }

  private static CuratorEvent checked(CuratorEvent event) {
    Code code = codeOf(event);
    if (code != Code.OK) {
      throw new IllegalStateException(
          "ZooKeeper says " + code, KeeperException.create(code, event.getPath()));
    }
    return event;
  }

  /** What Curator does in the background. */
  @FunctionalInterface
  private interface Question {
    void ask(BackgroundCallback callback) throws Exception;
  }

  @Override
  public String toString() {
    return "ZooKeeper at " + root;
  }
}
