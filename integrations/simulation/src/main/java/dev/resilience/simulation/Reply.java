package dev.resilience.simulation;

/**
 * A good answer.
 *
 * @param status 200
 */
public record Reply(int status) {

  static final Reply OK = new Reply(200);
}
