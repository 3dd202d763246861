package dev.resilience.load;

/** What a request carries besides its path. */
final class Headers {

  /**
   * The number of the request, unique in a run: what its sender and the service call it in their
   * logs.
   */
  static final String REQUEST = "X-Request";

  /** The number of the caller on whose behalf it is sent. */
  static final String CALL = "X-Call";

  /** Nanoseconds until its sender waits no longer, where senders tell. */
  static final String TIME_LEFT = "X-Time-Left";

  private Headers() {}
}
