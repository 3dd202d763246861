package dev.resilience.discovery.client;

import dev.resilience.context.Context;
import dev.resilience.discovery.balance.Balancer;
import dev.resilience.discovery.balance.Candidate;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Picks on the one side or on the other, and on the other one where the first has nobody.
 *
 * @param calls which calls go to the one side
 */
record SplitPicker(Balancer.Picker one, Balancer.Picker other, Predicate<? super Context> calls)
    implements Balancer.Picker {

  @Override
  public @Nullable Candidate pick(Context ctx, long now, Predicate<? super Candidate> usable) {
    boolean first = calls.test(ctx);
    Candidate picked = (first ? one : other).pick(ctx, now, usable);
    return picked != null ? picked : (first ? other : one).pick(ctx, now, usable);
  }
}
