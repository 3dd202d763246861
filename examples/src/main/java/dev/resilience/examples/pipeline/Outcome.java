package dev.resilience.examples.pipeline;

/** What became of an order, as its caller sees it. */
enum Outcome {
  COMPLETE("complete"),
  DEGRADED("complete, with stale stock or mail later"),
  DECLINED("declined (an answer, not a failure)"),
  TURNED_AWAY("turned away: circuit open, or busy"),
  FAILED("failed after all attempts"),
  OUT_OF_TIME("out of time: deadline passed"),
  LEFT("caller left early"),
  CUT_OFF("cut off by Ctrl-C");

  final String words;

  Outcome(String words) {
    this.words = words;
  }
}
