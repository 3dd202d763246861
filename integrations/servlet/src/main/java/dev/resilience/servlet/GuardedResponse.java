package dev.resilience.servlet;

import static java.util.Objects.requireNonNull;

import jakarta.servlet.ServletOutputStream;
import jakarta.servlet.WriteListener;
import jakarta.servlet.http.Cookie;
import jakarta.servlet.http.HttpServletResponse;
import jakarta.servlet.http.HttpServletResponseWrapper;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.Writer;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * What servlets get. Once the response was taken, changes have no effect, as after a commit, and
 * writes fail.
 */
final class GuardedResponse extends HttpServletResponseWrapper {

  private final ServletExchange owner;
  private @Nullable ServletOutputStream out;
  private @Nullable PrintWriter writer;

  GuardedResponse(ServletExchange owner, HttpServletResponse real) {
    super(real);
    this.owner = owner;
  }

  // ---- the head

  @Override
  public boolean isCommitted() {
    return owner.isTakenAway() || super.isCommitted();
  }

  @Override
  public void setStatus(int status) {
    owner.changing(() -> super.setStatus(status));
  }

  @Override
  public void setHeader(String name, String value) {
    owner.changing(() -> super.setHeader(name, value));
  }

  @Override
  public void addHeader(String name, String value) {
    owner.changing(() -> super.addHeader(name, value));
  }

  @Override
  public void setIntHeader(String name, int value) {
    owner.changing(() -> super.setIntHeader(name, value));
  }

  @Override
  public void addIntHeader(String name, int value) {
    owner.changing(() -> super.addIntHeader(name, value));
  }

  @Override
  public void setDateHeader(String name, long date) {
    owner.changing(() -> super.setDateHeader(name, date));
  }

  @Override
  public void addDateHeader(String name, long date) {
    owner.changing(() -> super.addDateHeader(name, date));
  }

  @Override
  public void addCookie(Cookie cookie) {
    owner.changing(() -> super.addCookie(cookie));
  }

  @Override
  public void setContentLength(int length) {
    owner.changing(() -> super.setContentLength(length));
  }

  @Override
  public void setContentLengthLong(long length) {
    owner.changing(() -> super.setContentLengthLong(length));
  }

  @Override
  public void setContentType(String type) {
    owner.changing(() -> super.setContentType(type));
  }

  @Override
  public void setCharacterEncoding(String charset) {
    owner.changing(() -> super.setCharacterEncoding(charset));
  }

  @Override
  public void setLocale(Locale locale) {
    owner.changing(() -> super.setLocale(locale));
  }

  @Override
  public void setBufferSize(int size) {
    owner.changing(() -> super.setBufferSize(size));
  }

  // ---- the response as a whole

  @Override
  public void sendError(int status, String message) throws IOException {
    owner.using(() -> super.sendError(status, message));
  }

  @Override
  public void sendError(int status) throws IOException {
    owner.using(() -> super.sendError(status));
  }

  @Override
  public void sendRedirect(String location) throws IOException {
    owner.using(() -> super.sendRedirect(location));
  }

  @Override
  public void sendRedirect(String location, int status, boolean clearBuffer) throws IOException {
    owner.using(() -> super.sendRedirect(location, status, clearBuffer));
  }

  @Override
  public void reset() {
    owner.changing(
        () -> {
          super.reset();
          out = null;
          writer = null;
          owner.keepHeadersOfFilters();
        });
  }

  @Override
  public void resetBuffer() {
    owner.changing(super::resetBuffer);
  }

  @Override
  public void flushBuffer() throws IOException {
    owner.writeBody(0, super::flushBuffer);
  }

  // ---- the body

  @Override
  public ServletOutputStream getOutputStream() throws IOException {
    if (out == null) {
      owner.using(() -> out = new GuardedOutput(super.getOutputStream()));
    }
    return requireNonNull(out);
  }

  @Override
  public PrintWriter getWriter() throws IOException {
    if (writer == null) {
      owner.using(() -> writer = new PrintWriter(new GuardedWriter(super.getWriter())));
    }
    return requireNonNull(writer);
  }

  private final class GuardedOutput extends ServletOutputStream {

    private final ServletOutputStream real;

    GuardedOutput(ServletOutputStream real) {
      this.real = real;
    }

    @Override
    public void write(int b) throws IOException {
      owner.writeBody(1, () -> real.write(b));
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
      owner.writeBody(length, () -> real.write(bytes, offset, length));
    }

    @Override
    public void flush() throws IOException {
      owner.writeBody(0, real::flush);
    }

    @Override
    public void close() throws IOException {
      owner.writeBody(
          0,
          () -> {
            real.close();
            owner.closed();
          });
    }

    @Override
    public boolean isReady() {
      return real.isReady();
    }

    @Override
    public void setWriteListener(WriteListener listener) {
      real.setWriteListener(listener);
    }
  }

  /** Counts characters where the stream counts bytes. */
  private final class GuardedWriter extends Writer {

    private final PrintWriter real;

    GuardedWriter(PrintWriter real) {
      this.real = real;
    }

    @Override
    public void write(char[] text, int offset, int length) throws IOException {
      owner.writeBody(length, () -> real.write(text, offset, length));
    }

    @Override
    public void flush() throws IOException {
      owner.writeBody(0, real::flush);
    }

    @Override
    public void close() throws IOException {
      owner.writeBody(
          0,
          () -> {
            real.close();
            owner.closed();
          });
    }
  }
}
