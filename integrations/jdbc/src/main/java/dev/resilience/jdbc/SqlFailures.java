package dev.resilience.jdbc;

import dev.resilience.policy.Classifier;
import dev.resilience.policy.Verdict;
import java.sql.SQLException;
import java.sql.SQLTransientConnectionException;
import org.jspecify.annotations.Nullable;

/**
 * What a {@link SQLException} says of the database, by its SQLSTATE (ISO/IEC 9075).
 *
 * <table>
 *   <caption>Classes of SQLSTATE</caption>
 *   <tr><th>SQLSTATE</th><th>means</th><th>verdict</th></tr>
 *   <tr><td>21, 22, 23, 24, 26, 27, 2F, 34, 3D, 3F, 40002, 42, 44, 0A, 28, P0</td>
 *       <td>the statement or its data are wrong</td><td>IGNORED: no evidence, not repeated</td></tr>
 *   <tr><td>40001, 40P01, 55P03</td><td>conflict with another transaction</td><td>IGNORED</td></tr>
 *   <tr><td>08001, 08004, 53300, 57P03; the pool has no connection</td>
 *       <td>refused before work</td><td>REJECTED: no evidence, may be repeated</td></tr>
 *   <tr><td>all others, also 08, 53, 57, 58, XX</td><td>the database is not well</td>
 *       <td>as without these rules</td></tr>
 * </table>
 */
public final class SqlFailures {

  private static final String CLASSES_OF_WRONG_STATEMENTS =
      " 0A 21 22 23 24 26 27 28 2F 34 3D 3F 42 44 P0 ";

  private SqlFailures() {}

  /** The default classifier, which also knows what a {@link SQLException} means. */
  public static Classifier classifier() {
    return inside(Classifier.ofDefaults());
  }

  /**
   * A classifier, which also knows what a {@link SQLException} means. Where a transaction is to be
   * repeated that lost against another one, add {@code .onFailureIf(SqlFailures::isConflict,
   * Verdict.REJECTED)}.
   *
   * @param classifier what it says of SQL exceptions counts no longer
   */
  public static Classifier inside(Classifier classifier) {
    return classifier
        .onFailureIf(RefusedAfterWork.class::isInstance, Verdict.IGNORED)
        .onFailureIf(SqlFailures::isAnswer, Verdict.IGNORED)
        .onFailureIf(SqlFailures::isRefusal, Verdict.REJECTED);
  }

  /**
   * Whether the transaction lost against another one and was rolled back (40001, 40P01), or a lock
   * was not to be had (55P03): it may be done again from its beginning.
   */
  public static boolean isConflict(Throwable failure) {
    return switch (state(failure)) {
      case "40001", "40P01", "55P03" -> true;
      default -> false;
    };
  }

  /** Whether the database refused to be connected to, or the pool had no connection in time. */
  public static boolean isRefusal(Throwable failure) {
    return switch (state(failure)) {
      case "08001", "08004", "53300", "57P03" -> true;
      default -> failure instanceof SQLTransientConnectionException;
    };
  }

  /** Whether the connection is lost, or the database said that it is about to be. */
  static boolean isConnectionLost(Throwable failure) {
    String state = state(failure);
    return state.startsWith("08") || state.startsWith("57P");
  }

  /**
   * Whether a statement ended because it was cancelled: 57014 (PostgreSQL, H2, DB2), 70100 (MySQL,
   * MariaDB), HY008 (SQL Server), ORA-01013.
   */
  static boolean isCancelled(Throwable failure) {
    return switch (state(failure)) {
      case "57014", "70100", "HY008" -> true;
      default -> failure instanceof SQLException sql && sql.getErrorCode() == 1013;
    };
  }

  /** The database understood, and says no. */
  private static boolean isAnswer(Throwable failure) {
    String state = state(failure);
    return isConflict(failure)
        || state.equals("40002")
        || (state.length() == 5
            && CLASSES_OF_WRONG_STATEMENTS.contains(" " + state.substring(0, 2) + " "));
  }

  private static String state(@Nullable Throwable failure) {
    String state = failure instanceof SQLException sql ? sql.getSQLState() : null;
    return state == null ? "" : state;
  }
}
