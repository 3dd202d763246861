package dev.resilience.examples.pipeline;

import dev.resilience.context.Context;
import dev.resilience.context.RequestInfo;
import java.time.Duration;

/** Knows who may order: whoever says who he is. */
final class Auth implements Server.Handler {

  @Override
  public String handle(Context ctx, String nothing) throws Exception {
    String user = ctx.find(RequestInfo.USER_ID).orElseThrow(Declined.Unknown::new);
    HopStats.of(ctx).work(ctx, Duration.ofMillis(5));
    return user;
  }
}
