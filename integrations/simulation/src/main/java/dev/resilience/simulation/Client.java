package dev.resilience.simulation;

import dev.resilience.context.Context;
import java.util.concurrent.CompletionStage;

/** Calls one service; what is to be judged. */
@FunctionalInterface
public interface Client {

  /**
   * Makes one call on behalf of a caller.
   *
   * @param ctx of the caller: ends at its deadline, or is cancelled when it leaves
   * @param exchange one request; may be sent several times, or not at all
   */
  CompletionStage<Reply> call(Context ctx, Exchange exchange);
}
