package dev.resilience.examples.pipeline;

import dev.resilience.context.Context;
import dev.resilience.context.RequestInfo;
import dev.resilience.jdbc.Database;
import java.sql.SQLException;
import java.util.concurrent.atomic.LongAdder;
import javax.sql.DataSource;

/**
 * The record of the orders, in a database. It is written under the context of the request, behind
 * the policies for databases: a caller who leaves ends the statement, too.
 */
final class Orders {

  private static final String UNIQUE_VIOLATION = "23505";

  private final Database db;
  private final DependencyStats stats;
  private final LongAdder sent = new LongAdder();

  Orders(DataSource pool, DependencyStats stats) {
    this.db = Database.builder(stats.name(), pool).preset(p -> p.listener(stats)).build();
    this.stats = stats;
    stats.watchAttempts(sent::sum);
  }

  DependencyStats stats() {
    return stats;
  }

  /** Makes the table anew. */
  void create(Context ctx) throws SQLException {
    db.runInTransaction(
        ctx,
        s -> {
          s.update("drop table if exists orders");
          s.update(
              "create table orders (id varchar(128) primary key, customer varchar(128) not null,"
                  + " item varchar(100) not null)");
        });
  }

  /**
   * Records a paid order, once for each request id, as payment charges: a caller who has lost the
   * answer may order again under the same id.
   */
  void record(Context ctx, String item) throws SQLException {
    String id = ctx.require(RequestInfo.REQUEST_ID);
    String customer = ctx.require(RequestInfo.USER_ID);
    try {
      db.run(
          ctx,
          s -> {
            sent.increment();
            s.update(
                "insert into orders (id, customer, item) values (?, ?, ?)", id, customer, item);
          });
    } catch (SQLException failure) {
      if (!UNIQUE_VIOLATION.equals(failure.getSQLState())) {
        throw failure;
      }
    }
  }

  /** How many were recorded. */
  long count(Context ctx) throws SQLException {
    return db.findOne(ctx, "select count(*) from orders", row -> row.getLong(1)).orElseThrow();
  }

  /** Whether there is a record of an order. */
  boolean has(Context ctx, String id) throws SQLException {
    return db.findOne(ctx, "select id from orders where id = ?", row -> row.getString(1), id)
        .isPresent();
  }
}
