/** Values of the context in log lines, with SLF4J. */
module dev.resilience.slf4j {
  requires transitive dev.resilience.core;
  requires static transitive org.jspecify;
  requires transitive org.slf4j;

  exports dev.resilience.slf4j;
}
