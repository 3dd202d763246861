package dev.resilience.zookeeper;

import static java.time.Duration.ofMillis;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.resilience.context.CancellableContext;
import dev.resilience.context.Context;
import dev.resilience.discovery.registry.InstanceTakenException;
import dev.resilience.discovery.registry.Lease;
import dev.resilience.discovery.registry.ServiceInstance;
import dev.resilience.discovery.registry.ServiceRegistry;
import java.util.List;
import org.apache.curator.test.TestingServer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Two processes that say they are the same instance. */
class TwoProcessesTest {

  private static final ServiceInstance A = ServiceInstance.of("orders", "10.0.0.1", 8080);

  private final Context ctx = Context.background();
  private TestingServer server;
  private Connection earlier;
  private Connection later;
  private Connection caller;

  @BeforeEach
  void connect() throws Exception {
    server = new TestingServer();
    earlier = new Connection(server.getConnectString(), Connection.LONG_SESSION_MILLIS);
    later = new Connection(server.getConnectString(), Connection.LONG_SESSION_MILLIS);
    caller = new Connection(server.getConnectString(), Connection.LONG_SESSION_MILLIS);
    for (Connection connection : List.of(earlier, later, caller)) {
      connection.connected();
    }
    earlier.put(A);
    later.put(A);
  }

  @AfterEach
  void disconnect() throws Exception {
    earlier.close();
    later.close();
    caller.close();
    server.close();
  }

  private List<ServiceInstance> listed() throws Exception {
    return caller.store().list(ctx, "orders").toCompletableFuture().get();
  }

  @Test
  void the_one_that_came_later_keeps_the_node() throws Exception {
    assertThatThrownBy(() -> earlier.put(A)).hasCauseInstanceOf(InstanceTakenException.class);
    later.put(A);
    assertThatThrownBy(() -> earlier.put(A)).hasCauseInstanceOf(InstanceTakenException.class);

    assertThat(caller.stat(A).getEphemeralOwner()).isEqualTo(later.session());
  }

  @Test
  void the_other_is_back_before_the_one_that_leaves_has_gone() throws Exception {
    later.put(A.asDraining());
    Await.until(() -> assertThat(caller.stat(A).getEphemeralOwner()).isEqualTo(earlier.session()));
    assertThat(listed()).containsExactly(A);

    later.remove(A);
    assertThat(listed()).containsExactly(A);
  }

  @Test
  void the_other_is_back_at_once_when_the_one_is_gone_without_a_word() throws Exception {
    later.close();
    // Without a renewal: the node is watched.
    Await.until(() -> assertThat(caller.stat(A).getEphemeralOwner()).isEqualTo(earlier.session()));
  }

  @Test
  void the_one_that_leaves_first_takes_nobody_out() throws Exception {
    earlier.put(A.asDraining());
    earlier.remove(A);
    assertThat(listed()).containsExactly(A);
    assertThat(caller.stat(A).getEphemeralOwner()).isEqualTo(later.session());
  }

  @Test
  void a_lease_tells_that_its_id_is_taken() throws Exception {
    try (CancellableContext owner = ctx.withCancel()) {
      ServiceRegistry registry =
          ServiceRegistry.builder(earlier.afterARestart()).leaseTime(ofMillis(300)).open(owner);
      Lease lease = registry.register(owner, A);
      Await.until(() -> assertThat(lease.state()).isEqualTo(Lease.State.HELD));

      later.afterARestart().put(ctx, A, ofMillis(300)).toCompletableFuture().get();
      Await.until(() -> assertThat(lease.state()).isEqualTo(Lease.State.TAKEN));
      assertThat(lease.problem()).get().isInstanceOf(InstanceTakenException.class);

      later.close();
      Await.until(() -> assertThat(lease.state()).isEqualTo(Lease.State.HELD));
      assertThat(lease.problem()).isEmpty();
    }
  }
}
