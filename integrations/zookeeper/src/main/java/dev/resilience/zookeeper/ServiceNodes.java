package dev.resilience.zookeeper;

import dev.resilience.discovery.registry.ServiceInstance;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.apache.zookeeper.data.Stat;
import org.jspecify.annotations.Nullable;

/**
 * Reads the nodes of one service. Others write there, too: a node that is no instance, or that may
 * not be read, is one instance less, and never a reason to have none.
 *
 * <p>What was read of a node is remembered with its version, so that the data of a node is read
 * once, and what is wrong with it is logged once.
 */
final class ServiceNodes {

  private static final Logger LOG = System.getLogger(ZooKeeperStore.class.getName());

  private final Nodes nodes;
  private final String service;
  private final String parent;
  private volatile Map<String, Known> known = Map.of();

  ServiceNodes(Nodes nodes, String service, String parent) {
    this.nodes = nodes;
    this.service = service;
    this.parent = parent;
  }

  /**
   * What one version of a node says.
   *
   * @param instance null: it is none
   */
  private record Known(long created, int version, int rights, @Nullable ServiceInstance instance) {

    boolean isOf(Stat stat) {
      return created == stat.getCzxid()
          && version == stat.getVersion()
          && rights == stat.getAversion();
    }
  }

  /** How many nodes were ignored at the last reading. */
  int ignored() {
    return (int) known.values().stream().filter(one -> one.instance == null).count();
  }

  CompletionStage<List<ServiceInstance>> read(List<String> children) {
    Map<String, Known> before = known;
    List<CompletableFuture<Optional<Known>>> all = new ArrayList<>(children.size());
    for (String child : children) {
      all.add(read(child, before.get(child)).toCompletableFuture());
    }
    return CompletableFuture.allOf(all.toArray(new CompletableFuture<?>[0]))
        .thenApply(
            nothing -> {
              Map<String, Known> now = new HashMap<>();
              List<ServiceInstance> instances = new ArrayList<>(children.size());
              for (int i = 0; i < children.size(); i++) {
                String child = children.get(i);
                all.get(i)
                    .join()
                    .ifPresent(
                        one -> {
                          now.put(child, one);
                          if (one.instance != null) {
                            instances.add(one.instance);
                          }
                        });
              }
              known = now;
              return instances;
            });
  }

  private CompletionStage<Optional<Known>> read(String child, @Nullable Known before) {
    String path = parent + "/" + child;
    return nodes
        .stat(path)
        .thenCompose(
            stat -> {
              if (stat.isEmpty() || (before != null && before.isOf(stat.get()))) {
                return CompletableFuture.completedFuture(stat.map(same -> before));
              }
              if (!Nodes.isVisible(stat.get())) {
                return CompletableFuture.completedFuture(
                    Optional.of(ignored(child, stat.get(), "it may not be read")));
              }
              if (stat.get().getDataLength() > Description.LONGEST) {
                return CompletableFuture.completedFuture(
                    Optional.of(ignored(child, stat.get(), "it is too large to be an instance")));
              }
              return nodes.read(path).thenApply(node -> node.map(it -> knownFrom(child, it)));
            });
  }

  private Known knownFrom(String child, Nodes.Node node) {
    String text = node.text();
    if (text == null || text.isEmpty()) {
      return ignored(child, node.stat(), "it has no data, or may not be read");
    }
    try {
      ServiceInstance instance = Description.read(service, text);
      if (!instance.id().equals(child)) {
        return ignored(child, node.stat(), "it describes " + instance.id());
      }
      return known(node.stat(), instance);
    } catch (IllegalArgumentException malformed) {
      return ignored(child, node.stat(), malformed.getMessage());
    }
  }

  private Known ignored(String child, Stat stat, @Nullable String why) {
    LOG.log(
        Level.WARNING,
        "the node "
            + Description.shown(parent + "/" + child)
            + " is ignored: "
            + Description.shown(String.valueOf(why)));
    return known(stat, null);
  }

  private static Known known(Stat stat, @Nullable ServiceInstance instance) {
    return new Known(stat.getCzxid(), stat.getVersion(), stat.getAversion(), instance);
  }
}
