/** A context per request for servlets. */
module dev.resilience.servlet {
  requires transitive dev.resilience.http.server;
  requires transitive jakarta.servlet;
  requires static transitive org.jspecify;

  exports dev.resilience.servlet;
}
