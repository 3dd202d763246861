package dev.resilience.zookeeper;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.api.BackgroundCallback;
import org.apache.curator.framework.api.CuratorEvent;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.KeeperException;
import org.apache.zookeeper.KeeperException.Code;

/**
 * Ephemeral nodes that hold text, asked for and changed in the background. A change says whether it
 * found things as it expected them; where somebody was faster it did nothing.
 */
final class Nodes {

  private final CuratorFramework client;

  Nodes(CuratorFramework client) {
    this.client = client;
  }

  /**
   * What stands at a path.
   *
   * @param owner the session with which it goes
   */
  record Node(String text, int version, long owner) {}

  CompletionStage<Optional<Node>> read(String path) {
    return ask(callback -> client.getData().inBackground(callback).forPath(path))
        .thenApply(
            event ->
                codeOf(event) == Code.NONODE
                    ? Optional.empty()
                    : Optional.of(
                        new Node(
                            new String(checked(event).getData(), UTF_8),
                            event.getStat().getVersion(),
                            event.getStat().getEphemeralOwner())));
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
    return done(
        ask(
            callback ->
                client
                    .create()
                    .creatingParentContainersIfNeeded()
                    .withMode(CreateMode.EPHEMERAL)
                    .inBackground(callback)
                    .forPath(path, text.getBytes(UTF_8))));
  }

  CompletionStage<Boolean> write(String path, String text, int version) {
    return done(
        ask(
            callback ->
                client
                    .setData()
                    .withVersion(version)
                    .inBackground(callback)
                    .forPath(path, text.getBytes(UTF_8))));
  }

  /** Makes the node one of this session, in one step: nobody ever finds it missing. */
  CompletionStage<Boolean> takeOver(String path, String text, int version) {
    return done(
        ask(
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
                            .forPath(path, text.getBytes(UTF_8)))));
  }

  CompletionStage<Boolean> delete(String path, int version) {
    return done(
        ask(callback -> client.delete().withVersion(version).inBackground(callback).forPath(path)));
  }

  /** Whether a node goes with the session that there is now. */
  boolean isOurs(Node node) {
    try {
      return node.owner() == client.getZookeeperClient().getZooKeeper().getSessionId();
    } catch (Exception away) {
      throw new IllegalStateException("no session", away);
    }
  }

  private static CompletionStage<Boolean> done(CompletionStage<CuratorEvent> answer) {
    return answer.thenApply(
        event ->
            switch (codeOf(event)) {
              case NONODE, NODEEXISTS, BADVERSION -> false;
              default -> {
                checked(event);
                yield true;
              }
            });
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
