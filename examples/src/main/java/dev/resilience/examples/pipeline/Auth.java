package dev.resilience.examples.pipeline;

import dev.resilience.context.Context;
import dev.resilience.context.RequestInfo;
import java.time.Duration;

/** Knows who may order: whoever says who he is. */
final class Auth implements HttpService.Handler {

  @Override
  public String handle(Context ctx, String body) throws Exception {
    String user =
        ctx.find(RequestInfo.USER_ID)
            .orElseThrow(() -> new HttpStatusException(401, "who are you?"));
    ctx.sleep(Duration.ofMillis(5));
    return user;
  }
}
