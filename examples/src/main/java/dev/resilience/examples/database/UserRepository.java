package dev.resilience.examples.database;

import dev.resilience.context.Context;
import dev.resilience.jdbc.Database;
import java.sql.SQLException;
import java.util.List;

/** Users in the database. Every statement ends with the context that it is given. */
final class UserRepository {

  private final Database db;

  UserRepository(Database db) {
    this.db = db;
  }

  /** Makes the table anew, with so many users. */
  void create(Context ctx, int users) throws SQLException {
    db.runInTransaction(
        ctx,
        s -> {
          s.update("drop table if exists users");
          s.update(
              "create table users (id int primary key, name varchar(50) not null,"
                  + " email varchar(100) not null)");
          for (int id = 1; id <= users; id++) {
            s.update("insert into users values (?, ?, ?)", id, "User " + id, id + "@example.com");
          }
        });
  }

  User getUser(Context ctx, long id) throws UserNotFoundException, SQLException {
    return db.findOne(ctx, "select id, name, email from users where id = ?", User::of, id)
        .orElseThrow(() -> new UserNotFoundException(id));
  }

  List<User> listUsers(Context ctx, int limit) throws SQLException {
    return db.query(ctx, "select id, name, email from users order by id limit ?", User::of, limit);
  }

  /** Compares everybody with everybody, four deep: minutes of work for the server. */
  long similarities(Context ctx) throws SQLException {
    return db.findOne(
            ctx,
            "select count(*) from users a, users b, users c, users d"
                + " where a.name < b.name and b.email < c.email and c.name < d.name",
            row -> row.getLong(1))
        .orElseThrow();
  }
}
