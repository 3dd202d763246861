package dev.resilience.discovery.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import dev.resilience.context.CancellableContext;
import dev.resilience.context.Context;
import dev.resilience.context.ContextCancelledException;
import dev.resilience.context.DeadlineExceededException;
import dev.resilience.error.NoInstanceException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

/** What every {@link ServiceRegistry} must do. */
public abstract class ServiceRegistryContract {

  private static final ServiceInstance A = ServiceInstance.of("orders", "10.0.0.1", 8080);
  private static final ServiceInstance B =
      ServiceInstance.of("orders", "10.0.0.2", 8080)
          .withWeight(7)
          .withZone("eu-1")
          .withMetadata("version", "2.4");
  private static final ServiceInstance OTHER = ServiceInstance.of("orders2", "10.0.0.3", 8080);

  private CancellableContext owner;
  private CancellableContext ctx;
  private ServiceRegistry registry;

  /** A context that never ends. */
  protected abstract Context root();

  /** A registry that nobody has registered with. */
  protected abstract ServiceRegistry open(Context owner) throws Exception;

  /** Waits, at most for a few seconds of its time, until an assertion holds. */
  protected abstract void eventually(ThrowingCallable assertion) throws Exception;

  @BeforeEach
  void openIt() throws Exception {
    owner = root().withCancel();
    ctx = owner.withCancel();
    registry = open(owner);
  }

  @AfterEach
  void closeIt() {
    owner.close();
  }

  private List<ServiceInstance> discovered(String service) {
    return registry.discover(ctx, service).instances();
  }

  @Nested
  class Registering {

    @Test
    void makes_an_instance_known_with_all_it_says_of_itself() throws Exception {
      Lease a = registry.register(ctx, A);
      Lease b = registry.register(ctx, B);

      eventually(() -> assertThat(discovered("orders")).containsExactly(A, B));
      assertThat(a.instance()).isEqualTo(A);
      eventually(
          () -> {
            assertThat(a.state()).isEqualTo(Lease.State.HELD);
            assertThat(b.state()).isEqualTo(Lease.State.HELD);
          });
    }

    @Test
    void keeps_services_apart() throws Exception {
      registry.register(ctx, A);
      registry.register(ctx, OTHER);

      eventually(() -> assertThat(discovered("orders")).containsExactly(A));
      eventually(() -> assertThat(discovered("orders2")).containsExactly(OTHER));
      assertThat(discovered("order")).isEmpty();
    }

    @Test
    void is_refused_under_a_context_that_has_ended() throws Exception {
      ctx.cancel();
      assertThatExceptionOfType(ContextCancelledException.class)
          .isThrownBy(() -> registry.register(ctx, A));
      assertThat(registry.discover(owner, "orders").instances()).isEmpty();
    }

    @Test
    void is_refused_for_what_is_registered_already() throws Exception {
      registry.register(ctx, A);
      assertThatIllegalStateException()
          .isThrownBy(() -> registry.register(ctx, A.withWeight(5)))
          .withMessageContaining("registered already");
      eventually(() -> assertThat(discovered("orders")).containsExactly(A));
    }
  }

  @Nested
  class Withdrawing {

    @Test
    void takes_the_instance_out_when_the_lease_is_closed() throws Exception {
      registry.register(ctx, B);
      Lease lease = registry.register(ctx, A);
      eventually(() -> assertThat(discovered("orders")).containsExactly(A, B));

      lease.close();

      eventually(() -> assertThat(discovered("orders")).containsExactly(B));
      eventually(() -> assertThat(lease.withdrawn().toCompletableFuture()).isCompleted());
      assertThat(lease.state()).isEqualTo(Lease.State.WITHDRAWN);
      assertThat(registry.discover(ctx, "orders").registered()).containsExactly(B);
    }

    @Test
    void takes_the_instance_out_when_its_context_ends() throws Exception {
      CancellableContext serving = ctx.withCancel();
      Lease lease = registry.register(serving, A);
      eventually(() -> assertThat(discovered("orders")).containsExactly(A));

      serving.cancel();

      eventually(() -> assertThat(lease.withdrawn().toCompletableFuture()).isCompleted());
      assertThat(registry.discover(ctx, "orders").registered()).isEmpty();
    }

    @Test
    void shows_the_instance_as_draining_first() throws Exception {
      Lease lease = registry.register(ctx, A);
      eventually(() -> assertThat(discovered("orders")).containsExactly(A));

      lease.drain();

      eventually(
          () -> {
            ServiceSnapshot snapshot = registry.discover(ctx, "orders");
            assertThat(snapshot.instances()).isEmpty();
            assertThat(snapshot.registered()).containsExactly(A.asDraining());
            assertThat(lease.state()).isEqualTo(Lease.State.DRAINING);
          });
    }

    @Test
    void may_be_repeated_and_followed_by_another_registration() throws Exception {
      Lease first = registry.register(ctx, A);
      first.close();
      first.close();
      first.drain();

      Lease second = registry.register(ctx, A.withWeight(3));

      eventually(() -> assertThat(first.withdrawn().toCompletableFuture()).isCompleted());
      eventually(() -> assertThat(discovered("orders")).containsExactly(A.withWeight(3)));
      assertThat(second.state()).isEqualTo(Lease.State.HELD);
    }
  }

  @Nested
  class Discovering {

    @Test
    void finds_nobody_where_nobody_is() {
      ServiceSnapshot snapshot = registry.discover(ctx, "orders");
      assertThat(snapshot.instances()).isEmpty();
      assertThat(snapshot.isStale()).isFalse();
      assertThat(snapshot.service()).isEqualTo("orders");
    }

    @Test
    void fails_at_once_under_a_context_that_has_ended() {
      CancellableContext late = ctx.withTimeout(Duration.ZERO);
      assertThatExceptionOfType(DeadlineExceededException.class)
          .isThrownBy(() -> registry.discover(late, "orders"));
      ctx.cancel();
      assertThatExceptionOfType(ContextCancelledException.class)
          .isThrownBy(() -> registry.discover(ctx, "orders"));
    }

    @Test
    void refuses_a_name_that_is_none() {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> registry.discover(ctx, "or/ders"))
          .withMessageStartingWith("service: ");
    }

    @Test
    void with_retry_returns_somebody_at_once_where_somebody_is() throws Exception {
      registry.register(ctx, A);
      eventually(
          () ->
              assertThat(registry.discoverWithRetry(ctx, "orders").instances()).containsExactly(A));
    }

    @Test
    void with_retry_fails_at_once_under_a_context_that_has_ended() {
      ctx.cancel();
      assertThatExceptionOfType(ContextCancelledException.class)
          .isThrownBy(() -> registry.discoverWithRetry(ctx, "orders"));
    }

    @Test
    void with_retry_fails_without_waiting_where_there_is_no_time_to_wait() {
      CancellableContext hurried = ctx.withTimeout(Duration.ofMillis(20));
      assertThatExceptionOfType(Exception.class)
          .isThrownBy(() -> registry.discoverWithRetry(hurried, "orders"))
          .isInstanceOfAny(NoInstanceException.class, DeadlineExceededException.class);
    }
  }

  @Nested
  class Watching {

    private final List<ServiceSnapshot> heard = new CopyOnWriteArrayList<>();

    @Test
    void tells_who_is_there_and_who_comes_and_goes() throws Exception {
      registry.register(ctx, A);
      Watch watch = registry.watch(ctx, "orders", heard::add);
      eventually(() -> assertThat(last()).containsExactly(A));

      Lease b = registry.register(ctx, B);
      eventually(() -> assertThat(last()).containsExactly(A, B));

      b.close();
      eventually(() -> assertThat(last()).containsExactly(A));
      eventually(
          () ->
              assertThat(watch.latest().map(ServiceSnapshot::registered))
                  .isEqualTo(Optional.of(List.of(A))));
      assertThat(watch.latest().orElseThrow().isStale()).isFalse();
    }

    @Test
    void tells_that_nobody_is_there() throws Exception {
      registry.watch(ctx, "orders", heard::add);
      eventually(() -> assertThat(last()).isEmpty());
    }

    @Test
    void tells_each_state_once() throws Exception {
      registry.watch(ctx, "orders", heard::add);
      registry.register(ctx, A);
      eventually(() -> assertThat(last()).containsExactly(A));
      registry.register(ctx, B);
      eventually(() -> assertThat(last()).containsExactly(A, B));

      for (int i = 1; i < heard.size(); i++) {
        assertThat(heard.get(i).registered()).isNotEqualTo(heard.get(i - 1).registered());
      }
    }

    @Test
    void tells_nothing_more_when_it_is_closed_or_its_context_has_ended() throws Exception {
      Watch closed = registry.watch(ctx, "orders", heard::add);
      CancellableContext ending = ctx.withCancel();
      registry.watch(ending, "orders", heard::add);
      List<ServiceSnapshot> control = new CopyOnWriteArrayList<>();
      registry.watch(ctx, "orders", control::add);
      eventually(() -> assertThat(heard).hasSize(2));

      closed.close();
      ending.cancel();
      registry.register(ctx, A);

      eventually(() -> assertThat(control.get(control.size() - 1).instances()).containsExactly(A));
      assertThat(heard).hasSize(2);
    }

    @Test
    void survives_a_listener_that_throws() throws Exception {
      registry.watch(
          ctx,
          "orders",
          snapshot -> {
            heard.add(snapshot);
            throw new IllegalStateException("a listener that throws");
          });
      eventually(() -> assertThat(last()).isEmpty());
      registry.register(ctx, A);
      eventually(() -> assertThat(last()).containsExactly(A));
    }

    @Test
    void is_refused_under_a_context_that_has_ended() {
      ctx.cancel();
      assertThatExceptionOfType(ContextCancelledException.class)
          .isThrownBy(() -> registry.watch(ctx, "orders", heard::add));
    }

    private List<ServiceInstance> last() {
      assertThat(heard).isNotEmpty();
      return heard.get(heard.size() - 1).instances();
    }
  }

  @Nested
  class When_its_owner_ends {

    @Test
    void it_withdraws_what_is_registered_and_refuses_more() throws Exception {
      Context outside = root();
      Lease lease = registry.register(outside, A);
      eventually(() -> assertThat(lease.state()).isEqualTo(Lease.State.HELD));

      owner.cancel();

      eventually(() -> assertThat(lease.withdrawn().toCompletableFuture()).isCompleted());
      assertThatExceptionOfType(ContextCancelledException.class)
          .isThrownBy(() -> registry.register(outside, B));
      assertThatExceptionOfType(ContextCancelledException.class)
          .isThrownBy(() -> registry.watch(outside, "orders", snapshot -> {}));
    }
  }
}
