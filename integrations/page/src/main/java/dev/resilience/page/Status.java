package dev.resilience.page;

import java.util.Locale;

/** Whether something needs attention. */
public enum Status {
  /** It is as it should be. */
  OK,
  /** It works, and something about it is unusual. */
  WARNING,
  /** It does not work. */
  BAD;

  /** In lower case, as in the JSON. */
  String text() {
    return name().toLowerCase(Locale.ROOT);
  }

  Status worse(Status other) {
    return compareTo(other) >= 0 ? this : other;
  }
}
