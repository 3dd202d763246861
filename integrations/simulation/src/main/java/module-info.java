/** Services under load and their callers, simulated under virtual time. */
module dev.resilience.simulation {
  requires transitive dev.resilience.core;
  requires static transitive org.jspecify;

  exports dev.resilience.simulation;
}
