package dev.resilience.examples.database;

/** There is no such user: an answer of the database, and no failure of it. */
final class UserNotFoundException extends Exception {

  private static final long serialVersionUID = 1L;

  UserNotFoundException(long id) {
    super("user " + id);
  }
}
