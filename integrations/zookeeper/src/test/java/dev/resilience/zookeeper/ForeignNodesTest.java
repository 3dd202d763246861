package dev.resilience.zookeeper;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.resilience.context.Context;
import dev.resilience.discovery.registry.ServiceInstance;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.stream.Stream;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.test.TestingServer;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.ZooDefs.Perms;
import org.apache.zookeeper.ZooKeeper;
import org.apache.zookeeper.data.ACL;
import org.apache.zookeeper.data.Id;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Others write below a service, too: whatever it is, no living instance is lost. */
class ForeignNodesTest {

  private static final ServiceInstance A = ServiceInstance.of("orders", "10.0.0.1", 8080);
  private static final ServiceInstance B = ServiceInstance.of("orders", "10.0.0.2", 8080);
  private static final ServiceInstance C = ServiceInstance.of("orders", "10.0.0.3", 8080);
  private static final String PARENT = Connection.ROOT + "/orders/";
  private static final Logger LOG = Logger.getLogger(ZooKeeperStore.class.getName());

  private static TestingServer server;

  private final Context ctx = Context.background();
  private final List<String> logged = new CopyOnWriteArrayList<>();
  private final Handler handler =
      new Handler() {
        @Override
        public void publish(LogRecord entry) {
          logged.add(String.valueOf(entry.getMessage()));
        }

        @Override
        public void flush() {}

        @Override
        public void close() {}
      };
  private Connection ours;
  private ZooKeeper raw;

  @BeforeAll
  static void start() throws Exception {
    server = new TestingServer();
  }

  @AfterAll
  static void stop() throws Exception {
    server.close();
  }

  @BeforeEach
  void register() throws Exception {
    ours = new Connection(server.getConnectString(), Connection.LONG_SESSION_MILLIS);
    ours.connected();
    CuratorFramework curator = ours.curator;
    raw = curator.getZookeeperClient().getZooKeeper();
    ours.put(A);
    ours.put(B);
    LOG.addHandler(handler);
  }

  @AfterEach
  void removeAll() throws Exception {
    LOG.removeHandler(handler);
    for (ServiceInstance registered : List.of(A, B, C)) {
      ours.remove(registered);
    }
    ours.curator.delete().deletingChildrenIfNeeded().forPath(Connection.ROOT + "/orders");
    ours.close();
  }

  private List<ServiceInstance> listed() throws Exception {
    return new ArrayList<>(ours.store().list(ctx, "orders").toCompletableFuture().get());
  }

  private void write(String name, byte @Nullable [] data) throws Exception {
    raw.create(PARENT + name, data, rights("world", "anyone"), CreateMode.PERSISTENT);
  }

  /** All of them for one; ZooKeeper changes the list. */
  private static List<ACL> rights(String scheme, String who) {
    return new ArrayList<>(List.of(new ACL(Perms.ALL, new Id(scheme, who))));
  }

  static Stream<Arguments> nonsense() {
    return Stream.of(
        Arguments.of("none at all", null),
        Arguments.of("empty", new byte[0]),
        Arguments.of("text", "garbage".getBytes(UTF_8)),
        Arguments.of("no text", new byte[] {(byte) 0xFF, 0, (byte) 0xC0, 1}),
        Arguments.of("json of Curator", "{\"name\":\"orders\",\"port\":8080}".getBytes(UTF_8)),
        Arguments.of("900 kB", new byte[900_000]),
        Arguments.of("a newer version", "2\n10.0.0.9\n8080\n10\n\n".getBytes(UTF_8)),
        Arguments.of("another's id", "1\n10.0.0.1\n8080\n10\n\ndraining".getBytes(UTF_8)),
        Arguments.of("a port too large", "1\n10.0.0.9\n99999999999\n10\n\n".getBytes(UTF_8)),
        Arguments.of("no weight", "1\n10.0.0.9\n8080\n0\n\n".getBytes(UTF_8)),
        Arguments.of("a host with a space", "1\n10.0 .9\n8080\n10\n\n".getBytes(UTF_8)),
        Arguments.of("metadata without a key", "1\n10.0.0.9\n8080\n10\n\n\n=x".getBytes(UTF_8)),
        Arguments.of("metadata without a value", "1\n10.0.0.9\n8080\n10\n\n\nx".getBytes(UTF_8)));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("nonsense")
  void a_node_that_is_no_instance_is_ignored_and_counted(String what, byte @Nullable [] data)
      throws Exception {
    write("10.0.0.9:8080", data);

    assertThat(listed()).as(what).containsExactlyInAnyOrder(A, B);
    assertThat(ours.store().ignoredNodes("orders")).isEqualTo(1);
    assertThat(logged).hasSize(1);

    ours.curator.delete().forPath(PARENT + "10.0.0.9:8080");
    assertThat(listed()).containsExactlyInAnyOrder(A, B);
    assertThat(ours.store().ignoredNodes("orders")).isZero();
  }

  @Test
  void a_node_that_may_not_be_read_is_ignored() throws Exception {
    raw.create(
        PARENT + "secret",
        "x".getBytes(UTF_8),
        rights("digest", "bob:Dc3r7vQQGdOYKsTXNzB2tVDXnAI="),
        CreateMode.PERSISTENT);

    assertThat(listed()).containsExactlyInAnyOrder(A, B);
    assertThat(ours.store().ignoredNodes("orders")).isEqualTo(1);
    // The right to do so is the folder's.
    raw.delete(PARENT + "secret", -1);
  }

  @Test
  void a_folder_is_ignored_with_all_that_is_in_it() throws Exception {
    write("folder", null);
    write("folder/sub", "1\n10.0.0.9\n8080\n10\n\n".getBytes(UTF_8));

    assertThat(listed()).containsExactlyInAnyOrder(A, B);
  }

  @Test
  void is_logged_once_for_each_version_in_one_short_line() throws Exception {
    String hostile = "1\n10.0.0.9\n80\r[ERROR] admin logged in\u001b[2J" + "x".repeat(50_000);
    write("odd", (hostile + "\n10\n\n").getBytes(UTF_8));
    for (int i = 0; i < 10; i++) {
      assertThat(listed()).containsExactlyInAnyOrder(A, B);
    }
    assertThat(logged).hasSize(1);
    assertThat(logged.get(0))
        .hasSizeLessThan(400)
        .matches(line -> line.chars().noneMatch(Character::isISOControl));

    raw.setData(PARENT + "odd", "1\nstill odd".getBytes(UTF_8), -1);
    for (int i = 0; i < 10; i++) {
      listed();
    }
    assertThat(logged).hasSize(2);
  }

  @Test
  void a_node_that_becomes_an_instance_is_one() throws Exception {
    write(C.id(), null);
    assertThat(listed()).containsExactlyInAnyOrder(A, B);

    raw.setData(PARENT + C.id(), Description.of(C).getBytes(UTF_8), -1);
    assertThat(listed()).containsExactlyInAnyOrder(A, B, C);

    raw.setData(PARENT + C.id(), Description.of(C.withWeight(3)).getBytes(UTF_8), -1);
    assertThat(listed()).containsExactlyInAnyOrder(A, B, C.withWeight(3));
  }

  @Test
  void an_instance_registers_over_a_node_without_data() throws Exception {
    write(C.id(), null);

    ours.put(C);

    assertThat(listed()).containsExactlyInAnyOrder(A, B, C);
    assertThat(ours.stat(C).getEphemeralOwner()).isEqualTo(ours.session());
  }
}
