package dev.resilience.simulation;

/**
 * One request to a service, as its sender and the service saw it. Moments are nanoseconds since the
 * start of the run; -1: never.
 *
 * @param call the number of the caller on whose behalf it was made
 * @param service the name of the service
 * @param instance the number of the instance
 * @param sent when it was sent
 * @param received when the service got it; -1: it never did
 * @param began when work on it began; -1: it never did
 * @param finished when the work was done; -1: there was none
 * @param released when the sender got the answer or waited no longer
 * @param status what the sender got; -1: it waited no longer
 */
public record RequestRecord(
    int call,
    String service,
    int instance,
    long sent,
    long received,
    long began,
    long finished,
    long released,
    int status) {

  /** How long a worker was busy with it, in nanoseconds. */
  public long work() {
    return began < 0 || finished < 0 ? 0 : finished - began;
  }
}
