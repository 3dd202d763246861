package dev.resilience.chaos;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** Which faults hit how many calls. Immutable; a call looks at one of these and no other. */
final class Faults {

  static final Faults NONE = new Faults(List.of());

  /** Room for the rounding of rates that are meant to add up to one. */
  private static final double SLACK = 1e-9;

  private final List<Fault> all;

  private Faults(List<Fault> all) {
    this.all = all;
  }

  static Faults of(Fault... faults) {
    List<Fault> all = List.of(faults);
    double sum = all.stream().mapToDouble(Fault::rate).sum();
    if (sum > 1 + SLACK) {
      throw new IllegalArgumentException(
          "faults: rates that add up to " + sum + " (expected: at most 1, a call is hit once)");
    }
    return new Faults(all);
  }

  List<Fault> all() {
    return all;
  }

  /** Where faults can hit no call, calls are not looked at. */
  boolean isHarmless() {
    return all.stream().allMatch(fault -> fault.rate() == 0);
  }

  /**
   * The fault that hits a call; null: none.
   *
   * @param luck 0 to 1, without 1
   */
  @Nullable Fault hit(double luck) {
    double left = luck;
    for (Fault fault : all) {
      left -= fault.rate();
      if (left < 0) {
        return fault;
      }
    }
    return null;
  }
}
