package dev.resilience.discovery;

import java.time.Duration;
import java.util.Objects;

/**
 * How instances are checked. Each has a timer of its own, so that a slow check delays no other, and
 * a context of its own, which ends with the limit.
 *
 * <pre>{@code
 * HealthChecks checks = HealthChecks.of(HealthCheck.http("/health"))
 *     .withInterval(ofSeconds(2))
 *     .withFall(2);
 * }</pre>
 *
 * <p>Immutable.
 *
 * @param check what is done
 * @param interval from the end of one check to the beginning of the next; each time up to a fifth
 *     more or less. Default: 5 s
 * @param limit of one check. Default: 200 ms
 * @param rise how many good checks in a row make an unwell instance well again. The first check of
 *     an instance decides alone. Default: 2
 * @param fall how many bad checks in a row make a well instance unwell. Default: 3
 * @param panicBelow where a smaller share of the checked instances than this looks well, the checks
 *     are not trusted, and all are used. Default: 0.3
 */
public record HealthChecks(
    HealthCheck check, Duration interval, Duration limit, int rise, int fall, double panicBelow) {

  /** Refuses what makes no sense. */
  public HealthChecks {
    Objects.requireNonNull(check, "check");
    ServiceRegistryBuilder.positive("interval", interval);
    ServiceRegistryBuilder.positive("limit", limit);
    Names.between("rise", rise, 1, 1000);
    Names.between("fall", fall, 1, 1000);
    Share.checked("panicBelow", panicBelow);
  }

  /** Checks with the defaults. */
  public static HealthChecks of(HealthCheck check) {
    return new HealthChecks(check, Duration.ofSeconds(5), Duration.ofMillis(200), 2, 3, 0.3);
  }

  /** The same at another interval, positive. */
  public HealthChecks withInterval(Duration newInterval) {
    return new HealthChecks(check, newInterval, limit, rise, fall, panicBelow);
  }

  /** The same with another limit, positive. */
  public HealthChecks withLimit(Duration newLimit) {
    return new HealthChecks(check, interval, newLimit, rise, fall, panicBelow);
  }

  /** The same with another number of good checks, at least 1. */
  public HealthChecks withRise(int newRise) {
    return new HealthChecks(check, interval, limit, newRise, fall, panicBelow);
  }

  /** The same with another number of bad checks, at least 1. */
  public HealthChecks withFall(int newFall) {
    return new HealthChecks(check, interval, limit, rise, newFall, panicBelow);
  }

  /** The same with another threshold, 0 (never panics) to 1. */
  public HealthChecks withPanicBelow(double newPanicBelow) {
    return new HealthChecks(check, interval, limit, rise, fall, newPanicBelow);
  }
}
