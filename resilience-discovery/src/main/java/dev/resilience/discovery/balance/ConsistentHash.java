package dev.resilience.discovery.balance;

import dev.resilience.context.Context;
import dev.resilience.discovery.balance.Balancer.Picker;
import java.util.List;
import java.util.function.Function;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** Keys and candidates on one {@link Ring}; a key belongs to the next point. */
final class ConsistentHash implements Balancer {

  private final Function<? super Context, ? extends @Nullable Object> key;

  ConsistentHash(Function<? super Context, ? extends @Nullable Object> key) {
    this.key = key;
  }

  @Override
  public Picker over(List<Candidate> candidates) {
    return new ByKey(key, Ring.of(candidates));
  }

  @Override
  public Picker over(List<Candidate> candidates, Picker previous) {
    return previous instanceof ByKey before
        ? new ByKey(key, before.ring.changedTo(candidates))
        : over(candidates);
  }

  private static final class ByKey implements Picker {

    private final Function<? super Context, ? extends @Nullable Object> key;
    private final Ring ring;

    ByKey(Function<? super Context, ? extends @Nullable Object> key, Ring ring) {
      this.key = key;
      this.ring = ring;
    }

    @Override
    public @Nullable Candidate pick(Context ctx, long now, Predicate<? super Candidate> usable) {
      Object value = key.apply(ctx);
      return ring.from(
          value == null ? ctx.timeSource().random().nextLong() : Hash.of(value), usable);
    }
  }
}
