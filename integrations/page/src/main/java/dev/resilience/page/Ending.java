package dev.resilience.page;

import dev.resilience.policy.Verdict;

/** How a call ended, as far as somebody who looks at a page wants to tell ends apart. */
enum Ending {
  SUCCESS("success"),
  FAILURE("failure"),
  TIMED_OUT("timedOut"),
  DEADLINE("deadline"),
  REJECTED("rejected"),
  CANCELLED("cancelled"),
  OTHER("other");

  private final String field;

  Ending(String field) {
    this.field = field;
  }

  /** Its name in the JSON. */
  String field() {
    return field;
  }

  static Ending of(Verdict verdict) {
    return switch (verdict) {
      case SUCCESS -> SUCCESS;
      case FAILURE, PERMANENT_FAILURE, FATAL -> FAILURE;
      case TIMED_OUT -> TIMED_OUT;
      case DEADLINE_EXCEEDED, DEADLINE_EXCEEDED_EARLY, DEADLINE_EXCEEDED_BEFORE_DISPATCH ->
          DEADLINE;
      case REJECTED, NO_TIME_LEFT -> REJECTED;
      case CALLER_CANCELLED, INTERRUPTED -> CANCELLED;
      case IGNORED -> OTHER;
    };
  }
}
