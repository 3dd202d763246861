package dev.resilience.servlet;

import jakarta.servlet.AsyncContext;
import jakarta.servlet.ReadListener;
import jakarta.servlet.ServletInputStream;
import jakarta.servlet.ServletRequest;
import jakarta.servlet.ServletResponse;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletRequestWrapper;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** What servlets get: its body is under limits, and its asynchronous part keeps the guards. */
final class GuardedRequest extends HttpServletRequestWrapper {

  private final ServletExchange owner;
  private final GuardedResponse response;
  private @Nullable ServletInputStream in;
  private @Nullable BufferedReader reader;
  private @Nullable AsyncContext async;

  GuardedRequest(ServletExchange owner, HttpServletRequest real, GuardedResponse response) {
    super(real);
    this.owner = owner;
    this.response = response;
  }

  @Override
  public ServletInputStream getInputStream() throws IOException {
    if (reader != null) {
      throw new IllegalStateException("getInputStream after getReader");
    }
    return input();
  }

  private ServletInputStream input() throws IOException {
    if (in == null) {
      in = new GuardedInput(super.getInputStream());
    }
    return in;
  }

  @Override
  public BufferedReader getReader() throws IOException {
    if (reader == null) {
      if (in != null) {
        throw new IllegalStateException("getReader after getInputStream");
      }
      String charset = getCharacterEncoding();
      reader =
          new BufferedReader(
              new InputStreamReader(
                  input(), charset == null ? StandardCharsets.ISO_8859_1.name() : charset));
    }
    return reader;
  }

  /** By the container's own method the servlet would get its response without a guard. */
  @Override
  public AsyncContext startAsync() {
    return startAsync(this, response);
  }

  @Override
  public AsyncContext startAsync(ServletRequest servlets, ServletResponse answer) {
    if (owner.isTakenAway()) {
      throw new IllegalStateException("startAsync: the request has ended");
    }
    AsyncContext started = owner.started(super.startAsync(servlets, answer));
    async = started;
    return started;
  }

  @Override
  public AsyncContext getAsyncContext() {
    AsyncContext started = async;
    if (started == null) {
      throw new IllegalStateException("getAsyncContext: not started");
    }
    return started;
  }

  private final class GuardedInput extends ServletInputStream {

    private final ServletInputStream real;

    GuardedInput(ServletInputStream real) {
      this.real = real;
    }

    @Override
    public int read() throws IOException {
      byte[] one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] bytes, int offset, int length) throws IOException {
      return owner.readBody(() -> real.read(bytes, offset, length));
    }

    @Override
    public boolean isFinished() {
      return real.isFinished();
    }

    @Override
    public boolean isReady() {
      return real.isReady();
    }

    @Override
    public void setReadListener(ReadListener listener) {
      real.setReadListener(listener);
    }

    @Override
    public void close() throws IOException {
      real.close();
    }
  }
}
