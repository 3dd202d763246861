package dev.resilience.examples.http;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Answers {@code /quick} at once, and of all else sends the headers and a part of the body, and no
 * more: then it waits for its client to leave, and notes when.
 */
final class StallingServer implements AutoCloseable {

  private static final String QUICK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
  private static final String STALLED = "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nthe be";

  private final ServerSocket listener;
  private final AtomicInteger connections = new AtomicInteger();
  private final BlockingQueue<Long> left = new LinkedBlockingQueue<>();

  StallingServer() throws IOException {
    listener = new ServerSocket(0, 100, InetAddress.getLoopbackAddress());
    daemon(this::accept);
  }

  URI uri(String path) {
    return URI.create("http://127.0.0.1:" + listener.getLocalPort() + path);
  }

  int connections() {
    return connections.get();
  }

  /** When a client was seen to leave, by {@link System#nanoTime}. */
  BlockingQueue<Long> left() {
    return left;
  }

  private static void daemon(Runnable body) {
    Thread thread = new Thread(body, "stalling-server");
    thread.setDaemon(true);
    thread.start();
  }

  private void accept() {
    try {
      while (true) {
        Socket socket = listener.accept();
        socket.setTcpNoDelay(true);
        connections.incrementAndGet();
        daemon(() -> serve(socket));
      }
    } catch (IOException closed) {
      // The program is over.
    }
  }

  private void serve(Socket socket) {
    try (socket) {
      BufferedReader in =
          new BufferedReader(
              new InputStreamReader(socket.getInputStream(), StandardCharsets.ISO_8859_1));
      @Nullable String first = in.readLine();
      while (first != null) {
        for (String line = in.readLine(); line != null && !line.isEmpty(); line = in.readLine()) {
          // Headers are of no interest here.
        }
        boolean isQuick = first.contains("/quick");
        socket
            .getOutputStream()
            .write((isQuick ? QUICK : STALLED).getBytes(StandardCharsets.ISO_8859_1));
        if (!isQuick) {
          awaitEnd(in);
          return;
        }
        first = in.readLine();
      }
    } catch (IOException gone) {
      // The client.
    }
  }

  private void awaitEnd(BufferedReader in) {
    try {
      while (in.read() >= 0) {
        // It has nothing to say.
      }
    } catch (IOException reset) {
      // Which is leaving, too.
    }
    left.add(System.nanoTime());
  }

  @Override
  public void close() throws IOException {
    listener.close();
  }
}
