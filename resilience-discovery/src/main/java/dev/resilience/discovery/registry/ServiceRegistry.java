package dev.resilience.discovery.registry;

import com.google.errorprone.annotations.CheckReturnValue;
import com.google.errorprone.annotations.MustBeClosed;
import dev.resilience.context.Context;
import dev.resilience.time.Durations;
import java.time.Duration;
import java.util.Objects;

/**
 * Keeps the instances of services: processes register theirs, callers discover or watch them.
 *
 * <pre>{@code
 * ServiceRegistry registry = ServiceRegistry.inMemory(ctx);
 * try (Lease me = registry.register(ctx, ServiceInstance.of("orders", "10.0.0.7", 8080))) {
 *   List<ServiceInstance> all = registry.discover(ctx, "orders").instances();
 * }
 * }</pre>
 *
 * <p>An extension point. Implementations are thread-safe, and pass {@code ServiceRegistryContract}
 * of this project. To put a coordination service behind it, a {@link RegistryStore} is less work.
 */
public interface ServiceRegistry {

  /**
   * A registry within this process, with the defaults of {@link #builder}.
   *
   * @param owner when it ends, all that the registry does in the background ends
   */
  static ServiceRegistry inMemory(Context owner) {
    Objects.requireNonNull(owner, "owner");
    return builder(new InMemoryStore(owner.timeSource())).open(owner);
  }

  /** Returns a builder with all defaults set. */
  static Builder builder(RegistryStore store) {
    return new Builder(Objects.requireNonNull(store, "store"));
  }

  /**
   * Registers an instance and keeps it registered. A registry that is away does not fail this: it
   * is tried again in the background until it succeeds; {@link Lease#state} tells.
   *
   * @param ctx when it ends, the instance is withdrawn
   * @throws dev.resilience.context.ContextException if {@code ctx} has ended
   * @throws IllegalStateException if the instance is registered here already
   */
  @MustBeClosed
  Lease register(Context ctx, ServiceInstance instance);

  /**
   * Reads the instances of a service. A registry that has just come back may name too few of them;
   * a {@link #watch} doubts such an answer.
   *
   * @param ctx the caller's
   * @param service its name
   * @return never stale; without instances if there are none
   * @throws dev.resilience.context.ContextException if {@code ctx} has ended or ends first
   * @throws RegistryException if the registry cannot be asked
   * @throws dev.resilience.error.AttemptTimeoutException if it does not answer in time
   * @throws dev.resilience.error.CallInterruptedException if this thread was interrupted from
   *     outside; the flag is set
   */
  ServiceSnapshot discover(Context ctx, String service);

  /**
   * Watches the instances of a service. The listener receives the first answer, each change, and
   * when answers become stale and fresh again; while the registry is away no instance is removed.
   *
   * @param ctx when it ends, so does the watch
   * @param service its name
   * @throws dev.resilience.context.ContextException if {@code ctx} has ended
   */
  Watch watch(Context ctx, String service, SnapshotListener listener);

  /**
   * Like {@link #discover}, and repeats it while there is no instance or no answer: five attempts
   * of up to one second each, after delays that grow from 100 ms, all within the caller's deadline.
   *
   * @param ctx the caller's
   * @param service its name
   * @return with at least one instance
   * @throws dev.resilience.error.NoInstanceException if the last answer was empty
   */
  default ServiceSnapshot discoverWithRetry(Context ctx, String service) {
    return RetryingDiscovery.discover(this, ctx, service);
  }

  /** Builds a {@link ServiceRegistry} over a {@link RegistryStore}. Not thread-safe. */
  final class Builder {

    final RegistryStore store;
    Duration leaseTime = Duration.ofSeconds(30);
    Duration operationTimeout = Duration.ofSeconds(1);
    Duration deregistrationDelay = Duration.ofSeconds(1);
    Duration staleInstanceGrace = Duration.ofSeconds(30);
    Duration refreshInterval = Duration.ofSeconds(30);

    Builder(RegistryStore store) {
      this.store = store;
    }

    /**
     * How long an instance stays registered after its last heartbeat. Heartbeats come three times
     * as often.
     *
     * @param newLeaseTime positive. Default: 30 s
     */
    public Builder leaseTime(Duration newLeaseTime) {
      leaseTime = Durations.requirePositive(newLeaseTime, "leaseTime");
      return this;
    }

    /**
     * How long one operation of the store may take.
     *
     * @param newOperationTimeout positive. Default: 1 s
     */
    public Builder operationTimeout(Duration newOperationTimeout) {
      operationTimeout = Durations.requirePositive(newOperationTimeout, "operationTimeout");
      return this;
    }

    /**
     * How long an instance that is withdrawn is still shown as draining, so that watchers see that
     * it left on purpose.
     *
     * @param newDeregistrationDelay zero or more. Default: 1 s
     */
    public Builder deregistrationDelay(Duration newDeregistrationDelay) {
      deregistrationDelay =
          Durations.requireNotNegative(newDeregistrationDelay, "deregistrationDelay");
      return this;
    }

    /**
     * How long a watch keeps instances that vanish without having drained, if more than half of all
     * do so at once: then a registry that lost its memory is likelier than that many deaths. The
     * snapshot is stale meanwhile.
     *
     * @param newStaleInstanceGrace zero or more; zero: believes everything at once. Default: 30 s
     */
    public Builder staleInstanceGrace(Duration newStaleInstanceGrace) {
      staleInstanceGrace =
          Durations.requireNotNegative(newStaleInstanceGrace, "staleInstanceGrace");
      return this;
    }

    /**
     * How often a watch asks for the list without having heard of a change.
     *
     * @param newRefreshInterval positive; each time up to a tenth more or less. Default: 30 s
     */
    public Builder refreshInterval(Duration newRefreshInterval) {
      refreshInterval = Durations.requirePositive(newRefreshInterval, "refreshInterval");
      return this;
    }

    /**
     * Opens the registry.
     *
     * @param owner when it ends, all leases are withdrawn and all watches end
     */
    @CheckReturnValue
    public ServiceRegistry open(Context owner) {
      return new StoredRegistry(this, Objects.requireNonNull(owner, "owner"));
    }
  }
}
