package dev.resilience.examples.start;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import dev.resilience.context.Context;
import dev.resilience.http.client.ResilientHttpClient;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The example of the README. */
@Timeout(60)
class FirstCallTest {

  @Test
  void prints_what_the_second_attempt_brings() throws Exception {
    AtomicInteger requests = new AtomicInteger();
    HttpServer server =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext(
        "/",
        exchange -> {
          try (exchange) {
            byte[] body = "hello".getBytes(UTF_8);
            exchange.sendResponseHeaders(requests.incrementAndGet() == 1 ? 503 : 200, body.length);
            exchange.getResponseBody().write(body);
          }
        });
    server.start();
    String page = "http://127.0.0.1:" + server.getAddress().getPort() + "/";
    PrintStream screen = System.out;
    var printed = new ByteArrayOutputStream();
    System.setOut(new PrintStream(printed, true, UTF_8));
    try {
      warmUp(page);
      requests.set(0);
      FirstCall.main(page);
    } finally {
      System.setOut(screen);
      server.stop(0);
    }
    assertThat(printed.toString(UTF_8).strip()).isEqualTo("hello");
    assertThat(requests).hasValueGreaterThanOrEqualTo(2); // more, if it was slow and hedged
  }

  /** A cold JVM may want more than the two seconds. */
  private static void warmUp(String page) throws Exception {
    ResilientHttpClient.of("warm-up")
        .fetch(
            Context.background(),
            HttpRequest.newBuilder(URI.create(page)).build(),
            BodyHandlers.ofString());
  }
}
