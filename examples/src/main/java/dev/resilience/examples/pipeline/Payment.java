package dev.resilience.examples.pipeline;

import dev.resilience.context.Context;
import dev.resilience.context.RequestInfo;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Charges each request once, however often it is tried again: that is why it is asked by PUT.
 * Refuses a few cards.
 */
final class Payment implements Server.Handler {

  private final Set<String> charged = ConcurrentHashMap.newKeySet();

  @Override
  public String handle(Context ctx, String card) throws Exception {
    HopStats.of(ctx).work(ctx, Duration.ofMillis(30));
    if (card.endsWith("13")) {
      throw new Declined.CardRefused();
    }
    return charged.add(ctx.require(RequestInfo.REQUEST_ID)) ? "charged" : "charged before";
  }
}
