package dev.resilience.discovery.health;

import java.time.Instant;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What the checks of an instance have shown so far. Immutable. */
public final class HealthStatus {

  /** Nothing is known yet. */
  public static final HealthStatus UNKNOWN = new HealthStatus(false, false, "", null);

  private final boolean checked;
  private final boolean healthy;
  private final String reason;
  private final @Nullable Instant lastGood;

  HealthStatus(boolean checked, boolean healthy, String reason, @Nullable Instant lastGood) {
    this.checked = checked;
    this.healthy = healthy;
    this.reason = reason;
    this.lastGood = lastGood;
  }

  /** Whether a check has ended yet. */
  public boolean isChecked() {
    return checked;
  }

  /** Whether the instance counts as healthy; false before the first check. */
  public boolean isHealthy() {
    return healthy;
  }

  /** What the last bad check found; empty if there was none. */
  public String reason() {
    return reason;
  }

  /** When the last good check ended, by the wall clock. */
  public Optional<Instant> lastGood() {
    return Optional.ofNullable(lastGood);
  }

  /** One line, for people. */
  @Override
  public String toString() {
    return !checked ? "not checked yet" : healthy ? "healthy" : "unhealthy: " + reason;
  }
}
