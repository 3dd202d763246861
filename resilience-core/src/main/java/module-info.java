/** Contexts (deadline, cancellation, values) and the policies that respect them. */
module dev.resilience.core {
  requires dev.failsafe.core;
  requires static org.jspecify;
}
