package dev.resilience.zookeeper;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentLinkedDeque;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.api.BackgroundCallback;
import org.apache.curator.framework.api.CuratorEvent;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.KeeperException;
import org.apache.zookeeper.KeeperException.Code;
import org.apache.zookeeper.Watcher;
import org.apache.zookeeper.data.Stat;
import org.jspecify.annotations.Nullable;

/**
 * Ephemeral nodes that hold text, read and changed in the background. A change tells whether it
 * found things as it expected them; where somebody was faster it did nothing.
 */
final class Nodes {

  /** Sessions are few: a node of an older one has long expired. */
  private static final int SESSIONS = 16;

  private final CuratorFramework client;

  /** Under which this client has written, the newest first. */
  private final Deque<Long> sessions = new ConcurrentLinkedDeque<>();

  Nodes(CuratorFramework client) {
    this.client = client;
  }

  /**
   * What stands at a path.
   *
   * @param text null: it has no data, or may not be read
   */
  record Node(@Nullable String text, Stat stat) {

    static Node of(CuratorEvent event) {
      byte @Nullable [] data = event.getData();
      return new Node(data == null ? null : new String(data, UTF_8), event.getStat());
    }

    int version() {
      return stat.getVersion();
    }
  }

  /** Without its data, so it is small however large the node is. */
  CompletionStage<Optional<Stat>> stat(String path) {
    return ask(callback -> client.checkExists().inBackground(callback).forPath(path))
        .thenApply(
            event ->
                switch (codeOf(event)) {
                  case NONODE -> Optional.empty();
                  case NOAUTH -> Optional.of(new Stat());
                  default -> Optional.of(checked(event).getStat());
                });
  }

  /** Whether a node may be seen at all: a real one was created by some transaction. */
  static boolean isVisible(Stat stat) {
    return stat.getCzxid() != 0;
  }

  /** Empty: there is none. */
  CompletionStage<Optional<Node>> read(String path) {
    return read(path, ask(callback -> client.getData().inBackground(callback).forPath(path)));
  }

  /** The same; the watcher is called once, when the node changes or goes. */
  CompletionStage<Optional<Node>> read(String path, Watcher watcher) {
    return read(
        path,
        ask(
            callback ->
                client.getData().usingWatcher(watcher).inBackground(callback).forPath(path)));
  }

  private CompletionStage<Optional<Node>> read(
      String path, CompletableFuture<CuratorEvent> answer) {
    return answer.thenCompose(
        event ->
            switch (codeOf(event)) {
              case NONODE -> CompletableFuture.completedFuture(Optional.empty());
              case NOAUTH -> stat(path).thenApply(stat -> stat.map(it -> new Node(null, it)));
              default -> CompletableFuture.completedFuture(Optional.of(Node.of(checked(event))));
            });
  }

  /** The names of those below a path; empty where there is no such path. */
  CompletionStage<List<String>> children(String path) {
    return ask(callback -> client.getChildren().inBackground(callback).forPath(path))
        .thenApply(
            event ->
                codeOf(event) == Code.NONODE
                    ? List.of()
                    : List.copyOf(checked(event).getChildren()));
  }

  CompletionStage<Boolean> create(String path, String text) {
    return changed(
        callback ->
            client
                .create()
                .creatingParentContainersIfNeeded()
                .withMode(CreateMode.EPHEMERAL)
                .inBackground(callback)
                .forPath(path, text.getBytes(UTF_8)));
  }

  CompletionStage<Boolean> write(String path, String text, int version) {
    return changed(
        callback ->
            client
                .setData()
                .withVersion(version)
                .inBackground(callback)
                .forPath(path, text.getBytes(UTF_8)));
  }

  /** Makes the node one of this session, in one step: nobody ever finds it missing. */
  CompletionStage<Boolean> takeOver(String path, String text, int version) {
    return changed(
        callback ->
            client
                .transaction()
                .inBackground(callback)
                .forOperations(
                    client.transactionOp().delete().withVersion(version).forPath(path),
                    client
                        .transactionOp()
                        .create()
                        .withMode(CreateMode.EPHEMERAL)
                        .forPath(path, text.getBytes(UTF_8))));
  }

  CompletionStage<Boolean> delete(String path, int version) {
    return changed(
        callback -> client.delete().withVersion(version).inBackground(callback).forPath(path));
  }

  /** Whether a node goes with the session that there is now. */
  boolean isOurs(Node node) {
    return node.stat().getEphemeralOwner() == session();
  }

  /** Whether a node was written under an earlier session of this client. */
  boolean wasOurs(Node node) {
    return sessions.contains(node.stat().getEphemeralOwner());
  }

  private long session() {
    try {
      return client.getZookeeperClient().getZooKeeper().getSessionId();
    } catch (Exception away) {
      throw new IllegalStateException("no session", away);
    }
  }

  private CompletionStage<Boolean> changed(Question change) {
    remember(session());
    return ask(change)
        .thenApply(
            event ->
                switch (codeOf(event)) {
                  case NONODE, NODEEXISTS, BADVERSION -> false;
                  default -> {
                    checked(event);
                    yield true;
                  }
                });
  }

  private void remember(long session) {
    if (session != 0 && !sessions.contains(session)) {
      sessions.addFirst(session);
      if (sessions.size() > SESSIONS) {
        sessions.pollLast();
      }
    }
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
}
