package dev.resilience.simulation;

import dev.resilience.propagation.ReportedLoad;

/**
 * A good answer.
 *
 * @param status 200
 * @param load how busy the instance said it was when it answered
 */
public record Reply(int status, ReportedLoad load) {

  static final int OK = 200;
}
