/** Events of JDK Flight Recorder. */
module dev.resilience.jfr {
  requires transitive dev.resilience.core;
  requires transitive jdk.jfr;
  requires static transitive org.jspecify;

  exports dev.resilience.jfr;
}
