package dev.resilience.discovery;

import dev.resilience.context.Context;
import java.util.Objects;

/**
 * Who is there: instances register, callers discover or watch them.
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

  /** A registry over a place where registrations are kept. */
  static ServiceRegistryBuilder builder(RegistryStore store) {
    return new ServiceRegistryBuilder(Objects.requireNonNull(store, "store"));
  }

  /**
   * Registers an instance and keeps it registered. A registry that is away does not fail this: it
   * is tried again in the background until it succeeds; {@link Lease#state} tells.
   *
   * @param ctx when it ends, the instance is withdrawn
   * @throws dev.resilience.context.ContextException if {@code ctx} has ended
   * @throws IllegalStateException if the instance is registered here already
   */
  Lease register(Context ctx, ServiceInstance instance);

  /**
   * Asks who is there, now. What a registry says that has just come back may name too few; a {@link
   * #watch} doubts that.
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
  Snapshot discover(Context ctx, String service);

  /**
   * Watches who is there. The listener is told of the first answer, of each change, and when
   * answers become stale and fresh again; a registry that is away takes nobody out.
   *
   * @param ctx when it ends, so does the watch
   * @param service its name
   * @throws dev.resilience.context.ContextException if {@code ctx} has ended
   */
  Watch watch(Context ctx, String service, SnapshotListener listener);

  /**
   * As {@link #discover}, and again while there is nobody or no answer: five attempts of up to one
   * second each, after delays that grow from 100 ms, all within the caller's deadline.
   *
   * @param ctx the caller's
   * @param service its name
   * @return with at least one instance
   * @throws dev.resilience.error.NoInstanceException if the last answer was empty
   */
  default Snapshot discoverWithRetry(Context ctx, String service) {
    return PatientDiscovery.discover(this, ctx, service);
  }
}
