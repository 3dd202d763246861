package dev.resilience.examples.database;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.time.Duration.ofMillis;
import static java.time.Duration.ofMinutes;
import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import dev.resilience.context.CancellableContext;
import dev.resilience.context.Context;
import dev.resilience.jdbc.Database;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import org.junit.jupiter.api.Test;

class DatabaseExamplesTest {

  /** On a PostgreSQL where there is one, which is everywhere that counts, and else on H2. */
  @Test
  void statuses_and_clients_that_hang_up() throws Exception {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (CancellableContext root = Context.background().withTimeout(ofMinutes(2))) {
      UserApi.run(root, 3, ofMillis(500), new PrintStream(bytes, true, UTF_8));
    }

    String out = bytes.toString(UTF_8);
    assertThat(out).containsPattern("/user\\?id=7 +200 +\\{\"id\":7,\"name\":\"User 7\"");
    assertThat(out).containsPattern("/user\\?id=999 +404 +no such user");
    assertThat(out).containsPattern("/user +400 +user ID required");
    assertThat(out).containsPattern("/users +200 +\\[\\{\"id\":1,");
    assertThat(out).containsPattern("/similarities +504 +Request timed out");
    assertThat(out).contains("3 clients hang up");
  }

  /** C33. */
  @Test
  void no_text_of_the_database_goes_to_the_client() throws Exception {
    HikariConfig config = new HikariConfig();
    config.setJdbcUrl("jdbc:h2:mem:without-users");
    try (HikariDataSource pool = new HikariDataSource(config);
        CancellableContext root = Context.background().withCancel();
        UserServer server =
            new UserServer(
                root,
                new UserHandlers(new UserService(new UserRepository(Database.of(pool)))),
                ofSeconds(20))) {
      HttpResponse<String> response =
          HttpClient.newHttpClient()
              .send(HttpRequest.newBuilder(server.uri("/users")).build(), BodyHandlers.ofString());

      assertThat(response.statusCode()).isEqualTo(500);
      assertThat(response.body()).isEqualTo("Internal server error");
    }
  }
}
