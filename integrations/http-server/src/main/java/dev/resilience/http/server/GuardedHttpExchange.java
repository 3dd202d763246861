package dev.resilience.http.server;

import com.sun.net.httpserver.Headers;
import com.sun.net.httpserver.HttpContext;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpPrincipal;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.URI;
import org.jspecify.annotations.Nullable;

/** What handlers get: its response can be taken from them, and their headers are their own. */
final class GuardedHttpExchange extends HttpExchange {

  private final JdkExchange owner;
  private final HttpExchange real;
  private final Headers headers = new Headers();
  private InputStream in;
  private OutputStream out;

  GuardedHttpExchange(JdkExchange owner, HttpExchange real) {
    this.owner = owner;
    this.real = real;
    this.in = new GuardedInput();
    this.out = new GuardedOutput();
  }

  /** The handler's headers, and those of filters that it has not set. The response's owner only. */
  void copyHeaders() {
    Headers all = real.getResponseHeaders();
    owner.filterHeaders().forEach(all::set);
    headers.forEach(all::put);
  }

  @Override
  public Headers getRequestHeaders() {
    return real.getRequestHeaders();
  }

  @Override
  public Headers getResponseHeaders() {
    return headers;
  }

  @Override
  public URI getRequestURI() {
    return real.getRequestURI();
  }

  @Override
  public String getRequestMethod() {
    return real.getRequestMethod();
  }

  @Override
  public HttpContext getHttpContext() {
    return real.getHttpContext();
  }

  /** The connection is given back when the handler has returned. */
  @Override
  public void close() {
    try {
      out.close();
    } catch (IOException broken) {
      // Nobody is there any more, or the response was taken.
    }
  }

  @Override
  public InputStream getRequestBody() {
    return in;
  }

  @Override
  public OutputStream getResponseBody() {
    return out;
  }

  @Override
  public void sendResponseHeaders(int status, long length) throws IOException {
    owner.start(status, length);
  }

  @Override
  public InetSocketAddress getRemoteAddress() {
    return real.getRemoteAddress();
  }

  @Override
  public int getResponseCode() {
    return real.getResponseCode();
  }

  @Override
  public InetSocketAddress getLocalAddress() {
    return real.getLocalAddress();
  }

  @Override
  public String getProtocol() {
    return real.getProtocol();
  }

  @Override
  public Object getAttribute(String name) {
    return real.getAttribute(name);
  }

  @Override
  public void setAttribute(String name, @Nullable Object value) {
    real.setAttribute(name, value);
  }

  @Override
  public void setStreams(@Nullable InputStream newIn, @Nullable OutputStream newOut) {
    if (newIn != null) {
      in = newIn;
    }
    if (newOut != null) {
      out = newOut;
    }
  }

  @Override
  public HttpPrincipal getPrincipal() {
    return real.getPrincipal();
  }

  private final class GuardedInput extends FilterInputStream {

    GuardedInput() {
      super(real.getRequestBody());
    }

    @Override
    public int read() throws IOException {
      byte[] one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] bytes, int offset, int length) throws IOException {
      return owner.readBody(() -> in.read(bytes, offset, length));
    }

    @Override
    public long skip(long count) throws IOException {
      byte[] skipped = new byte[(int) Math.max(0, Math.min(8192, count))];
      return Math.max(0, read(skipped, 0, skipped.length));
    }

    /** The rest is read, or not, when the exchange is over. */
    @Override
    public void close() {}
  }

  private final class GuardedOutput extends OutputStream {

    private boolean closed;

    @Override
    public void write(int b) throws IOException {
      write(new byte[] {(byte) b}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
      owner.writeBody(length, () -> real.getResponseBody().write(bytes, offset, length));
    }

    @Override
    public void flush() throws IOException {
      owner.writeBody(0, () -> real.getResponseBody().flush());
    }

    @Override
    public void close() throws IOException {
      if (!closed) {
        closed = true;
        owner.closeBody(() -> real.getResponseBody().close());
      }
    }
  }
}
