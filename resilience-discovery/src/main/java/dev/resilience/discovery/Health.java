package dev.resilience.discovery;

import org.jspecify.annotations.Nullable;

/** What the checks of an instance have shown so far. Used by one thread at a time. */
final class Health {

  private final int rise;
  private final int fall;
  private boolean checked;
  private boolean well;
  private int streak;
  private String wrong = "";

  Health(HealthChecks checks) {
    this.rise = checks.rise();
    this.fall = checks.fall();
  }

  /** Takes a result. Returns whether anything that matters has changed. */
  boolean add(@Nullable Throwable failure) {
    boolean good = failure == null;
    if (failure != null) {
      String message = failure.getMessage();
      wrong = message == null ? failure.getClass().getSimpleName() : message;
    }
    if (!checked) {
      checked = true;
      well = good;
      return true;
    }
    streak = good == well ? 0 : streak + 1;
    if (streak < (well ? fall : rise)) {
      return false;
    }
    well = good;
    streak = 0;
    return true;
  }

  boolean isChecked() {
    return checked;
  }

  boolean isWell() {
    return well;
  }

  String describe() {
    return !checked ? "not checked yet" : well ? "well" : "unwell: " + wrong;
  }
}
