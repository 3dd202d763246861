package dev.resilience.propagation;

/** What travels, whatever the names of the headers; for trust and for counts. */
public enum HeaderField {
  /** The time left, in any format. */
  TIME_LEFT,
  /** The W3C trace, its state included. */
  TRACE_CONTEXT,
  /** The W3C baggage. */
  BAGGAGE,
  /** The id of the request. */
  REQUEST_ID,
  /** The trace id of systems without W3C Trace Context. */
  TRACE_ID,
  /** The user. */
  USER_ID,
  /** How much the request matters. */
  CRITICALITY,
  /** The number of the attempt. */
  ATTEMPT,
  /** The services before. */
  HOP_PATH;

  /** Whether it crosses a {@link Boundary} only where that allows it. */
  public boolean needsTrust() {
    return switch (this) {
      case USER_ID, CRITICALITY, BAGGAGE, HOP_PATH -> true;
      default -> false;
    };
  }
}
