package dev.resilience.servlet;

import jakarta.servlet.http.HttpServletRequest;

/**
 * What a container tells beyond the Servlet API of clients that leave. For Jetty and streams of
 * HTTP/2 that are reset while a blocking servlet runs:
 *
 * <pre>{@code
 * DisconnectSource jetty = (request, gone) ->
 *     ServletContextRequest.getServletContextRequest(request).addFailureListener(x -> gone.run());
 * }</pre>
 */
@FunctionalInterface
public interface DisconnectSource {

  /**
   * Called once for each request, before its servlet.
   *
   * @param request the container's own
   * @param gone to be run when the client has left; may be run at any time, from any thread, also
   *     when the request is over
   */
  void listen(HttpServletRequest request, Runnable gone);
}
