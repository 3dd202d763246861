/** Service registry, health checks and client-side load balancing. */
module dev.resilience.discovery {
  requires transitive dev.resilience.core;
  requires transitive java.net.http;
  requires static com.google.errorprone.annotations; // a user without it need not notice
  requires static transitive org.jspecify;

  exports dev.resilience.discovery.balance;
  exports dev.resilience.discovery.client;
  exports dev.resilience.discovery.health;
  exports dev.resilience.discovery.registry;
}
