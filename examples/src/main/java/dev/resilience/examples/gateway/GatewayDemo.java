package dev.resilience.examples.gateway;

import dev.resilience.context.Context;
import dev.resilience.examples.gateway.UserService.Mood;
import dev.resilience.examples.program.CtrlC;
import dev.resilience.http.server.AccessLog;
import dev.resilience.limit.RateLimit;
import java.io.IOException;
import java.io.PrintStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * An API gateway with a circuit breaker and a rate limit, before a service that is well, silent and
 * failing; over real sockets. Each line is a request with its answer.
 *
 * <pre>{@code
 * mvn -q -Pdemo -Dmain=gateway.GatewayDemo
 * }</pre>
 *
 * <p>From here, read {@code ApiGateway}.
 */
public final class GatewayDemo {

  private static final Duration OPERATION = Duration.ofSeconds(5);

  private final HttpClient client = HttpClient.newHttpClient();
  private final List<Integer> statuses = new ArrayList<>();
  private final URI gateway;
  private final PrintStream out;

  private GatewayDemo(URI gateway, PrintStream out) {
    this.gateway = gateway;
    this.out = out;
  }

  /** Plays it, in about six seconds. */
  public static void main(String... args) throws Exception {
    try (var interrupt = CtrlC.installed(Duration.ofSeconds(1))) {
      play(interrupt.context(), OPERATION, System.out);
    }
  }

  /**
   * Plays it. Returns the statuses.
   *
   * @param operation how long a request to the gateway may take
   */
  static List<Integer> play(Context ctx, Duration operation, PrintStream out)
      throws IOException, InterruptedException {
    RateLimit rate =
        RateLimit.builder("in").rate(10, Duration.ofHours(1)).maxWait(Duration.ZERO).build();
    try (var users = new UserService();
        var gateway = new ApiGateway(ctx, users.uri(), operation, rate, AccessLog.to(line -> {}))) {
      var demo = new GatewayDemo(gateway.uri(), out);
      demo.say("the user service is well");
      demo.get("?id=7");
      demo.get("?id=1234");
      demo.get("");
      users.turn(Mood.SILENT);
      demo.say("it does not answer");
      demo.get("?id=7");
      users.turn(Mood.FAILING);
      demo.say("it fails; the fifth failure in a row opens the circuit");
      for (int i = 0; i < 5; i++) {
        demo.get("?id=7");
      }
      demo.say("the circuit is open: the service is left alone");
      int before = users.requests();
      demo.get("?id=7");
      demo.say("  it has seen " + (users.requests() - before) + " requests more");
      demo.say("ten requests an hour are let in, and this is the eleventh");
      demo.get("?id=7");
      return demo.statuses;
    }
  }

  private void get(String query) throws IOException, InterruptedException {
    long began = System.nanoTime();
    HttpResponse<String> response =
        client.send(
            HttpRequest.newBuilder(URI.create(gateway + query)).build(), BodyHandlers.ofString());
    statuses.add(response.statusCode());
    out.printf(
        Locale.ROOT,
        "  GET /user%-9s %d  %7.1f ms  %s%s%n",
        query,
        response.statusCode(),
        (System.nanoTime() - began) / 1e6,
        response.body(),
        response
            .headers()
            .firstValue("Retry-After")
            .map(it -> "  retry after " + it + " s")
            .orElse(""));
  }

  private void say(String text) {
    out.println(text);
  }
}
