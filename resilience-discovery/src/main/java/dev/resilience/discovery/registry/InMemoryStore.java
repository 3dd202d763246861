package dev.resilience.discovery.registry;

import static java.util.concurrent.CompletableFuture.completedFuture;

import dev.resilience.context.Context;
import dev.resilience.context.Registration;
import dev.resilience.discovery.SerialExecutor;
import dev.resilience.time.Durations;
import dev.resilience.time.TimeSource;
import dev.resilience.time.Timer;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.ConcurrentNavigableMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.CopyOnWriteArraySet;
import org.jspecify.annotations.Nullable;

/**
 * Registrations in the memory of this process. All services share one sorted map, so that nothing
 * is left of a service when its last instance has gone.
 */
final class InMemoryStore implements RegistryStore {

  private final TimeSource time;
  private final ConcurrentNavigableMap<String, Entry> entries = new ConcurrentSkipListMap<>();

  /** By service, in the order in which they asked to be told. */
  private final ConcurrentMap<String, Set<Hint>> hints = new ConcurrentHashMap<>();

  InMemoryStore(TimeSource time) {
    this.time = time;
  }

  @Override
  public CompletionStage<@Nullable Void> put(
      Context ctx, ServiceInstance instance, Duration lease) {
    Entry entry = new Entry(key(instance), instance);
    Entry before = entries.put(entry.key, entry);
    entry.expireIn(lease);
    if (before != null) {
      before.timer.cancel();
    }
    if (before == null || !before.instance.equals(instance)) {
      changed(instance.service());
    }
    return completedFuture(null);
  }

  @Override
  public CompletionStage<@Nullable Void> remove(Context ctx, ServiceInstance instance) {
    Entry before = entries.remove(key(instance));
    if (before != null) {
      before.timer.cancel();
      changed(instance.service());
    }
    return completedFuture(null);
  }

  @Override
  public CompletionStage<List<ServiceInstance>> list(Context ctx, String service) {
    // '0' follows '/', and neither is in the name of a service.
    return completedFuture(
        entries.subMap(service + "/", service + "0").values().stream()
            .map(entry -> entry.instance)
            .toList());
  }

  @Override
  public Registration onChange(String service, Runnable hint) {
    Hint added = new Hint(service, hint);
    hints.compute(
        service,
        (name, present) -> {
          Set<Hint> all = present == null ? new CopyOnWriteArraySet<>() : present;
          all.add(added);
          return all;
        });
    return added;
  }

  private void changed(String service) {
    hints.getOrDefault(service, Set.of()).forEach(hint -> SerialExecutor.contained(hint.action));
  }

  private static String key(ServiceInstance instance) {
    return instance.service() + "/" + instance.id();
  }

  /** Compared by identity: an expiry takes out only what it was set for. */
  private final class Entry {

    private final String key;
    private final ServiceInstance instance;
    private Timer timer = () -> false;

    Entry(String key, ServiceInstance instance) {
      this.key = key;
      this.instance = instance;
    }

    void expireIn(Duration lease) {
      timer = time.startTimer(time.nanoTime() + Durations.toNanos(lease), this::expire);
    }

    private void expire() {
      if (entries.remove(key, this)) {
        time.executor().execute(() -> changed(instance.service()));
      }
    }
  }

  private final class Hint implements Registration {

    private final String service;
    private final Runnable action;

    Hint(String service, Runnable action) {
      this.service = service;
      this.action = action;
    }

    @Override
    public boolean withdraw() {
      boolean[] was = new boolean[1];
      hints.computeIfPresent(
          service,
          (name, present) -> {
            was[0] = present.remove(this);
            return present.isEmpty() ? null : present;
          });
      return was[0];
    }
  }
}
