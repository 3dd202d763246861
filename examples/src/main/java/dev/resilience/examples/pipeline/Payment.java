package dev.resilience.examples.pipeline;

import dev.resilience.context.Context;
import dev.resilience.context.RequestInfo;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** Charges each request once, however often it is tried again. Refuses a few cards. */
final class Payment implements HttpService.Handler {

  private final Set<String> charged = ConcurrentHashMap.newKeySet();

  @Override
  public String handle(Context ctx, String card) throws Exception {
    ctx.sleep(Duration.ofMillis(30));
    if (card.endsWith("13")) {
      throw new HttpStatusException(402, "card refused");
    }
    return charged.add(ctx.require(RequestInfo.REQUEST_ID)) ? "charged" : "charged before";
  }
}
