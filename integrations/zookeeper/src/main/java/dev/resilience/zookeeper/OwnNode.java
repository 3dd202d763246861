package dev.resilience.zookeeper;

import dev.resilience.discovery.registry.InstanceTakenException;
import dev.resilience.discovery.registry.ServiceInstance;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.apache.zookeeper.WatchedEvent;
import org.apache.zookeeper.Watcher;
import org.apache.zookeeper.Watcher.Event.EventType;
import org.jspecify.annotations.Nullable;

/**
 * The node of an instance that is registered through this store. What stands there is compared with
 * what is wanted, and put right: when it is renewed, when there is a new session, and when the node
 * changes. An answer may come after nobody waits for it any more, or never; what counts is what
 * stands there.
 *
 * <p>A session owns the node. A node that an earlier session has left behind is taken over, also
 * the one of an earlier process: but only until this one has held it. From then on a node of
 * another session is that of another process with the same id, which came later, and stays. When
 * that one leaves, this one puts its own back at once.
 */
final class OwnNode implements Watcher {

  private static final int LOOKS = 5;

  private final Nodes nodes;
  private final String path;

  /** Empty: no node should be there, and one might. */
  private volatile Optional<ServiceInstance> wanted = Optional.empty();

  private volatile boolean held;

  OwnNode(Nodes nodes, String path) {
    this.nodes = nodes;
    this.path = path;
  }

  void wants(Optional<ServiceInstance> what) {
    wanted = what;
  }

  boolean isWanted() {
    return wanted.isPresent();
  }

  /** Until what was done is what is wanted at the end. */
  CompletionStage<@Nullable Void> bringAbout() {
    Optional<ServiceInstance> what = wanted;
    return look(what, 1)
        .thenCompose(
            nothing ->
                what.equals(wanted) ? CompletableFuture.completedFuture(null) : bringAbout());
  }

  @Override
  public void process(WatchedEvent event) {
    if (event.getType() != EventType.None && wanted.isPresent()) {
      try {
        bringAbout().exceptionally(unheard -> null);
      } catch (Throwable closed) {
        // The next renewal tries again.
      }
    }
  }

  /** Looks what is there and changes it, until nothing is to be changed. */
  private CompletionStage<@Nullable Void> look(Optional<ServiceInstance> what, int times) {
    return nodes
        .read(path, this)
        .thenCompose(there -> what.isPresent() ? write(there, what.get()) : takeOut(there))
        .thenCompose(
            isRight -> {
              if (isRight) {
                return CompletableFuture.completedFuture(null);
              }
              if (times == LOOKS) {
                throw new IllegalStateException(path + ": somebody else writes there, too");
              }
              return look(what, times + 1);
            });
  }

  /** Completes with whether nothing had to be changed. */
  private CompletionStage<Boolean> write(Optional<Nodes.Node> there, ServiceInstance instance) {
    String text = Description.of(instance);
    if (there.isEmpty()) {
      return nodes.create(path, text).thenApply(this::isHeldNow);
    }
    Nodes.Node node = there.get();
    if (nodes.isOurs(node)) {
      held = true;
      return text.equals(node.text())
          ? CompletableFuture.completedFuture(true)
          : nodes.write(path, text, node.version()).thenApply(done -> false);
    }
    if (!Nodes.isVisible(node.stat())) {
      throw new IllegalStateException(path + ": there is a node that may not be read");
    }
    if (instance.isDraining()) {
      // One who leaves lets it go.
      return CompletableFuture.completedFuture(true);
    }
    if (held && !nodes.wasOurs(node) && !Description.isDraining(node.text())) {
      throw new InstanceTakenException(
          instance
              + ": another process has registered the same id (session 0x"
              + Long.toHexString(node.stat().getEphemeralOwner())
              + ")");
    }
    return nodes.takeOver(path, text, node.version()).thenApply(this::isHeldNow);
  }

  private boolean isHeldNow(boolean done) {
    held |= done;
    // Once more, so that the node is watched.
    return false;
  }

  private CompletionStage<Boolean> takeOut(Optional<Nodes.Node> there) {
    return there.isPresent() && nodes.isOurs(there.get())
        ? nodes.delete(path, there.get().version()).thenApply(done -> false)
        : CompletableFuture.completedFuture(true);
  }
}
