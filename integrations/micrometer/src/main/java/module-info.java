/** Meters for contexts, calls, policies, caches, clients and pools, with Micrometer. */
@SuppressWarnings({"requires-automatic", "requires-transitive-automatic"}) // no modules, yet
module dev.resilience.micrometer {
  requires transitive dev.resilience.core;
  requires static dev.resilience.cache;
  requires static dev.resilience.discovery;
  requires static transitive org.jspecify;
  requires context.propagation;
  requires transitive micrometer.core;

  exports dev.resilience.micrometer;

  provides io.micrometer.context.ThreadLocalAccessor with
      dev.resilience.micrometer.ContextAccessor;
}
