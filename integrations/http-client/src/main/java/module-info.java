/** The JDK's HTTP client under contexts and policies. */
module dev.resilience.http.client {
  requires transitive dev.resilience.core;
  requires transitive java.net.http;
  requires static transitive org.jspecify;

  exports dev.resilience.http.client;
}
