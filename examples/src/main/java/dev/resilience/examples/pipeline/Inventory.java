package dev.resilience.examples.pipeline;

import dev.resilience.context.Context;
import java.time.Duration;

/** Knows what is in stock. */
final class Inventory implements Server.Handler {

  @Override
  public String handle(Context ctx, String item) throws Exception {
    HopStats.of(ctx).work(ctx, Duration.ofMillis(10));
    return Math.floorMod(item.hashCode(), 100) + " left";
  }
}
