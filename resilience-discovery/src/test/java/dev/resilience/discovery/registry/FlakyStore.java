package dev.resilience.discovery.registry;

import dev.resilience.context.Context;
import dev.resilience.context.Registration;
import dev.resilience.time.TimeSource;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** A store that can be away, in two ways, and that can lose its memory and its hints. */
public final class FlakyStore implements RegistryStore {

  public enum Mood {
    WELL,
    REFUSING,
    SILENT
  }

  private final TimeSource time;
  private final InMemoryStore memory;
  private final Map<String, ServiceInstance> known = new HashMap<>();
  public Mood mood = Mood.WELL;
  public Duration latency = Duration.ZERO;
  public boolean dropsHints;
  public int puts;
  public int lists;

  public FlakyStore(TimeSource time) {
    this.time = time;
    this.memory = new InMemoryStore(time);
  }

  /** A restart without a disk. */
  public void forgetEverything() {
    Context ctx = Context.background(time);
    known.values().forEach(instance -> memory.remove(ctx, instance));
    known.clear();
  }

  @Override
  public CompletionStage<@Nullable Void> put(
      Context ctx, ServiceInstance instance, Duration lease) {
    puts++;
    return answer(
        ctx,
        () -> {
          known.put(instance.toString(), instance);
          return memory.put(ctx, instance, lease);
        });
  }

  @Override
  public CompletionStage<@Nullable Void> remove(Context ctx, ServiceInstance instance) {
    return answer(ctx, () -> memory.remove(ctx, instance));
  }

  @Override
  public CompletionStage<List<ServiceInstance>> list(Context ctx, String service) {
    lists++;
    return answer(ctx, () -> memory.list(ctx, service));
  }

  @Override
  public Registration onChange(String service, Runnable hint) {
    return memory.onChange(
        service,
        () -> {
          if (!dropsHints) {
            hint.run();
          }
        });
  }

  private <T> CompletionStage<T> answer(Context ctx, Supplier<CompletionStage<T>> action) {
    return switch (mood) {
      case REFUSING -> CompletableFuture.failedFuture(new IllegalStateException("refused"));
      case SILENT -> new CompletableFuture<>();
      case WELL ->
          latency.isZero() ? action.get() : ctx.delay(latency).thenCompose(nothing -> action.get());
    };
  }
}
