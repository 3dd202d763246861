package dev.resilience.zookeeper;

import dev.resilience.context.Registration;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.state.ConnectionState;
import org.apache.curator.framework.state.ConnectionStateListener;
import org.apache.zookeeper.AddWatchMode;
import org.apache.zookeeper.WatchedEvent;
import org.apache.zookeeper.Watcher;

/**
 * Tells that there may be news below a path. The loss of the connection is news, too: who asks then
 * learns at once that there is no answer. A watch does not outlive its session, so each new
 * connection gets it again.
 */
final class Hints implements Watcher, ConnectionStateListener, Registration {

  private final CuratorFramework client;
  private final String path;
  private final Runnable hint;
  private final AtomicBoolean open = new AtomicBoolean(true);

  Hints(CuratorFramework client, String path, Runnable hint) {
    this.client = client;
    this.path = path;
    this.hint = hint;
  }

  void open() {
    client.getConnectionStateListenable().addListener(this);
    watch();
  }

  @Override
  public void process(WatchedEvent event) {
    run();
  }

  @Override
  public void stateChanged(CuratorFramework curator, ConnectionState state) {
    if (state.isConnected()) {
      watch();
    }
    run();
  }

  private void run() {
    if (open.get()) {
      hint.run();
    }
  }

  /** A watch that cannot be set is made up for by asking from time to time. */
  private void watch() {
    quietly(
        () ->
            client
                .watchers()
                .add()
                .withMode(AddWatchMode.PERSISTENT_RECURSIVE)
                .inBackground((curator, event) -> unwatchIfClosed())
                .usingWatcher(this)
                .forPath(path));
  }

  private void unwatchIfClosed() {
    if (!open.get()) {
      quietly(() -> client.watchers().remove(this).quietly().inBackground().forPath(path));
    }
  }

  @Override
  public boolean withdraw() {
    boolean first = open.compareAndSet(true, false);
    client.getConnectionStateListenable().removeListener(this);
    unwatchIfClosed();
    return first;
  }

  private static void quietly(Action action) {
    try {
      action.run();
    } catch (Exception closed) {
      // The client has ended, and with it its watches.
    }
  }

  private interface Action {
    void run() throws Exception;
  }
}
