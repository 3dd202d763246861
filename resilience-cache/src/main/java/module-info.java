/** A cache whose loads know who still waits for them. */
module dev.resilience.cache {
  requires com.github.benmanes.caffeine;
  requires dev.resilience.core;
  requires static transitive org.jspecify;
}
