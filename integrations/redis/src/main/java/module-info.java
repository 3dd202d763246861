/** A second tier for the cache, on Redis. */
@SuppressWarnings({"requires-automatic", "requires-transitive-automatic"}) // Lettuce has no module
module dev.resilience.redis {
  requires transitive dev.resilience.cache;
  requires static transitive org.jspecify;
  requires transitive lettuce.core;

  exports dev.resilience.redis;
}
