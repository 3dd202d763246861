package dev.resilience.discovery.registry;

import java.util.Optional;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * An instance's place in a registry, renewed by heartbeats for as long as the lease is open and its
 * contexts live.
 *
 * <pre>{@code
 * try (Lease me = registry.register(ctx, ServiceInstance.of("orders", "10.0.0.7", 8080))) {
 *   serve(ctx);
 *   me.drain();          // no new calls from now on
 *   finishWhatRuns();
 * }                      // withdrawn
 * }</pre>
 *
 * <p>Thread-safe. No method waits for the registry.
 */
public interface Lease extends AutoCloseable {

  /** How an instance stands in the registry. */
  enum State {
    /** Not in the registry yet, or no longer: it could not be reached, and is tried again. */
    TRYING,
    /** In the registry, as far as the last heartbeat tells. */
    HELD,
    /** In the registry, as one that gets no new calls. */
    DRAINING,
    /** Not in the registry: another process has registered the same id. It is tried again. */
    TAKEN,
    /** Over: closed, or a context has ended. */
    WITHDRAWN
  }

  /** What is registered. */
  ServiceInstance instance();

  /** How it stands now. */
  State state();

  /** Why the last try failed; empty after one that succeeded. */
  Optional<Throwable> problem();

  /** Marks the instance as one that gets no new calls; it stays registered. May be repeated. */
  void drain();

  /**
   * Completes normally when the instance is out of the registry, or when the registry could not be
   * told within a bounded time and lets the lease expire. Never fails.
   */
  CompletionStage<@Nullable Void> withdrawn();

  /**
   * Withdraws the instance; returns at once, see {@link #withdrawn}. Those who watch are told first
   * that it drains, and it leaves the registry a little later.
   */
  @Override
  void close();
}
