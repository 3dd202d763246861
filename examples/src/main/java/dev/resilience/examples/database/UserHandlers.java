package dev.resilience.examples.database;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.sun.net.httpserver.HttpExchange;
import dev.resilience.context.Context;
import dev.resilience.http.server.BadRequestException;
import dev.resilience.http.server.StatusTable;
import java.io.IOException;
import java.sql.SQLException;
import java.util.Optional;

/**
 * {@code GET /user?id=}, {@code /users} and {@code /similarities}. Ends and failures become a
 * status by the server's table; no text of the database goes to the client.
 */
final class UserHandlers {

  /** Not found is an answer of its own; for the rest the server's table is right. */
  static final StatusTable STATUSES =
      StatusTable.ofDefaults().with(UserNotFoundException.class, 404, "no such user");

  private static final int MOST_USERS = 100;

  private final UserService users;

  UserHandlers(UserService users) {
    this.users = users;
  }

  void user(Context ctx, HttpExchange exchange)
      throws UserNotFoundException, SQLException, IOException {
    String id = parameter(exchange, "id").orElseThrow(() -> bad("user ID required"));
    answer(exchange, users.getUserWithDetails(ctx, number(id)).toJson());
  }

  void users(Context ctx, HttpExchange exchange) throws SQLException, IOException {
    answer(exchange, User.toJson(users.searchUsers(ctx, MOST_USERS)));
  }

  void similarities(Context ctx, HttpExchange exchange) throws SQLException, IOException {
    answer(exchange, String.valueOf(users.similarities(ctx)));
  }

  private static Optional<String> parameter(HttpExchange exchange, String name) {
    String query = Optional.ofNullable(exchange.getRequestURI().getQuery()).orElse("");
    for (String pair : query.split("&", -1)) {
      if (pair.startsWith(name + "=")) {
        return Optional.of(pair.substring(name.length() + 1));
      }
    }
    return Optional.empty();
  }

  private static long number(String text) {
    try {
      return Long.parseLong(text);
    } catch (NumberFormatException wrong) {
      throw bad("id: not a number");
    }
  }

  private static BadRequestException bad(String message) {
    return new BadRequestException(message);
  }

  private static void answer(HttpExchange exchange, String json) throws IOException {
    byte[] body = json.getBytes(UTF_8);
    exchange.getResponseHeaders().set("Content-Type", "application/json");
    exchange.sendResponseHeaders(200, body.length);
    exchange.getResponseBody().write(body);
  }
}
