package dev.resilience.discovery.registry;

import dev.resilience.context.Context;
import dev.resilience.context.Registration;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * Where registrations are kept: the little that is asked of a coordination service, so that it can
 * stand behind a {@link ServiceRegistry}. Heartbeats, retries, bounds, staleness and draining are
 * not its business; {@link ServiceRegistry#builder} adds them.
 *
 * <p>Implementations are thread-safe and do not block: they return a stage, and give up when the
 * context ends. A stage that fails, or that never completes, is a registry that is away.
 */
public interface RegistryStore {

  /**
   * Puts an instance in, or renews it, or replaces its description: any number of times.
   *
   * @param ctx ends when nobody waits any more
   * @param instance what to keep under its service and id
   * @param lease how long to keep it when nothing more is heard
   * @return fails with {@link InstanceTakenException} if another process has the same id and stays
   */
  CompletionStage<@Nullable Void> put(Context ctx, ServiceInstance instance, Duration lease);

  /**
   * Takes an instance out, if it is in.
   *
   * @param ctx ends when nobody waits any more
   * @param instance by its service and id
   */
  CompletionStage<@Nullable Void> remove(Context ctx, ServiceInstance instance);

  /**
   * All that are in and have not expired.
   *
   * @param ctx ends when nobody waits any more
   * @param service its name
   */
  CompletionStage<List<ServiceInstance>> list(Context ctx, String service);

  /**
   * Calls back when {@link #list} may have a new answer, or none any more. A hint: it may come too
   * often; one that is lost is made up for by asking from time to time.
   *
   * @param service its name
   * @param hint quick, and never throws
   */
  Registration onChange(String service, Runnable hint);
}
