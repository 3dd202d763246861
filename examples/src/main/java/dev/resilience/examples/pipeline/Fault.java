package dev.resilience.examples.pipeline;

/** What can be wrong. */
enum Fault {
  /** A request takes much longer than usual. */
  SLOW("slow"),
  /** A request is answered with status 500. */
  ERRORS("answers 500"),
  /** A request is answered with status 503, and when to come back. */
  BUSY("answers 503"),
  /** The connection ends without an answer. */
  DROPPED("drops connections"),
  /** Nobody listens at the port. */
  REFUSED("refuses connections"),
  /** Callers hang up before they have their answer. */
  LEAVING("leave early");

  final String words;

  Fault(String words) {
    this.words = words;
  }
}
