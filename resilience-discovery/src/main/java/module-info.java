/** Finding instances of a service, and choosing among them. */
module dev.resilience.discovery {
  requires dev.resilience.core;
  requires static transitive org.jspecify;
}
