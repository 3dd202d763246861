package dev.resilience.observe;

import dev.resilience.context.Context;

/** Two listeners, neither of which throws. */
record JoinedListeners(PolicyListener first, PolicyListener second) implements PolicyListener {

  @Override
  public void on(PolicyEvent event) {
    first.on(event);
    second.on(event);
  }

  @Override
  public void on(Context ctx, PolicyEvent event) {
    first.on(ctx, event);
    second.on(ctx, event);
  }

  @Override
  public boolean wantsCalls() {
    return first.wantsCalls() || second.wantsCalls();
  }
}
