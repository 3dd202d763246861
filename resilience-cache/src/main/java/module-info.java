/** A cache whose loads know who still waits for them. */
module dev.resilience.cache {
  requires transitive com.github.benmanes.caffeine;
  requires transitive dev.resilience.core;
  requires static transitive org.jspecify;

  exports dev.resilience.cache;
}
