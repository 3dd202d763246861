package dev.resilience.time;

/**
 * Ends the waiting of a participant whose run has failed. No {@link Exception}, so that none
 * retries.
 */
final class SimulationAborted extends Error {

  private static final long serialVersionUID = 1L;

  SimulationAborted() {
    super("the run of this participant has failed", null, false, false);
  }
}
