/** Contexts (deadline, cancellation, values) and the policies that respect them. */
module dev.resilience.core {
  requires transitive dev.failsafe.core;
  requires static transitive org.jspecify;

  exports dev.resilience.breaker;
  exports dev.resilience.budget;
  exports dev.resilience.context;
  exports dev.resilience.failsafe;
  exports dev.resilience.fallback;
  exports dev.resilience.hedge;
  exports dev.resilience.limit;
  exports dev.resilience.policy;
  exports dev.resilience.retry;
  exports dev.resilience.time;
  exports dev.resilience.timeout;
}
