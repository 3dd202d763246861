package dev.resilience.discovery.client;

import dev.resilience.context.Context;
import dev.resilience.discovery.balance.Balancer;
import dev.resilience.discovery.balance.Candidate;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Picks in the zone of the caller or outside of it.
 *
 * @param share of the calls that stay in the zone
 */
record ZonePicker(Balancer.Picker near, Balancer.Picker far, double share)
    implements Balancer.Picker {

  @Override
  public @Nullable Candidate pick(Context ctx, long now, Predicate<? super Candidate> usable) {
    boolean stays = share >= 1 || ctx.timeSource().random().nextDouble() < share;
    Candidate picked = (stays ? near : far).pick(ctx, now, usable);
    return picked != null ? picked : (stays ? far : near).pick(ctx, now, usable);
  }
}
