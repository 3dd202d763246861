package dev.resilience.http.client;

import java.net.URI;
import java.nio.ByteBuffer;
import java.util.Comparator;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import org.eclipse.jetty.http2.HTTP2Connection;
import org.eclipse.jetty.http2.HTTP2Session;
import org.eclipse.jetty.http2.api.Stream;
import org.eclipse.jetty.http2.frames.GoAwayFrame;
import org.eclipse.jetty.http2.frames.ResetFrame;
import org.eclipse.jetty.http2.server.HTTP2CServerConnectionFactory;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.util.Callback;

/**
 * Jetty with HTTP/2 without encryption, which answers a request as its path says, one part after
 * another: the first request by the first part, what follows by the next, and by 200 at last. A
 * connection becomes one of HTTP/2 by its first request, so that {@code /} goes first.
 */
public final class Http2Server implements AutoCloseable {

  private final Server server = new Server();
  private final ServerConnector connector;
  public final Queue<String> seen = new ConcurrentLinkedQueue<>();

  /** For {@code hold}: such requests are answered when it is open. */
  public final CountDownLatch gate = new CountDownLatch(1);

  /** For {@code late}: such streams are reset when it is open. */
  public final CountDownLatch answered = new CountDownLatch(1);

  public Http2Server(int maxStreams) throws Exception {
    HttpConfiguration config = new HttpConfiguration();
    HTTP2CServerConnectionFactory http2 = new HTTP2CServerConnectionFactory(config);
    http2.setMaxConcurrentStreams(maxStreams);
    connector = new ServerConnector(server, new HttpConnectionFactory(config), http2);
    connector.setHost("127.0.0.1");
    server.addConnector(connector);
    server.setHandler(
        new Handler.Abstract() {
          @Override
          public boolean handle(Request request, Response response, Callback callback)
              throws Exception {
            serve(request, response, callback);
            return true;
          }
        });
    server.start();
  }

  public URI uri(String path) {
    return URI.create("http://127.0.0.1:" + connector.getLocalPort() + path);
  }

  private void serve(Request request, Response response, Callback callback) throws Exception {
    String path = request.getHttpURI().getPath();
    long before = seen.stream().filter(path::equals).count();
    seen.add(path);
    String[] parts = path.substring(1).split("/", -1);
    String part = before < parts.length ? parts[(int) before] : "ok";
    if (part.isEmpty() || part.equals("ok")) {
      // Jetty answers 500 where content has not come yet that nobody reads.
      Content.Source.consumeAll(request, callback);
      return;
    }
    if (part.equals("hold")) {
      gate.await();
      // Jetty answers 500 where content has not come yet that nobody reads.
      Content.Source.consumeAll(request, callback);
      return;
    }
    HTTP2Session session =
        ((HTTP2Connection) request.getConnectionMetaData().getConnection()).getSession();
    Stream stream =
        session.getStreams().stream().max(Comparator.comparing(Stream::getId)).orElseThrow();
    String[] words = part.split("-", -1);
    int code = Integer.parseInt(words[1]);
    ResetFrame reset = new ResetFrame(stream.getId(), code);
    switch (words[0]) {
      case "reset" -> stream.reset(reset, Callback.NOOP);
      case "late" -> {
        response.write(false, ByteBuffer.wrap(new byte[10]), Callback.NOOP);
        // A client may read the reset before it has told anybody of the headers.
        answered.await();
        stream.reset(reset, Callback.NOOP);
      }
      case "goaway" ->
          session.goAway(new GoAwayFrame(stream.getId() - 2, code, null), Callback.NOOP);
      default -> throw new IllegalArgumentException(part);
    }
  }

  @Override
  public void close() throws Exception {
    gate.countDown();
    answered.countDown();
    server.stop();
  }
}
