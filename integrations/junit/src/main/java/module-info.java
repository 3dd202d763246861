/** Tests on virtual time, and tests that fail when they leak contexts. */
module dev.resilience.junit {
  requires transitive dev.resilience.core;
  requires static transitive org.jspecify;
  requires transitive org.junit.jupiter.api;
  requires org.junit.platform.commons;

  exports dev.resilience.junit;
}
