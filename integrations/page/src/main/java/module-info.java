/** One page on which the library is seen at work. */
module dev.resilience.page {
  requires transitive dev.resilience.core;
  requires static transitive dev.resilience.cache; // only for its panel
  requires static transitive dev.resilience.discovery; // only for its panel
  requires static transitive org.jspecify;
  requires java.management;
  requires java.net.http;
  requires transitive jdk.httpserver;

  exports dev.resilience.page;
}
