package dev.resilience.jdbc;

import com.zaxxer.hikari.HikariDataSource;
import java.sql.SQLException;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/**
 * What is known of a HikariCP. The one class that names its types, which may not be there.
 *
 * @param size how many connections it has at most
 * @param evictor closes one for good; null: something stands between us and the pool, which knows
 *     its own connections alone
 */
record HikariPool(int size, @Nullable Evictor evictor) {

  /** The pool behind a data source; null if that is another one. */
  static @Nullable HikariPool of(DataSource dataSource) {
    try {
      if (!dataSource.isWrapperFor(HikariDataSource.class)) {
        return null;
      }
      HikariDataSource pool = dataSource.unwrap(HikariDataSource.class);
      return new HikariPool(
          pool.getMaximumPoolSize(), dataSource == pool ? pool::evictConnection : null);
    } catch (LinkageError | SQLException absent) {
      return null;
    }
  }
}
