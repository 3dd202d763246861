package dev.resilience.zookeeper;

import static org.assertj.core.api.Assertions.assertThat;

import dev.resilience.context.Context;
import dev.resilience.context.Registration;
import dev.resilience.discovery.registry.ServiceInstance;
import java.io.File;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.curator.test.InstanceSpec;
import org.apache.curator.test.TestingServer;
import org.apache.zookeeper.WatchedEvent;
import org.apache.zookeeper.Watcher.Event.KeeperState;
import org.apache.zookeeper.ZooKeeper;
import org.apache.zookeeper.data.Stat;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

class ZooKeeperStoreTest {

  private static final ServiceInstance A = ServiceInstance.of("orders", "10.0.0.1", 8080);
  private static final Duration LEASE = Duration.ofSeconds(30);

  private final Context ctx = Context.background();
  private TestingServer server;
  private Connection mine;
  private Connection theirs;

  @BeforeEach
  void connect() throws Exception {
    int tick = Connection.SESSION_MILLIS / 4;
    server = new TestingServer(new InstanceSpec((File) null, -1, -1, -1, true, -1, tick, -1), true);
    mine = new Connection(server.getConnectString());
    theirs = new Connection(server.getConnectString());
    mine.connected();
    theirs.connected();
  }

  @AfterEach
  void disconnect() throws Exception {
    mine.close();
    theirs.close();
    server.close();
  }

  private List<ServiceInstance> listed() throws Exception {
    return theirs.store().list(ctx, "orders").toCompletableFuture().get();
  }

  @Nested
  class A_renewal {

    @Test
    void writes_nothing_where_all_is_as_it_should_be() throws Exception {
      mine.put(A);
      Stat before = mine.stat(A);
      for (int i = 0; i < 5; i++) {
        mine.put(A);
      }
      assertThat(mine.stat(A)).isEqualTo(before);
    }

    @Test
    void writes_what_has_changed() throws Exception {
      mine.put(A);
      mine.put(A.withWeight(7));
      assertThat(listed()).containsExactly(A.withWeight(7));
      assertThat(mine.stat(A).getVersion()).isEqualTo(1);
    }

    @Test
    void puts_back_what_somebody_has_taken_away() throws Exception {
      mine.put(A);
      theirs.curator.delete().forPath(Connection.path(A));
      mine.put(A);
      assertThat(listed()).containsExactly(A);
    }
  }

  @Nested
  class A_node_of_an_earlier_session {

    @Test
    void is_replaced_by_one_that_goes_with_the_new_session() throws Exception {
      theirs.put(A.withWeight(3));
      mine.put(A);
      assertThat(mine.stat(A).getEphemeralOwner()).isEqualTo(mine.session());
      assertThat(listed()).containsExactly(A);
    }

    @Test
    void is_never_found_missing_while_it_is_replaced() throws Exception {
      theirs.put(A);
      CompletableFuture<Void> replacing =
          CompletableFuture.runAsync(
              () -> {
                try {
                  for (int i = 0; i < 100; i++) {
                    // A store of its own each time, as a process has that was started again.
                    (i % 2 == 0 ? mine : theirs)
                        .afterARestart()
                        .put(ctx, A, LEASE)
                        .toCompletableFuture()
                        .get();
                  }
                } catch (Exception failed) {
                  throw new AssertionError(failed);
                }
              });
      int looks = 0;
      while (!replacing.isDone() || looks == 0) {
        assertThat(listed()).containsExactly(A);
        looks++;
      }
      replacing.get();
    }

    @Test
    void is_left_to_itself_by_who_leaves() throws Exception {
      theirs.put(A);
      mine.put(A);

      theirs.put(A.asDraining());
      theirs.remove(A);

      assertThat(listed()).containsExactly(A);
      assertThat(mine.stat(A).getEphemeralOwner()).isEqualTo(mine.session());
    }
  }

  @Nested
  class When_the_server_is_away {

    @Test
    void a_removal_is_made_up_for_after_its_return() throws Exception {
      try (Connection lasting =
          new Connection(server.getConnectString(), Connection.LONG_SESSION_MILLIS)) {
        lasting.connected();
        lasting.put(A);
        long session = lasting.session();
        server.stop();
        CompletableFuture<?> removal = lasting.store().remove(ctx, A).toCompletableFuture();
        Await.until(() -> assertThat(removal).isCompletedExceptionally());
        server.restart();
        Await.until(() -> assertThat(listed()).isEmpty());
        assertThat(lasting.session()).isEqualTo(session);
      }
    }

    @Test
    void what_was_wanted_last_counts() throws Exception {
      mine.put(A);
      server.stop();
      mine.store().remove(ctx, A);
      mine.store().put(ctx, A.withWeight(2), LEASE);
      mine.store().remove(ctx, A);
      mine.store().put(ctx, A.withWeight(3), LEASE);
      server.restart();
      Await.until(() -> assertThat(listed()).containsExactly(A.withWeight(3)));
      Await.until(() -> assertThat(mine.stat(A).getEphemeralOwner()).isEqualTo(mine.session()));
    }

    @Test
    void those_who_watch_are_told_when_it_goes_and_when_it_is_back() throws Exception {
      AtomicInteger hints = new AtomicInteger();
      mine.store().onChange("orders", hints::incrementAndGet);
      server.stop();
      Await.until(() -> assertThat(hints).hasPositiveValue());
      // A watch that stands is heard of when somebody comes.
      server.restart();
      mine.connected();
      theirs.connected();
      Await.until(() -> theirs.put(A));
      hints.set(0);
      theirs.put(A.withWeight(2));
      Await.until(() -> assertThat(hints).hasPositiveValue());
    }
  }

  @Nested
  class A_session_that_the_server_has_ended {

    @Test
    void gives_its_registrations_to_the_next_one() throws Exception {
      mine.put(A);
      long before = mine.session();
      endSession(mine);
      Await.until(() -> assertThat(mine.session()).isNotIn(0L, before));
      Await.until(() -> assertThat(mine.stat(A).getEphemeralOwner()).isEqualTo(mine.session()));
    }

    @Test
    void goes_on_being_watched() throws Exception {
      AtomicInteger hints = new AtomicInteger();
      mine.store().onChange("orders", hints::incrementAndGet);
      long before = mine.session();
      endSession(mine);
      Await.until(() -> assertThat(mine.session()).isNotIn(0L, before));
      Await.until(
          () -> {
            hints.set(0);
            theirs.put(A);
            theirs.remove(A);
            assertThat(hints).hasPositiveValue();
          });
    }

    /** Whoever has its number and password can close it. */
    private void endSession(Connection connection) throws Exception {
      ZooKeeper session = connection.curator.getZookeeperClient().getZooKeeper();
      CountDownLatch connected = new CountDownLatch(1);
      try (ZooKeeper same =
          new ZooKeeper(
              server.getConnectString(),
              Connection.SESSION_MILLIS,
              (WatchedEvent event) -> {
                if (event.getState() == KeeperState.SyncConnected) {
                  connected.countDown();
                }
              },
              session.getSessionId(),
              session.getSessionPasswd())) {
        assertThat(connected.await(30, TimeUnit.SECONDS)).isTrue();
      }
    }
  }

  @Nested
  class A_withdrawn_watch {

    @Test
    void hears_nothing_more() throws Exception {
      AtomicInteger hints = new AtomicInteger();
      AtomicInteger control = new AtomicInteger();
      Registration watch = mine.store().onChange("orders", hints::incrementAndGet);
      mine.store().onChange("orders", control::incrementAndGet);
      Await.until(
          () -> {
            theirs.put(A);
            theirs.remove(A);
            assertThat(hints).hasPositiveValue();
          });

      assertThat(watch.withdraw()).isTrue();
      assertThat(watch.withdraw()).isFalse();
      hints.set(0);
      control.set(0);
      theirs.put(A);

      Await.until(() -> assertThat(control).hasPositiveValue());
      assertThat(hints).hasValue(0);
    }
  }
}
