package dev.resilience.discovery.health;

import dev.resilience.text.SafeText;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * Counts good and bad checks in a row. The first check decides alone. Used by one thread at a time.
 */
final class HealthRecord {

  private static final int LONGEST_REASON = 200;

  private final HealthChecks checks;
  private boolean checked;
  private boolean healthy;
  private int streak;
  private String reason = "";
  private @Nullable Instant lastGood;

  HealthRecord(HealthChecks checks) {
    this.checks = checks;
  }

  HealthStatus add(@Nullable Throwable failure, Instant now) {
    boolean good = failure == null;
    if (failure != null) {
      reason = textOf(failure);
    } else {
      lastGood = now;
    }
    if (!checked) {
      checked = true;
      healthy = good;
    } else {
      streak = good == healthy ? 0 : streak + 1;
      if (streak >= (healthy ? checks.fall() : checks.rise())) {
        healthy = good;
        streak = 0;
      }
    }
    return new HealthStatus(true, healthy, reason, lastGood);
  }

  /** The exception may be the user's, and its message may throw, or fill a log. */
  private static String textOf(Throwable failure) {
    String message = SafeText.messageOf(failure);
    return message.length() > LONGEST_REASON
        ? message.substring(0, LONGEST_REASON) + "..."
        : message;
  }
}
