/** Statements and transactions under a context, on any JDBC driver. */
@SuppressWarnings("module") // HikariCP is not there at run time where it is not used
module dev.resilience.jdbc {
  requires transitive dev.resilience.core;
  requires transitive java.sql;
  requires static com.zaxxer.hikari;
  requires static transitive org.jspecify;

  exports dev.resilience.jdbc;
}
