package dev.resilience.jdbc;

import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;

import dev.resilience.context.Context;
import dev.resilience.context.Key;
import dev.resilience.policy.Verdict;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import javax.sql.DataSource;
import org.h2.jdbcx.JdbcConnectionPool;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The blocks of docs/jdbc.md. */
class PageTest {

  private static final Key<String> SHARD = Key.of("shard", String.class);

  private final Context ctx = Context.background().withTimeout(ofSeconds(60));
  private final JdbcConnectionPool pool = JdbcConnectionPool.create("jdbc:h2:mem:page", "sa", "");

  @BeforeEach
  void fill() throws SQLException {
    pool.setMaxConnections(10);
    Database.of(pool)
        .run(
            ctx,
            s -> {
              s.update("create table users (id int primary key, name varchar(50))");
              s.update("create table accounts (id int primary key, users int)");
              s.update("create table audit (what varchar(50))");
              s.update("insert into users values (7, 'Ada')");
              s.update("insert into accounts values (1, 1)");
            });
  }

  @AfterEach
  void drop() throws SQLException {
    Database.of(pool).update(ctx, "shutdown");
    pool.dispose();
  }

  @Test
  void statements() throws SQLException {
    Database db = Database.builder("users", pool).build(); // best a HikariCP; the pool stays yours
    List<String> all = db.query(ctx, "select name from users order by id", r -> r.getString(1));
    Optional<String> one =
        db.findOne(ctx, "select name from users where id = ?", r -> r.getString(1), 7);
    assertThat(all).containsExactly("Ada");
    assertThat(one).contains("Ada");
  }

  @Test
  void transaction() throws SQLException {
    Database db = Database.of(pool);
    db.runInTransaction(
        ctx,
        s -> {
          s.update("insert into users (id, name) values (?, ?)", 8, "Bob");
          s.update("update accounts set users = users + 1 where id = ?", 1);
          s.update("insert into audit (what) values (?)", "user 8");
        });
    assertThat(db.findOne(ctx, "select users from accounts", r -> r.getInt(1))).contains(2);
  }

  @Test
  void existing_code() throws SQLException {
    Database db = Database.of(pool);
    List<String> names = new ArrayList<>();
    names.addAll(new OldNames(db.dataSource(ctx)).read()); // a connection of its own
    db.runInTransaction(ctx, s -> names.addAll(new OldNames(s.dataSource()).read()));
    assertThat(names).containsExactly("Ada", "Ada");
  }

  private record OldNames(DataSource dataSource) {

    List<String> read() throws SQLException {
      List<String> names = new ArrayList<>();
      try (Connection connection = dataSource.getConnection();
          Statement statement = connection.createStatement();
          ResultSet rows = statement.executeQuery("select name from users")) {
        while (rows.next()) {
          names.add(rows.getString(1));
        }
      }
      return names;
    }
  }

  @Test
  void share() throws SQLException {
    Database db = Database.builder("shards", pool).connections(10).share(SHARD, 3).build();
    assertThat(db.query(ctx.withValue(SHARD, "7"), "select 1", r -> r.getInt(1)))
        .containsExactly(1);
  }

  @Test
  void conflicts() throws SQLException {
    Database db =
        Database.builder("accounts", pool)
            .preset(
                p ->
                    p.classifier(
                        SqlFailures.classifier()
                            .onFailureIf(SqlFailures::isConflict, Verdict.REJECTED)))
            .build();
    List<String> attempts = new ArrayList<>();
    int users =
        db.inTransaction(
            ctx,
            s -> {
              attempts.add("attempt");
              if (attempts.size() == 1) {
                throw new SQLException("could not serialize access", "40001");
              }
              return s.findOne("select users from accounts", r -> r.getInt(1)).orElseThrow();
            });
    assertThat(users).isEqualTo(1);
    assertThat(attempts).hasSize(2);
  }
}
