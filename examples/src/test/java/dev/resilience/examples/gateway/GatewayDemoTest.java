package dev.resilience.examples.gateway;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.resilience.context.Context;
import dev.resilience.examples.gateway.UserService.Mood;
import dev.resilience.http.server.AccessLog;
import dev.resilience.limit.RateLimit;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class GatewayDemoTest {

  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
  private final HttpClient client = HttpClient.newHttpClient();

  @Test
  void each_end_has_its_status() throws Exception {
    var statuses =
        GatewayDemo.play(
            Context.background(), Duration.ofSeconds(3), new PrintStream(bytes, true, UTF_8));

    assertThat(statuses).containsExactly(200, 404, 400, 504, 503, 503, 503, 503, 503, 503, 429);
    assertThat(bytes.toString(UTF_8))
        .contains("{\"id\":\"7\",\"name\":\"User 7\"}", "user ID required", "0 requests more")
        .doesNotContain("no database"); // C33: what the service says of itself stays here
  }

  private HttpResponse<String> get(URI uri) throws Exception {
    return client.send(HttpRequest.newBuilder(uri).build(), BodyHandlers.ofString());
  }

  private static ApiGateway gateway(UserService users) throws Exception {
    return new ApiGateway(
        Context.background(),
        users.uri(),
        Duration.ofSeconds(30),
        RateLimit.of(1000, Duration.ofSeconds(1)),
        AccessLog.ofDefaults());
  }

  @ParameterizedTest
  @ValueSource(strings = {"?id=..%2Fadmin", "?id=7/../8", "?id=%20", "?id=", "?name=7", "?"})
  void an_id_is_no_path(String query) throws Exception {
    try (var users = new UserService();
        var gateway = gateway(users)) {
      assertThat(get(URI.create(gateway.uri() + query)).statusCode()).isEqualTo(400);
      assertThat(users.requests()).isZero();
    }
  }

  /** C32: what the client does wrong is no failure of the service. */
  @Test
  void unknown_users_open_no_circuit() throws Exception {
    try (var users = new UserService();
        var gateway = gateway(users)) {
      for (int i = 0; i < 20; i++) {
        assertThat(get(URI.create(gateway.uri() + "?id=999")).statusCode()).isEqualTo(404);
      }
      assertThat(get(URI.create(gateway.uri() + "?id=9")).statusCode()).isEqualTo(200);
    }
  }

  /** C20: clients that leave are no failures, either. */
  @Test
  void clients_that_leave_open_no_circuit() throws Exception {
    try (var users = new UserService();
        var gateway = gateway(users)) {
      users.turn(Mood.SILENT);
      for (int i = 1; i <= 8; i++) {
        var leaving =
            client.sendAsync(
                HttpRequest.newBuilder(URI.create(gateway.uri() + "?id=9")).build(),
                BodyHandlers.ofString());
        int reached = i;
        org.assertj.core.api.Assertions.assertThat(await(() -> users.requests() == reached))
            .isTrue();
        leaving.cancel(true);
      }
      users.turn(Mood.WELL);
      assertThat(get(URI.create(gateway.uri() + "?id=9")).statusCode()).isEqualTo(200);
    }
  }

  private static boolean await(java.util.function.BooleanSupplier condition)
      throws InterruptedException {
    for (int i = 0; i < 3_000 && !condition.getAsBoolean(); i++) {
      Context.background().sleep(Duration.ofMillis(10));
    }
    return condition.getAsBoolean();
  }
}
