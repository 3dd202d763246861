package dev.resilience.simulation;

import java.time.Duration;
import java.util.Optional;

/**
 * One caller.
 *
 * @param number from 0
 * @param arrival when it comes, since the start of the run
 * @param patience its deadline, from its arrival
 * @param leavesAfter when it leaves before its deadline; empty: it is patient
 * @param critical whether its call matters most
 */
public record Caller(
    int number,
    Duration arrival,
    Duration patience,
    Optional<Duration> leavesAfter,
    boolean critical) {

  /** Whether it waits until its deadline. */
  public boolean isPatient() {
    return leavesAfter.isEmpty();
  }
}
