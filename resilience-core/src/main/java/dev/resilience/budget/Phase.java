package dev.resilience.budget;

import dev.resilience.text.SafeText;

/**
 * A part of a call, and how much of the call's time it should have. Phases are compared by
 * identity: keep each in a constant.
 *
 * <pre>{@code
 * static final Phase AUTH = Phase.of("auth", 10);
 * }</pre>
 *
 * <p>Immutable.
 */
public final class Phase {

  private static final double MOST = 1_000_000;

  private final String name;
  private final double weight;

  private Phase(String name, double weight) {
    this.name = name;
    this.weight = weight;
  }

  /**
   * A phase.
   *
   * @param name for messages and reports, not blank
   * @param weight its share, in proportion to the weights of the other phases; more than 0 and at
   *     most a million. That they add up to 100 or to 1 is not asked for
   */
  public static Phase of(String name, double weight) {
    String shown = SafeText.name(name);
    if (!(weight > 0 && weight <= MOST)) {
      throw new IllegalArgumentException(
          "weight: " + weight + " (expected: more than 0, at most a million)");
    }
    return new Phase(shown, weight);
  }

  /** The name, for messages and reports. */
  public String name() {
    return name;
  }

  /** Its share, in proportion to the weights of the other phases. */
  public double weight() {
    return weight;
  }

  @Override
  public String toString() {
    return name;
  }
}
