package dev.resilience.page;

import java.io.IOException;
import java.io.OutputStream;
import java.util.Map;
import java.util.Optional;

/**
 * A request for the page, as whatever server has got it; implement it to mount a page into a server
 * of yours ({@link LivePage#handle}).
 *
 * <pre>{@code
 * protected void service(HttpServletRequest request, HttpServletResponse response) throws IOException {
 *   page.handle(new ServletPageExchange(request, response));   // path: request.getPathInfo()
 * }
 * }</pre>
 */
public interface PageExchange {

  /** The method: {@code GET}, {@code POST}. */
  String method();

  /** The path below the place where the page is mounted, with or without a slash in front. */
  String path();

  /** The query of the address, not decoded; empty where there is none. */
  String query();

  /** The first value of a header, whatever the case of its name. */
  Optional<String> header(String name);

  /**
   * Sends the status and the headers.
   *
   * @return for the body, which may go on as long as the client listens; must not gather what is
   *     flushed. An {@link IOException} from it says that the client has gone
   */
  OutputStream respond(int status, Map<String, String> headers) throws IOException;
}
