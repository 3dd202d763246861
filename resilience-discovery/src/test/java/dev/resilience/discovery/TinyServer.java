package dev.resilience.discovery;

import dev.resilience.discovery.registry.ServiceInstance;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/** Answers each path with a status; to a path that it does not know it never answers. */
public final class TinyServer implements AutoCloseable {

  private final ServerSocket server;
  private final Map<String, Integer> statuses;

  public TinyServer(Map<String, Integer> statuses) throws IOException {
    this.statuses = statuses;
    this.server = new ServerSocket(0, 10, InetAddress.getLoopbackAddress());
    Thread acceptor = new Thread(this::accept, "tiny-server");
    acceptor.setDaemon(true);
    acceptor.start();
  }

  public ServiceInstance instance() {
    return ServiceInstance.of(
        "orders", server.getInetAddress().getHostAddress(), server.getLocalPort());
  }

  private void accept() {
    while (!server.isClosed()) {
      try {
        Socket socket = server.accept();
        if (server.isClosed()) { // an accept that was under way may outlive the close
          socket.close();
          return;
        }
        answer(socket);
      } catch (IOException closed) {
        return;
      }
    }
  }

  private void answer(Socket socket) throws IOException {
    BufferedReader in =
        new BufferedReader(
            new InputStreamReader(socket.getInputStream(), StandardCharsets.US_ASCII));
    String first = in.readLine();
    String line = first;
    while (line != null && !line.isEmpty()) {
      line = in.readLine();
    }
    Integer status = first == null ? null : statuses.get(first.split(" ", -1)[1]);
    if (status != null) {
      socket
          .getOutputStream()
          .write(
              ("HTTP/1.1 " + status + " Status\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
                  .getBytes(StandardCharsets.US_ASCII));
      socket.close();
    }
  }

  @Override
  public void close() {
    try {
      server.close();
    } catch (IOException failed) {
      throw new UncheckedIOException(failed);
    }
  }
}
