package dev.resilience.chaos;

import dev.resilience.chaos.Fault.Kind;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/** The figures of a {@link Chaos} at one moment. Immutable. */
public final class ChaosSnapshot {

  private final String name;
  private final boolean isOn;
  private final List<Fault> faults;
  private final Map<Kind, Long> injected;
  private final int waiting;

  ChaosSnapshot(
      String name, boolean isOn, List<Fault> faults, Map<Kind, Long> injected, int waiting) {
    this.name = name;
    this.isOn = isOn;
    this.faults = faults;
    this.injected = new EnumMap<>(injected);
    this.waiting = waiting;
  }

  /** The name of the policy. */
  public String name() {
    return name;
  }

  /** Whether faults are injected, if there are any. */
  public boolean isOn() {
    return isOn;
  }

  /** The faults, also while they are switched off. */
  public List<Fault> faults() {
    return faults;
  }

  /** How many calls were hit, ever. */
  public long injected() {
    return injected.values().stream().mapToLong(Long::longValue).sum();
  }

  /** How many calls were hit by faults of a kind, ever. */
  public long injected(Kind kind) {
    return injected.getOrDefault(kind, 0L);
  }

  /** How many calls are slowed down or hang just now. */
  public int waiting() {
    return waiting;
  }

  @Override
  public String toString() {
    return name
        + ": "
        + (isOn ? "on" : "off")
        + ", faults "
        + faults
        + ", injected "
        + injected
        + ", waiting "
        + waiting;
  }
}
