package dev.resilience.http.client;

import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A server that writes what a test tells it to, byte for byte, and hears its client leave: what no
 * HTTP server does that respects RFC 9112. On a free port of loopback, with daemon threads. For the
 * tests of the other client, too.
 */
public final class RawServer implements AutoCloseable {

  /** What the server does with a request; when it returns, the next one is read. */
  @FunctionalInterface
  public interface Script {
    void serve(Request request) throws IOException, InterruptedException;
  }

  private final ServerSocket listener;
  private final Script script;
  private final AtomicInteger connections = new AtomicInteger();
  private final List<Request> requests = new CopyOnWriteArrayList<>();
  private final List<Socket> sockets = new CopyOnWriteArrayList<>();

  public RawServer(Script script) throws IOException {
    this.listener = new ServerSocket(0, 100, InetAddress.getLoopbackAddress());
    this.script = script;
    daemon("raw-server", this::accept);
  }

  /** An address where nobody listens. */
  public static URI deserted() throws IOException {
    try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return URI.create("http://127.0.0.1:" + free.getLocalPort() + "/");
    }
  }

  public static String response(int status, String body, String... headers) {
    StringBuilder text = new StringBuilder("HTTP/1.1 " + status + " x\r\n");
    for (String header : headers) {
      text.append(header).append("\r\n");
    }
    return text + "Content-Length: " + body.length() + "\r\n\r\n" + body;
  }

  public URI uri(String path) {
    return URI.create("http://127.0.0.1:" + listener.getLocalPort() + path);
  }

  /** Connections that were made so far. */
  public int connections() {
    return connections.get();
  }

  /** Requests that came so far. */
  public List<Request> requests() {
    return requests;
  }

  public Request request(int number) {
    return requests.get(number - 1);
  }

  private static void daemon(String name, Runnable body) {
    Thread thread = new Thread(body, name);
    thread.setDaemon(true);
    thread.start();
  }

  private void accept() {
    try {
      while (true) {
        Socket socket = listener.accept();
        socket.setTcpNoDelay(true);
        sockets.add(socket);
        int number = connections.incrementAndGet();
        daemon("raw-connection-" + number, () -> serve(socket, number));
      }
    } catch (IOException closed) {
      // The test is over.
    }
  }

  private void serve(Socket socket, int number) {
    try (socket) {
      InputStream in = new BufferedInputStream(socket.getInputStream());
      while (true) {
        Request request = Request.read(socket, in, number);
        requests.add(request);
        script.serve(request);
      }
    } catch (IOException gone) {
      // The client has left, or the script has closed the connection.
    } catch (InterruptedException stopped) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public void close() throws IOException {
    listener.close();
    for (Socket socket : sockets) {
      socket.close();
    }
  }

  /** A request, and the connection that it came on. */
  public static final class Request {

    private final Socket socket;
    private final InputStream in;
    public final int connection;
    public final String method;
    public final String path;
    public final Map<String, String> headers;
    public final String body;

    /** Completes with the moment at which the client was seen to have left. */
    public final CompletableFuture<Long> left = new CompletableFuture<>();

    private Request(
        Socket socket,
        InputStream in,
        int connection,
        String first,
        Map<String, String> headers,
        String body) {
      this.socket = socket;
      this.in = in;
      this.connection = connection;
      int space = first.indexOf(' ');
      this.method = first.substring(0, space);
      this.path = first.substring(space + 1, first.indexOf(' ', space + 1));
      this.headers = headers;
      this.body = body;
    }

    public String header(String name) {
      return headers.get(name);
    }

    public Request send(String text) throws IOException {
      socket.getOutputStream().write(text.getBytes(StandardCharsets.ISO_8859_1));
      socket.getOutputStream().flush();
      return this;
    }

    /** Stands still until the client closes the connection. */
    public void awaitLeft() throws IOException {
      try {
        while (in.read() >= 0) {
          // It may send something yet.
        }
      } catch (IOException reset) {
        // So it has left in anger.
      }
      left.complete(System.nanoTime());
      throw new EOFException("the client has left");
    }

    /** Ends the connection in the usual way. */
    public void close() throws IOException {
      socket.close();
      throw new EOFException("closed");
    }

    /** Ends it by a reset. */
    public void reset() throws IOException {
      socket.setSoLinger(true, 0);
      close();
    }

    static Request read(Socket socket, InputStream in, int connection) throws IOException {
      String first = line(in);
      Map<String, String> headers = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
      for (String line = line(in); !line.isEmpty(); line = line(in)) {
        int colon = line.indexOf(':');
        headers.put(line.substring(0, colon), line.substring(colon + 1).strip());
      }
      return new Request(socket, in, connection, first, headers, body(in, headers));
    }

    private static String body(InputStream in, Map<String, String> headers) throws IOException {
      if (headers
          .getOrDefault("Transfer-Encoding", "")
          .toLowerCase(Locale.ROOT)
          .equals("chunked")) {
        StringBuilder all = new StringBuilder();
        while (true) {
          int size = Integer.parseInt(line(in), 16);
          all.append(new String(in.readNBytes(size), StandardCharsets.ISO_8859_1));
          line(in);
          if (size == 0) {
            return all.toString();
          }
        }
      }
      int length = Integer.parseInt(headers.getOrDefault("Content-Length", "0"));
      return new String(in.readNBytes(length), StandardCharsets.ISO_8859_1);
    }

    private static String line(InputStream in) throws IOException {
      StringBuilder text = new StringBuilder();
      for (int c = in.read(); c != '\n'; c = in.read()) {
        if (c < 0) {
          throw new EOFException("the client has closed");
        }
        if (c != '\r') {
          text.append((char) c);
        }
      }
      return text.toString();
    }
  }
}
