package dev.resilience.examples.database;

import dev.resilience.context.CancellableContext;
import dev.resilience.context.Context;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;

/** What the application does with users: here, how long each operation may take. */
final class UserService {

  private static final Duration DETAILS = Duration.ofSeconds(2);

  private final UserRepository users;

  UserService(UserRepository users) {
    this.users = users;
  }

  /** Within 2 s, or the time that the caller has left, whichever is less. */
  User getUserWithDetails(Context ctx, long id) throws UserNotFoundException, SQLException {
    try (CancellableContext details = ctx.withTimeout(DETAILS)) {
      return users.getUser(details, id);
    }
  }

  /** Within the caller's time. */
  List<User> searchUsers(Context ctx, int limit) throws SQLException {
    return users.listUsers(ctx, limit);
  }

  /** Within the caller's time, of which it takes all. */
  long similarities(Context ctx) throws SQLException {
    return users.similarities(ctx);
  }
}
