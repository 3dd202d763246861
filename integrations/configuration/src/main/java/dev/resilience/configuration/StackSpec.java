package dev.resilience.configuration;

import java.util.Collections;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A stack as it is configured. Immutable; equal if it comes to the same. */
final class StackSpec {

  private final Values own;
  private final Map<PolicyKind, Values> given;
  private final Set<PolicyKind> leftOut;

  /**
   * @param own what stands beside the policies
   * @param given the sections that are there
   * @param leftOut the sections that say off
   */
  StackSpec(Values own, Map<PolicyKind, Values> given, Set<PolicyKind> leftOut) {
    this.own = own;
    this.given = Collections.unmodifiableMap(copy(given));
    this.leftOut = Collections.unmodifiableSet(copy(leftOut));
  }

  private static Map<PolicyKind, Values> copy(Map<PolicyKind, Values> given) {
    Map<PolicyKind, Values> copy = new EnumMap<>(PolicyKind.class);
    copy.putAll(given);
    return copy;
  }

  private static Set<PolicyKind> copy(Set<PolicyKind> kinds) {
    Set<PolicyKind> copy = EnumSet.noneOf(PolicyKind.class);
    copy.addAll(kinds);
    return copy;
  }

  Optional<PresetKind> preset() {
    return own.find(StackKeys.PRESET).map(PresetKind::of);
  }

  boolean isUnrepeatable() {
    return own.isOn(StackKeys.UNREPEATABLE);
  }

  Optional<String> budget() {
    return own.find(StackKeys.BUDGET);
  }

  Values own() {
    return own;
  }

  /** What was said of a policy. */
  Values values(PolicyKind kind) {
    return given.getOrDefault(kind, Values.NONE);
  }

  boolean isGiven(PolicyKind kind) {
    return given.containsKey(kind);
  }

  boolean has(PolicyKind kind) {
    return kinds().contains(kind);
  }

  /** Whether a policy is one of the preset's, with its defaults. */
  boolean isOfPreset(PolicyKind kind) {
    return preset().filter(preset -> preset.policies().contains(kind)).isPresent();
  }

  /** The policies that it has, in their usual order. */
  Set<PolicyKind> kinds() {
    Set<PolicyKind> kinds = EnumSet.noneOf(PolicyKind.class);
    preset().ifPresent(preset -> kinds.addAll(preset.policies()));
    if (isUnrepeatable()) {
      kinds.remove(PolicyKind.HEDGE);
    }
    kinds.addAll(given.keySet());
    kinds.removeAll(leftOut);
    return kinds;
  }

  /** The policies that it has, the outermost first. */
  List<PolicyKind> order() {
    return own.find(StackKeys.ORDER)
        .map(names -> names.stream().map(name -> PolicyKind.find(name).orElseThrow()).toList())
        .orElseGet(() -> List.copyOf(kinds()));
  }

  /** As it would be written. */
  Map<String, Object> toMap() {
    Map<String, Object> map = new LinkedHashMap<>(own.toMap());
    for (PolicyKind kind : PolicyKind.values()) {
      if (leftOut.contains(kind)) {
        map.put(kind.key(), "off");
      } else if (given.containsKey(kind)) {
        map.put(kind.key(), values(kind).toMap());
      }
    }
    return map;
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof StackSpec spec
        && own.equals(spec.own)
        && given.equals(spec.given)
        && leftOut.equals(spec.leftOut);
  }

  @Override
  public int hashCode() {
    return own.hashCode() + 31 * given.hashCode();
  }

  @Override
  public String toString() {
    return toMap().toString();
  }
}
