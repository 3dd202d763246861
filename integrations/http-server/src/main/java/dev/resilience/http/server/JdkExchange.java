package dev.resilience.http.server;

import com.sun.net.httpserver.Headers;
import com.sun.net.httpserver.HttpExchange;
import dev.resilience.context.CancellableContext;
import dev.resilience.context.Context;
import dev.resilience.context.ContextException;
import dev.resilience.stage.Stages;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** An exchange of the JDK's server. */
final class JdkExchange extends ServerExchange {

  private static final long NO_BODY = -1;
  private static final Duration LONGEST_DRAIN = Duration.ofMillis(200);

  private final HttpExchange real;
  private final GuardedHttpExchange guarded;

  // Guarded by the response's owner.
  private boolean committed;
  private long declared;

  private volatile boolean async;
  private volatile boolean complete;
  private volatile boolean aborted;
  private volatile boolean wholeBodyRead;

  JdkExchange(HttpExchange real) {
    this.real = real;
    this.guarded = new GuardedHttpExchange(this, real);
    this.wholeBodyRead =
        !real.getRequestHeaders().containsKey("Transfer-Encoding")
            && "0".equals(first(real.getRequestHeaders(), "Content-Length", "0"));
  }

  private static String first(Headers headers, String name, String otherwise) {
    String value = headers.getFirst(name);
    return value == null ? otherwise : value;
  }

  HttpExchange guarded() {
    return guarded;
  }

  void answeredBy(CompletionStage<?> stage) {
    async = true;
    if (isCutOff()) {
      finish(null);
    }
    Stages.watch(stage, (value, failure) -> finish(failure));
  }

  // ---- the request

  @Override
  public String method() {
    return real.getRequestMethod();
  }

  @Override
  public String path() {
    String path = real.getRequestURI().getRawPath();
    return path == null ? "" : path;
  }

  @Override
  public Optional<String> query() {
    return Optional.ofNullable(real.getRequestURI().getRawQuery());
  }

  @Override
  public String operation() {
    return method() + " " + real.getHttpContext().getPath();
  }

  @Override
  public String protocol() {
    return real.getProtocol();
  }

  @Override
  public Optional<String> header(String name) {
    return Optional.ofNullable(real.getRequestHeaders().getFirst(name));
  }

  @Override
  public List<String> headers(String name) {
    List<String> values = real.getRequestHeaders().get(name);
    return values == null ? List.of() : List.copyOf(values);
  }

  @Override
  public Iterable<String> headerNames() {
    return real.getRequestHeaders().keySet();
  }

  @Override
  public @Nullable InetSocketAddress remoteAddress() {
    return real.getRemoteAddress();
  }

  @Override
  public @Nullable InetSocketAddress localAddress() {
    return real.getLocalAddress();
  }

  // ---- the response

  @Override
  protected boolean isCommitted() {
    return committed;
  }

  @Override
  protected boolean isComplete() {
    return complete;
  }

  @Override
  protected boolean isAsync() {
    return async;
  }

  /** Filters' headers are sent with whatever is sent. */
  @Override
  protected void putHeader(String name, String value) {}

  @Override
  protected void send(int status, Map<String, String> all, byte[] body) throws IOException {
    Headers headers = real.getResponseHeaders();
    headers.clear();
    all.forEach(headers::set);
    committed = true;
    boolean isBare = body.length == 0 || method().equals("HEAD") || status == 204;
    real.sendResponseHeaders(status, isBare ? NO_BODY : body.length);
    if (!isBare) {
      OutputStream out = real.getResponseBody();
      out.write(body);
      out.flush(); // closing it would read the rest of the request: that is release's
    }
    complete = true;
  }

  @Override
  protected void abort() {
    aborted = true;
    closeAtOnce();
  }

  @Override
  protected void abortLater() {
    aborted = true;
  }

  @Override
  protected void complete() throws IOException {
    if (!committed) {
      committed = true;
      guarded.copyHeaders();
      sent(200);
      real.sendResponseHeaders(200, NO_BODY);
    } else if (!complete) {
      complete = true;
      real.getResponseBody().close();
    }
  }

  @Override
  protected void release() {
    if (aborted) {
      closeAtOnce();
    } else if (isCutOff() && !wholeBodyRead) {
      closeSoon();
    } else {
      real.close();
    }
  }

  /**
   * Closes the connection when what was sent of the request has been read, or would reset it before
   * the client has read its answer; but does not wait for a client that has stopped sending.
   */
  private void closeSoon() {
    try (CancellableContext soon = Context.background().withTimeout(LONGEST_DRAIN)) {
      soon.<Boolean, RuntimeException>interruptibly(
          () -> {
            real.close();
            return true;
          });
    } catch (ContextException stalled) {
      // The interrupt has closed it.
    }
  }

  /**
   * Closes the connection without completing the response, as {@link HttpExchange#close} would: an
   * interrupted thread closes a channel that it touches.
   */
  private void closeAtOnce() {
    boolean wasInterrupted = Thread.interrupted();
    Thread.currentThread().interrupt();
    try {
      real.close();
    } finally {
      Thread.interrupted();
      if (wasInterrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  // ---- for the guarded exchange

  int readBody(BodyRead action) throws IOException {
    int bytes = read(action);
    if (bytes < 0) {
      wholeBodyRead = true;
    }
    return bytes;
  }

  void start(int status, long length) throws IOException {
    owned(
        () -> {
          if (committed) {
            throw new IOException("headers already sent");
          }
          beforeResponse();
          guarded.copyHeaders();
          sent(status);
          committed = true;
          declared = length;
          complete = length == NO_BODY || method().equals("HEAD");
          real.sendResponseHeaders(status, length);
        });
  }

  void writeBody(int bytes, ResponseAction action) throws IOException {
    write(
        bytes,
        () -> {
          if (!committed) {
            throw new IOException("headers not sent yet");
          }
          action.run();
          if (bytes > 0 && bytesWritten() + bytes == declared) {
            complete = true;
          }
        });
  }

  void closeBody(ResponseAction action) throws IOException {
    owned(
        () -> {
          complete = true;
          action.run();
        });
  }

  Map<String, String> filterHeaders() {
    return headersOfFilters();
  }
}
