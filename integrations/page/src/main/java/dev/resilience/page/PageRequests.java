package dev.resilience.page;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Answers what the page asks.
 *
 * <ul>
 *   <li>{@code GET .}: the page; {@code GET page.js} and so on: its files
 *   <li>{@code GET data}: all figures as JSON; as a stream of events where the client accepts one
 *   <li>{@code GET top}: the same as text, {@code ?width=120}
 *   <li>{@code POST buttons/ID}: presses a button, with the token
 * </ul>
 */
final class PageRequests {

  private static final String JSON = "application/json; charset=utf-8";
  private static final String TEXT = "text/plain; charset=utf-8";
  private static final int USUAL_WIDTH = 160;

  private final LivePage page;
  private final Access access;
  private final Frames frames;
  private final StaticFiles files = new StaticFiles();
  private final String policy;

  PageRequests(LivePage page, Access access, Frames frames, Set<String> peers) {
    this.page = page;
    this.access = access;
    this.frames = frames;
    List<String> sources =
        new ArrayList<>(List.of("'self'", "http://127.0.0.1:*", "http://localhost:*"));
    sources.addAll(peers);
    this.policy =
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src "
            + String.join(" ", sources)
            + "; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";
  }

  void answer(PageExchange exchange) throws IOException {
    if (!access.isForMe(exchange)) {
      say(exchange, 403, "this page is for loopback only");
      return;
    }
    String path = exchange.path().startsWith("/") ? exchange.path().substring(1) : exchange.path();
    if (path.startsWith("buttons/")) {
      press(exchange, path.substring("buttons/".length()));
    } else if (!exchange.method().equals("GET")) {
      say(exchange, 405, "expected: GET");
    } else if (path.equals("data")) {
      data(exchange);
    } else if (path.equals("top")) {
      say(exchange, 200, page.snapshot().toText(width(exchange.query())));
    } else {
      file(exchange, path.isEmpty() ? "index.html" : path);
    }
  }

  private void press(PageExchange exchange, String id) throws IOException {
    if (!exchange.method().equals("POST")) {
      say(exchange, 405, "expected: POST");
    } else if (!access.isWritable()) {
      say(exchange, 403, "this page is read-only: it was opened without a token");
    } else if (!access.mayPress(exchange)) {
      say(exchange, 401, "expected: Authorization: Bearer and the token of this page");
    } else if (page.press(id)) {
      say(exchange, 200, "done");
    } else {
      say(exchange, 404, "no such button");
    }
  }

  private void data(PageExchange exchange) throws IOException {
    Map<String, String> headers = new LinkedHashMap<>();
    headers.put("Cache-Control", "no-store");
    headers.put("Vary", "Origin, Accept");
    access
        .readableFrom(exchange)
        .ifPresent(origin -> headers.put("Access-Control-Allow-Origin", origin));
    boolean isStream = exchange.header("Accept").orElse("").contains("text/event-stream");
    if (!isStream) {
      respond(exchange, 200, JSON, headers, page.snapshot().toJson());
      return;
    }
    if (!frames.enter()) {
      say(exchange, 503, "as many streams are open as may be");
      return;
    }
    try {
      headers.put("Content-Type", "text/event-stream; charset=utf-8");
      stream(exchange.respond(200, headers));
    } finally {
      frames.leave();
    }
  }

  private void stream(OutputStream out) throws IOException {
    try (out) {
      Frames.Frame last = Frames.none();
      while (true) {
        Frames.Frame next = frames.after(last);
        if (next == null) {
          return;
        }
        // A comment, so that a client that has gone is noticed.
        out.write(next == last ? new byte[] {':', '\n', '\n'} : next.bytes());
        out.flush();
        last = next;
      }
    } catch (InterruptedException stopped) {
      Thread.currentThread().interrupt();
    }
  }

  private void file(PageExchange exchange, String name) throws IOException {
    String type = files.type(name);
    if (type == null) {
      say(exchange, 404, "no such file");
      return;
    }
    try (OutputStream out =
        exchange.respond(
            200,
            Map.of(
                "Content-Type", type,
                "Content-Security-Policy", policy,
                "X-Content-Type-Options", "nosniff",
                "Referrer-Policy", "no-referrer",
                "Cache-Control", "no-cache"))) {
      out.write(files.bytes(name));
    }
  }

  private static int width(String query) {
    return parameter(query, "width")
        .filter(digits -> digits.matches("\\d{1,3}"))
        .map(Integer::parseInt)
        .map(width -> Math.max(SnapshotText.NARROWEST, Math.min(SnapshotText.WIDEST, width)))
        .orElse(USUAL_WIDTH);
  }

  private static Optional<String> parameter(String query, String name) {
    for (String pair : query.split("&", -1)) {
      if (pair.startsWith(name + "=")) {
        return Optional.of(pair.substring(name.length() + 1));
      }
    }
    return Optional.empty();
  }

  private static void say(PageExchange exchange, int status, String text) throws IOException {
    Map<String, String> headers = new LinkedHashMap<>();
    headers.put("Cache-Control", "no-store");
    if (status == 401) {
      headers.put("WWW-Authenticate", "Bearer");
    }
    respond(exchange, status, TEXT, headers, text.endsWith("\n") ? text : text + "\n");
  }

  private static void respond(
      PageExchange exchange, int status, String type, Map<String, String> headers, String text)
      throws IOException {
    headers.put("Content-Type", type);
    headers.put("X-Content-Type-Options", "nosniff");
    try (OutputStream out = exchange.respond(status, headers)) {
      out.write(text.getBytes(StandardCharsets.UTF_8));
    }
  }
}
