package dev.resilience.simulation;

import dev.resilience.context.Context;
import java.util.concurrent.CompletionStage;

/**
 * What a client calls for each attempt: one request to the service.
 *
 * <p>The stage completes with a reply, or with a {@link ServiceException}. When the context ends
 * before, the request is given up; the service may work on it all the same.
 */
public interface Exchange {

  /** Sends a request to the instances in turn. */
  CompletionStage<Reply> send(Context ctx);

  /**
   * Sends a request to one instance.
   *
   * @param instance from 0
   */
  CompletionStage<Reply> send(Context ctx, int instance);
}
