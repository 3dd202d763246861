/** The server side of HTTP: a context per request, and filters that respect it. */
module dev.resilience.http.server {
  requires transitive dev.resilience.core;
  requires static transitive jdk.httpserver; // those who use the JDK's server have it anyway
  requires static transitive org.jspecify;

  exports dev.resilience.http.server;
}
