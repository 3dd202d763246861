package dev.resilience.configuration;

import dev.resilience.context.Context;
import dev.resilience.limit.ConcurrencyLimit;
import dev.resilience.observe.PolicyEvent;
import dev.resilience.observe.PolicyListener;
import dev.resilience.policy.RetryBudget;
import org.jspecify.annotations.Nullable;

/**
 * The listener of the {@link ConcurrencyLimit} of a stack: tells the user, and the budget that pays
 * its further attempts just now, which are none while the limit shrinks.
 */
final class LimitLink implements PolicyListener {

  private final PolicyListener user;
  private volatile @Nullable RetryBudget budget;

  LimitLink(PolicyListener user) {
    this.user = user;
  }

  void connect(@Nullable RetryBudget next) {
    budget = next;
  }

  @Override
  public void on(PolicyEvent event) {
    on(Context.background(), event);
  }

  @Override
  public void on(Context ctx, PolicyEvent event) {
    user.on(ctx, event);
    RetryBudget paying = budget;
    if (paying != null && event instanceof PolicyEvent.ConcurrencyLimitChanged changed) {
      paying.limitChanged(changed.from(), changed.to());
    }
  }
}
