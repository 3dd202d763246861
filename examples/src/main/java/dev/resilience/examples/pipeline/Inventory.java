package dev.resilience.examples.pipeline;

import dev.resilience.context.Context;
import java.time.Duration;

/** Knows what is in stock. */
final class Inventory implements HttpService.Handler {

  @Override
  public String handle(Context ctx, String item) throws Exception {
    ctx.sleep(Duration.ofMillis(10));
    return Math.floorMod(item.hashCode(), 100) + " left";
  }
}
