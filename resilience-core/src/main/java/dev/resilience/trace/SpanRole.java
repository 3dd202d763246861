package dev.resilience.trace;

/** Where the other end of a span is, if there is one. */
public enum SpanRole {
  /** Inside of this process. */
  INTERNAL,
  /** Serves a request from elsewhere. */
  SERVER,
  /** Asks somebody elsewhere, and waits for the answer. */
  CLIENT
}
