package dev.resilience.http.client;

import dev.resilience.context.Context;
import java.io.IOException;
import java.net.http.HttpRequest;

/**
 * Makes the request of each attempt anew: for bodies that can be read once only, and for signatures
 * that age. Method and address must be the same each time. Thread-safe.
 */
@FunctionalInterface
public interface RequestFactory {

  /**
   * A request; the headers of the context are added to it.
   *
   * @param ctx of the attempt
   */
  HttpRequest request(Context ctx) throws IOException;
}
