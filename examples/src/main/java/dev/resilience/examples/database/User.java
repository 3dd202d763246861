package dev.resilience.examples.database;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import java.util.stream.Collectors;

/** A row of the table of users. */
record User(long id, String name, String email) {

  static User of(ResultSet row) throws SQLException {
    return new User(row.getLong("id"), row.getString("name"), row.getString("email"));
  }

  String toJson() {
    return "{\"id\":%d,\"name\":%s,\"email\":%s}".formatted(id, quoted(name), quoted(email));
  }

  static String toJson(List<User> users) {
    return users.stream().map(User::toJson).collect(Collectors.joining(",", "[", "]"));
  }

  /** RFC 8259: quotes, backslashes and control characters are escaped. */
  private static String quoted(String text) {
    StringBuilder json = new StringBuilder("\"");
    text.chars()
        .forEach(
            c -> {
              if (c == '"' || c == '\\') {
                json.append('\\').append((char) c);
              } else if (c < ' ') {
                json.append("\\u%04x".formatted(c));
              } else {
                json.append((char) c);
              }
            });
    return json.append('"').toString();
  }
}
