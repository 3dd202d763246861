package dev.resilience.examples.pipeline;

import dev.resilience.context.Context;
import java.time.Duration;

/** Sends a receipt. */
final class Mail implements Server.Handler {

  @Override
  public String handle(Context ctx, String receipt) throws Exception {
    HopStats.of(ctx).work(ctx, Duration.ofMillis(15));
    return "sent";
  }
}
