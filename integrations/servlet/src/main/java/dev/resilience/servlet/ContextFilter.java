package dev.resilience.servlet;

import static java.util.Objects.requireNonNull;

import dev.resilience.context.Context;
import dev.resilience.http.server.ServerStack;
import jakarta.servlet.DispatcherType;
import jakarta.servlet.Filter;
import jakarta.servlet.FilterChain;
import jakarta.servlet.FilterRegistration;
import jakarta.servlet.ServletContext;
import jakarta.servlet.ServletException;
import jakarta.servlet.ServletRequest;
import jakarta.servlet.ServletResponse;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.EnumSet;

/**
 * A {@link ServerStack} before the servlets of a container, such as Jetty 12.1 or Tomcat 11.
 *
 * <pre>{@code
 * ContextFilter.of(stack).register(servletContext);
 *
 * protected void doGet(HttpServletRequest request, HttpServletResponse response) {
 *   Context ctx = ContextFilter.context(request);
 *   ...
 * }
 * }</pre>
 *
 * <p>A request that a servlet answers asynchronously has its context until that answer is complete;
 * do not close it in the servlet. Where the context ends first, the stack answers and completes,
 * and what the servlet still does with its response has no effect or fails with a {@link
 * dev.resilience.http.server.ResponseTakenException}.
 *
 * <p>Forms that the container reads itself ({@code getParameter}, {@code getParts}) are under the
 * container's limits. Thread-safe.
 */
public final class ContextFilter implements Filter {

  private static final String CONTEXT = "dev.resilience.context";
  private static final String EXCHANGE = "dev.resilience.exchange";

  private final ServerStack stack;
  private final DisconnectSource disconnects;

  private ContextFilter(ServerStack stack, DisconnectSource disconnects) {
    this.stack = stack;
    this.disconnects = disconnects;
  }

  /** A filter that serves requests by a stack. */
  public static ContextFilter of(ServerStack stack) {
    return new ContextFilter(requireNonNull(stack, "stack"), (request, gone) -> {});
  }

  /** The same where the container tells more of clients that leave. */
  public ContextFilter hearing(DisconnectSource source) {
    return new ContextFilter(stack, requireNonNull(source, "source"));
  }

  /**
   * The context of a request.
   *
   * @throws IllegalStateException if the request did not come through this filter
   */
  public static Context context(ServletRequest request) {
    if (request.getAttribute(CONTEXT) instanceof Context ctx) {
      return ctx;
    }
    throw new IllegalStateException(
        "request: without a context (expected: one that came through a ContextFilter)");
  }

  /** Registers this filter for all paths, before the filters of the deployment descriptor. */
  public FilterRegistration.Dynamic register(ServletContext container) {
    FilterRegistration.Dynamic registration = container.addFilter(stack.name(), this);
    registration.setAsyncSupported(true);
    registration.addMappingForUrlPatterns(
        EnumSet.of(DispatcherType.REQUEST, DispatcherType.ASYNC), false, "/*");
    return registration;
  }

  @Override
  public void doFilter(ServletRequest request, ServletResponse response, FilterChain chain)
      throws IOException, ServletException {
    if (request.getAttribute(EXCHANGE) instanceof ServletExchange known) {
      if (request.getDispatcherType() == DispatcherType.ASYNC) {
        known.redispatched(() -> chain.doFilter(request, response));
      } else {
        chain.doFilter(request, response);
      }
      return;
    }
    if (!(request instanceof HttpServletRequest http)
        || !(response instanceof HttpServletResponse answer)) {
      chain.doFilter(request, response);
      return;
    }
    ServletExchange exchange = new ServletExchange(http, answer);
    http.setAttribute(EXCHANGE, exchange);
    disconnects.listen(http, exchange::clientGone);
    stack.serve(
        exchange,
        (ctx, same) -> {
          http.setAttribute(CONTEXT, ctx);
          chain.doFilter(exchange.request(), exchange.response());
        });
    exchange.breakOffIfAborted();
  }
}
