package dev.resilience.page;

import com.sun.net.httpserver.HttpExchange;
import dev.resilience.text.SafeText;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.Map;
import java.util.Optional;

/** A request that the JDK's own server has got. */
record JdkExchange(HttpExchange exchange) implements PageExchange {

  private static final Logger LOG = System.getLogger(LivePage.class.getName());

  /** The length that makes the server send the body in chunks. */
  private static final int CHUNKED = 0;

  /** Answers, and bears a client that has left. */
  static void serve(LivePage page, HttpExchange exchange) {
    try (exchange) {
      page.handle(new JdkExchange(exchange));
    } catch (IOException clientLeft) {
      SafeText.log(LOG, Level.TRACE, "a client of the page has left", clientLeft);
    } catch (Throwable broken) {
      SafeText.log(LOG, Level.WARNING, "the page failed", broken);
    }
  }

  @Override
  public String method() {
    return exchange.getRequestMethod();
  }

  @Override
  public String path() {
    return exchange
        .getRequestURI()
        .getPath()
        .substring(exchange.getHttpContext().getPath().length());
  }

  @Override
  public String query() {
    String query = exchange.getRequestURI().getRawQuery();
    return query == null ? "" : query;
  }

  @Override
  public Optional<String> header(String name) {
    return Optional.ofNullable(exchange.getRequestHeaders().getFirst(name));
  }

  @Override
  public OutputStream respond(int status, Map<String, String> headers) throws IOException {
    headers.forEach(exchange.getResponseHeaders()::set);
    exchange.sendResponseHeaders(status, CHUNKED);
    return exchange.getResponseBody();
  }
}
