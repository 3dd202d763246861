package dev.resilience.zookeeper;

import static org.assertj.core.api.Assertions.assertThat;

import dev.resilience.context.CancellableContext;
import dev.resilience.context.Context;
import dev.resilience.context.ContextException;
import dev.resilience.discovery.client.ServiceClient;
import dev.resilience.discovery.registry.Lease;
import dev.resilience.discovery.registry.ServiceInstance;
import dev.resilience.discovery.registry.ServiceRegistry;
import dev.resilience.discovery.registry.ServiceSnapshot;
import dev.resilience.discovery.registry.Watch;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Three that serve, each with a connection of its own, one that watches and calls them all the
 * time, and one that asks all the time. All of them live until the end, whatever becomes of the
 * registry.
 */
final class Scene implements AutoCloseable {

  static final List<ServiceInstance> ALL =
      List.of(
          ServiceInstance.of("orders", "10.0.0.1", 8080),
          ServiceInstance.of("orders", "10.0.0.2", 8080),
          ServiceInstance.of("orders", "10.0.0.3", 8080));

  private static final Duration PAUSE = Duration.ofMillis(10);

  final Connection caller;
  private final CancellableContext life = Context.background().withCancel();
  private final List<Connection> serving = new ArrayList<>();
  private final List<Lease> leases = new ArrayList<>();
  private final ServiceRegistry registry;
  private final Watch watch;
  private final ServiceClient client;
  private final List<ServiceSnapshot> heard = new CopyOnWriteArrayList<>();
  private final AtomicInteger calls = new AtomicInteger();
  private final List<Throwable> failures = new CopyOnWriteArrayList<>();
  private final AtomicInteger answers = new AtomicInteger();
  private final List<List<ServiceInstance>> incomplete = new CopyOnWriteArrayList<>();
  private final List<Thread> threads;

  Scene(String servers) throws Exception {
    this(servers, Connection.SESSION_MILLIS);
  }

  Scene(String servers, int sessionMillis) throws Exception {
    for (ServiceInstance instance : ALL) {
      Connection connection = new Connection(servers, sessionMillis);
      serving.add(connection);
      connection.connected();
      leases.add(connection.registry(life).register(life, instance));
    }
    caller = new Connection(servers, sessionMillis);
    caller.connected();
    registry = caller.registry(life);
    Await.until(() -> assertThat(registry.discover(life, "orders").instances()).isEqualTo(ALL));
    watch = registry.watch(life, "orders", heard::add);
    client = ServiceClient.builder("orders", registry).open(life);
    threads = List.of(new Thread(this::callAllTheTime), new Thread(this::askAllTheTime));
    Await.until(() -> assertThat(latest().instances()).isEqualTo(ALL));
    Await.until(() -> assertThat(client.instances(life)).isEqualTo(ALL));
    threads.forEach(Thread::start);
  }

  private ServiceSnapshot latest() {
    return watch.latest().orElseThrow();
  }

  private void callAllTheTime() {
    repeatedly(
        () -> {
          calls.incrementAndGet();
          try {
            client.call(life, (c, instance) -> instance.id());
          } catch (ContextException end) {
            throw end;
          } catch (RuntimeException failure) {
            failures.add(failure);
          }
        });
  }

  private void askAllTheTime() {
    repeatedly(
        () -> {
          try {
            List<ServiceInstance> answer = registry.discover(life, "orders").instances();
            if (!answer.equals(ALL)) {
              incomplete.add(answer);
            }
            answers.incrementAndGet();
          } catch (ContextException end) {
            throw end;
          } catch (RuntimeException away) {
            // That is no answer.
          }
        });
  }

  private void repeatedly(Runnable work) {
    try {
      while (true) {
        work.run();
        life.sleep(PAUSE);
      }
    } catch (ContextException | InterruptedException end) {
      // The test is over.
    }
  }

  /** The registry does not answer, and those who watch know. */
  void awaitAbsence() throws Exception {
    Await.until(() -> assertThat(latest().isStale()).isTrue());
    assertThat(latest().age()).isPositive();
  }

  /** No session that is known to the servers now will be there after their return. */
  void awaitLossOfSessions() throws Exception {
    List<Long> before = sessions();
    Await.until(() -> assertThat(sessions()).doesNotContainAnyElementsOf(before));
  }

  private List<Long> sessions() throws Exception {
    List<Long> sessions = new ArrayList<>();
    for (Connection connection : serving) {
      sessions.add(connection.session());
    }
    return sessions;
  }

  /** All are registered, for as long as their processes live, and those who watch trust in it. */
  void awaitRestoration() throws Exception {
    Await.until(
        () -> {
          for (int i = 0; i < ALL.size(); i++) {
            assertThat(caller.stat(ALL.get(i)).getEphemeralOwner())
                .isEqualTo(serving.get(i).session());
          }
        });
    Await.until(() -> assertThat(registry.discover(life, "orders").instances()).isEqualTo(ALL));
    Await.until(() -> assertThat(latest().isStale()).isFalse());
    assertThat(latest().instances()).isEqualTo(ALL);
    Await.until(() -> assertThat(leases).extracting(Lease::state).containsOnly(Lease.State.HELD));
  }

  void assertThatNobodyWasMissedByThoseWhoWatchOrCall() throws Exception {
    assertThat(heard).isNotEmpty();
    assertThat(heard).allSatisfy(it -> assertThat(it.instances()).isEqualTo(ALL));
    Await.until(() -> assertThat(calls).hasPositiveValue()); // on a busy machine not yet
    assertThat(failures).isEmpty();
  }

  /** Only where sessions survive: what has ended with its session is not there for a moment. */
  void assertThatEachAnswerNamedAll() throws Exception {
    Await.until(() -> assertThat(answers).hasPositiveValue()); // on a busy machine not yet
    assertThat(incomplete).isEmpty();
  }

  @Override
  public void close() throws Exception {
    life.cancel();
    for (Thread thread : threads) {
      thread.join();
    }
    serving.forEach(Connection::close);
    caller.close();
  }
}
