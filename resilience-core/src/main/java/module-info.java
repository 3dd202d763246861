/** The context tree, virtual time, and the policies that are built on them. */
module dev.resilience.core {
  requires transitive dev.failsafe.core;
  requires static transitive org.jspecify;

  exports dev.resilience.context;
  exports dev.resilience.policy;
  exports dev.resilience.time;
}
