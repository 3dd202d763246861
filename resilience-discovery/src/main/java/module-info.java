/** Who is there, who is well, who is next. */
module dev.resilience.discovery {
  requires transitive dev.resilience.core;
  requires transitive java.net.http;
  requires static transitive org.jspecify;

  exports dev.resilience.discovery;
}
