package dev.resilience.discovery.registry;

import dev.resilience.Resilience;
import dev.resilience.context.Context;
import dev.resilience.context.ContextException;
import dev.resilience.discovery.Checks;
import dev.resilience.error.Failures;
import dev.resilience.error.ResilienceException;
import dev.resilience.retry.Backoff;
import dev.resilience.text.SafeText;
import dev.resilience.time.TimeSource;
import dev.resilience.timeout.FixedTimeout;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;

/** A registry over a store: bounds each question, and remembers which leases are open. */
final class StoredRegistry implements ServiceRegistry {

  final Context owner;
  final Duration deregistrationDelay;
  final Duration staleInstanceGrace;
  final Backoff heartbeats;
  final Backoff refreshes;
  private final Duration leaseTime;
  private final Duration operationTimeout;
  private final RegistryStore store;
  private final Resilience limited;
  private final ConcurrentMap<String, HeartbeatLease> leases = new ConcurrentHashMap<>();

  StoredRegistry(Builder builder, Context owner) {
    this.owner = owner;
    this.store = builder.store;
    this.leaseTime = builder.leaseTime;
    this.heartbeats = regularly(builder.leaseTime.dividedBy(3));
    this.refreshes = regularly(builder.refreshInterval);
    this.deregistrationDelay = builder.deregistrationDelay;
    this.staleInstanceGrace = builder.staleInstanceGrace;
    this.operationTimeout = builder.operationTimeout;
    this.limited =
        Resilience.of(FixedTimeout.builder("registry", builder.operationTimeout).build());
  }

  @Override
  public Lease register(Context ctx, ServiceInstance instance) {
    Objects.requireNonNull(instance, "instance");
    checkAlive(ctx);
    HeartbeatLease lease = new HeartbeatLease(this, instance);
    HeartbeatLease present =
        leases.compute(lease.key(), (key, old) -> old == null || old.isEnding() ? lease : old);
    if (present != lease) {
      throw new IllegalStateException(instance + " is registered already (expected: once)");
    }
    lease.open(ctx);
    return lease;
  }

  @Override
  public ServiceSnapshot discover(Context ctx, String service) {
    Checks.service(service);
    ctx.throwIfDone();
    CompletionStage<List<ServiceInstance>> answer = list(ctx, service);
    try {
      return ServiceSnapshot.of(service, ctx.await(answer), ctx.timeSource());
    } catch (ExecutionException failed) {
      throw thrownFor(service, failed);
    } catch (InterruptedException interrupted) {
      answer.toCompletableFuture().cancel(true);
      throw Failures.interrupted(ctx, interrupted);
    }
  }

  @Override
  public Watch watch(Context ctx, String service, SnapshotListener listener) {
    Checks.service(service);
    Objects.requireNonNull(listener, "listener");
    checkAlive(ctx);
    RegistryWatch watch = new RegistryWatch(this, service, listener);
    watch.open(ctx, store);
    return watch;
  }

  CompletionStage<List<ServiceInstance>> list(Context ctx, String service) {
    return limited.callAsync(ctx, c -> store.list(c, service));
  }

  CompletionStage<@Nullable Void> put(Context ctx, ServiceInstance instance) {
    return limited.callAsync(ctx, c -> store.put(c, instance, leaseTime));
  }

  CompletionStage<@Nullable Void> remove(Context ctx, ServiceInstance instance) {
    return limited.callAsync(ctx, c -> store.remove(c, instance));
  }

  /** Whether the lease was the one that counts for its instance. */
  boolean forget(HeartbeatLease lease) {
    return leases.remove(lease.key(), lease);
  }

  TimeSource time() {
    return owner.timeSource();
  }

  /** Up to a tenth more or less, so that what is regular does not happen everywhere at once. */
  private static Backoff regularly(Duration interval) {
    return Backoff.constant(interval).withJitter(0.1);
  }

  /** How long to leave a registry alone that is away: it comes back to everybody at once. */
  Backoff backoff() {
    Duration cap = leaseTime.dividedBy(3);
    Duration first = Duration.ofMillis(100);
    return Backoff.exponential(first.compareTo(cap) < 0 ? first : cap, cap).withEqualJitter();
  }

  /** Enough for both operations of a deregistration and the delay between them. */
  Duration deregistrationTimeout() {
    return deregistrationDelay.plus(operationTimeout).plus(operationTimeout);
  }

  private void checkAlive(Context ctx) {
    if (ctx.timeSource() != owner.timeSource()) {
      throw new IllegalArgumentException(
          "ctx: a context on "
              + SafeText.of(ctx.timeSource())
              + " (expected: on "
              + SafeText.of(owner.timeSource())
              + ")");
    }
    ctx.throwIfDone();
    owner.throwIfDone();
  }

  private static RuntimeException thrownFor(String service, ExecutionException failed) {
    Throwable cause = failed.getCause();
    if (cause instanceof ContextException || cause instanceof ResilienceException) {
      return (RuntimeException) cause;
    }
    return new RegistryException(
        service + ": the registry cannot be asked", cause == null ? failed : cause);
  }
}
