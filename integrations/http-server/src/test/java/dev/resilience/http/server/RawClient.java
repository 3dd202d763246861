package dev.resilience.http.server;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;

/** A client of HTTP/1.1 that can do everything wrong. */
final class RawClient implements AutoCloseable {

  private final Socket socket;

  RawClient(int port) throws IOException {
    socket = new Socket(InetAddress.getLoopbackAddress(), port);
    socket.setSoTimeout(20_000);
  }

  /** Sends a text as it is. */
  RawClient send(String text) throws IOException {
    socket.getOutputStream().write(text.getBytes(ISO_8859_1));
    return this;
  }

  /** Sends a request without a body. */
  RawClient get(String path, String... headers) throws IOException {
    StringBuilder request = new StringBuilder("GET " + path + " HTTP/1.1\r\nHost: here\r\n");
    for (String header : headers) {
      request.append(header).append("\r\n");
    }
    return send(request.append("\r\n").toString());
  }

  /** Reads until the server closes the connection. */
  String readAll() throws IOException {
    return new String(socket.getInputStream().readAllBytes(), ISO_8859_1);
  }

  /** Reads a response with a Content-Length. */
  String readResponse() throws IOException {
    InputStream in = socket.getInputStream();
    ByteArrayOutputStream read = new ByteArrayOutputStream();
    int end = -1;
    int length = 0;
    while (end < 0 || read.size() < end + length) {
      int b = in.read();
      if (b < 0) {
        throw new IOException("ended after: " + read.toString(ISO_8859_1));
      }
      read.write(b);
      if (end < 0 && b == '\n' && read.toString(ISO_8859_1).endsWith("\r\n\r\n")) {
        end = read.size();
        String head = read.toString(ISO_8859_1).toLowerCase(java.util.Locale.ROOT);
        int at = head.indexOf("content-length: ");
        length = at < 0 ? 0 : Integer.parseInt(head.substring(at + 16).split("\r\n", 2)[0]);
      }
    }
    return read.toString(ISO_8859_1);
  }

  /** Closes by a reset, as the kernel does for a process that was killed with bytes unread. */
  void reset() throws IOException {
    socket.setSoLinger(true, 0);
    socket.close();
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
