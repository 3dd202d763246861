package dev.resilience.servlet;

import dev.resilience.http.server.ResponseTakenException;
import dev.resilience.http.server.ServerExchange;
import jakarta.servlet.AsyncContext;
import jakarta.servlet.AsyncEvent;
import jakarta.servlet.AsyncListener;
import jakarta.servlet.RequestDispatcher;
import jakarta.servlet.ServletException;
import jakarta.servlet.ServletOutputStream;
import jakarta.servlet.http.HttpServletMapping;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeoutException;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** A request of a servlet container. */
final class ServletExchange extends ServerExchange {

  /** An address of either version, also in brackets; names are not looked up. */
  private static final Pattern ADDRESS =
      Pattern.compile("\\[?[0-9a-fA-F.]*:[0-9a-fA-F:.]*(%\\w+)?\\]?|[0-9]+(\\.[0-9]+){3}");

  private final HttpServletRequest real;
  private final HttpServletResponse realResponse;
  private final GuardedRequest request;
  private final GuardedResponse response;
  private final AsyncListener listener = new Listener();

  // Containers use their objects again while the end of an exchange is still being told.
  private final String method;
  private final String path;
  private final @Nullable String query;
  private final String operation;
  private final String protocol;

  private volatile @Nullable AsyncContext async;
  private volatile boolean complete;
  private volatile boolean aborted;

  ServletExchange(HttpServletRequest real, HttpServletResponse realResponse) {
    this.real = real;
    this.realResponse = realResponse;
    this.response = new GuardedResponse(this, realResponse);
    this.request = new GuardedRequest(this, real, response);
    this.method = real.getMethod();
    this.path = real.getRequestURI();
    this.query = real.getQueryString();
    this.protocol = real.getProtocol();
    HttpServletMapping mapping = real.getHttpServletMapping();
    this.operation = method + " " + (mapping == null ? "/*" : mapping.getPattern());
  }

  GuardedRequest request() {
    return request;
  }

  GuardedResponse response() {
    return response;
  }

  // ---- the request

  @Override
  public String method() {
    return method;
  }

  @Override
  public String path() {
    return path;
  }

  @Override
  public Optional<String> query() {
    return Optional.ofNullable(query);
  }

  @Override
  public String operation() {
    return operation;
  }

  @Override
  public String protocol() {
    return protocol;
  }

  @Override
  public Optional<String> header(String name) {
    return Optional.ofNullable(real.getHeader(name));
  }

  @Override
  public List<String> headers(String name) {
    return Collections.list(real.getHeaders(name));
  }

  @Override
  public Iterable<String> headerNames() {
    return Collections.list(real.getHeaderNames());
  }

  @Override
  public @Nullable InetSocketAddress remoteAddress() {
    return socket(real.getRemoteAddr(), real.getRemotePort());
  }

  @Override
  public @Nullable InetSocketAddress localAddress() {
    return socket(real.getLocalAddr(), real.getLocalPort());
  }

  private static @Nullable InetSocketAddress socket(@Nullable String address, int port) {
    if (address == null || port < 0 || !ADDRESS.matcher(address).matches()) {
      return null;
    }
    try {
      return new InetSocketAddress(InetAddress.getByName(address), port);
    } catch (UnknownHostException malformed) {
      return null;
    }
  }

  // ---- the response

  @Override
  protected boolean isCommitted() {
    return realResponse.isCommitted();
  }

  @Override
  protected boolean isComplete() {
    return complete;
  }

  @Override
  protected boolean isAsync() {
    return async != null;
  }

  /**
   * A stream of HTTP/2 that its client has reset: Tomcat notes that in an attribute of the request
   * and tells nobody, as long as a blocking servlet runs.
   */
  @Override
  protected boolean isReset() {
    return protocol.startsWith("HTTP/2")
        && real.getAttribute(RequestDispatcher.ERROR_EXCEPTION) instanceof IOException;
  }

  @Override
  protected void putHeader(String name, String value) {
    realResponse.setHeader(name, value);
  }

  @Override
  protected void send(int status, Map<String, String> all, byte[] body) throws IOException {
    realResponse.reset();
    realResponse.setStatus(status);
    all.forEach(realResponse::setHeader);
    if (status != HttpServletResponse.SC_NO_CONTENT) {
      realResponse.setContentLength(body.length);
    }
    ServletOutputStream out = realResponse.getOutputStream();
    if (!method.equals("HEAD")) {
      out.write(body);
    }
    out.close(); // the client has all of it, whatever the servlet's thread does
  }

  /** The container does it when its thread comes back: see {@link #breakOffIfAborted}. */
  @Override
  protected void abort() {
    aborted = true;
  }

  @Override
  protected void abortLater() {
    aborted = true;
  }

  @Override
  protected void complete() {
    if (status() == 0) {
      sent(realResponse.getStatus());
    }
  }

  /** An asynchronous request ends when somebody says so. */
  @Override
  protected void release() {
    AsyncContext started = async;
    if (started == null || complete) {
      return;
    }
    complete = true;
    try {
      if (aborted) {
        started.dispatch(); // comes back to redispatched, on a thread that can break it off
      } else {
        started.complete();
      }
    } catch (IllegalStateException over) {
      // The container has completed it.
    }
  }

  /** An exception is the one way to tell a container that a committed response is not whole. */
  void breakOffIfAborted() throws IOException {
    if (aborted) {
      throw new IOException("the response was broken off");
    }
  }

  // ---- asynchronous

  /** A part of a servlet. */
  @FunctionalInterface
  interface ServletWork {
    void run() throws IOException, ServletException;
  }

  void redispatched(ServletWork work) throws IOException {
    breakOffIfAborted();
    async = null; // until the servlet starts it again
    Throwable failure = null;
    try {
      work.run();
    } catch (Throwable thrown) {
      failure = thrown;
    }
    if (failure != null || async == null) {
      finish(failure);
    }
    breakOffIfAborted();
  }

  /** The servlet has returned without an answer. */
  AsyncContext started(AsyncContext container) {
    container.addListener(listener);
    async = container;
    if (isCutOff()) {
      finish(null);
    }
    return new GuardedAsync(this, container);
  }

  void completeAsync(AsyncContext container) {
    changing(
        () -> {
          beforeResponse();
          complete();
          complete = true;
          container.complete();
        });
  }

  /** Does something that has no effect once the response was taken. */
  void changing(Runnable change) {
    try {
      owned(change::run);
    } catch (ResponseTakenException over) {
      // As after a commit.
    } catch (IOException impossible) {
      throw new AssertionError(impossible);
    }
  }

  /** Does something with the response that fails once it was taken. */
  void using(IoWork work) throws IOException {
    owned(
        () -> {
          beforeResponse();
          work.run();
        });
  }

  void writeBody(int bytes, IoWork work) throws IOException {
    write(bytes, work::run);
  }

  int readBody(IoRead read) throws IOException {
    return read(read::run);
  }

  void closed() {
    complete();
    complete = async == null; // else the servlet still has to say so
  }

  /** After the servlet has reset the response. */
  void keepHeadersOfFilters() {
    headersOfFilters().forEach(realResponse::setHeader);
  }

  boolean isTakenAway() {
    return isCutOff();
  }

  /** Something with a stream. */
  @FunctionalInterface
  interface IoWork {
    void run() throws IOException;
  }

  /** A read from a stream. */
  @FunctionalInterface
  interface IoRead {
    int run() throws IOException;
  }

  private final class Listener implements AsyncListener {

    @Override
    public void onComplete(AsyncEvent event) {
      complete = true;
      finish(null);
    }

    @Override
    public void onTimeout(AsyncEvent event) {
      finish(new TimeoutException("the container's limit of an asynchronous request"));
    }

    /** A failure of a servlet does not come here: it was caught before. */
    @Override
    public void onError(AsyncEvent event) {
      Throwable failure = event.getThrowable();
      if (failure == null || failure instanceof IOException) {
        clientGone();
      } else {
        finish(failure);
      }
    }

    @Override
    public void onStartAsync(AsyncEvent event) {}
  }
}
