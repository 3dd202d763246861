package dev.resilience.configuration;

import dev.resilience.text.SafeText;
import java.time.Duration;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Turns what was found into what it means, and collects all that is wrong on the way. */
final class ConfigurationReader {

  static final String BUDGETS = "budgets";
  static final String SERVICE_TIMEOUTS = ServiceTimeoutKeys.ALL.title();
  static final String STACKS = "stacks";

  private static final Set<String> PLACES =
      new LinkedHashSet<>(List.of(BUDGETS, SERVICE_TIMEOUTS, STACKS));

  private final Faults faults;

  private ConfigurationReader(Faults faults) {
    this.faults = faults;
  }

  /**
   * Reads all of it.
   *
   * @param faults with what is wrong already; after this with all that is
   */
  static Configuration read(Raw root, Faults faults) {
    return new ConfigurationReader(faults).read(root);
  }

  private Configuration read(Raw root) {
    if (!(root instanceof Raw.Mapping mapping)) {
      if (faults.count() == 0) {
        faults.add("", root.line(), "no keys and values (expected: stacks, budgets or limits)");
      }
      return Configuration.EMPTY;
    }
    int before = faults.count();
    Values contexts = ContextKeys.SECTION.read("", mapping, faults, PLACES);
    if (faults.count() == before) {
      ContextKeys.SECTION.check("", contexts, 0, faults, ContextKeys::check);
    }
    Map<String, Values> budgets = new LinkedHashMap<>();
    below(mapping, BUDGETS)
        .forEach(
            (name, raw) ->
                budgets.put(
                    name,
                    BudgetKeys.SECTION.read(Keys.join(BUDGETS, name), raw, faults, Set.of())));
    Values serviceTimeouts = Values.NONE;
    Map<String, Duration> services = new LinkedHashMap<>();
    Optional<Raw> all = find(mapping, SERVICE_TIMEOUTS);
    if (all.isPresent()) {
      serviceTimeouts =
          ServiceTimeoutKeys.ALL.read(
              SERVICE_TIMEOUTS, all.get(), faults, Set.of(ServiceTimeoutKeys.SERVICES));
      if (all.get() instanceof Raw.Mapping sections) {
        services = services(sections);
      }
    }
    Map<String, StackSpec> stacks = new LinkedHashMap<>();
    below(mapping, STACKS)
        .forEach((name, raw) -> stacks.put(name, stack(Keys.join(STACKS, name), raw, budgets)));
    return new Configuration(contexts, budgets, serviceTimeouts, services, stacks);
  }

  private Map<String, Duration> services(Raw.Mapping sections) {
    Map<String, Duration> services = new LinkedHashMap<>();
    String path = SERVICE_TIMEOUTS + "." + ServiceTimeoutKeys.SERVICES;
    find(sections, ServiceTimeoutKeys.SERVICES)
        .ifPresent(
            raw ->
                named(path, raw)
                    .forEach(
                        (name, limit) -> {
                          Optional<Duration> known =
                              limit instanceof Raw.Scalar scalar && scalar.value() != null
                                  ? ServiceTimeoutKeys.LIMIT.read(scalar.value())
                                  : Optional.empty();
                          known.ifPresentOrElse(
                              time -> services.put(name, time),
                              () ->
                                  faults.add(
                                      Keys.join(path, name),
                                      limit.line(),
                                      given(limit)
                                          + " (expected: a "
                                          + ServiceTimeoutKeys.LIMIT
                                          + ")"));
                        }));
    return services;
  }

  private static String given(Raw raw) {
    return raw instanceof Raw.Scalar scalar
        ? scalar.value() == null ? "no value" : "'" + SafeText.of(scalar.value()) + "'"
        : "keys and values";
  }

  // ---- a stack

  private StackSpec stack(String path, Raw raw, Map<String, Values> budgets) {
    int before = faults.count();
    Set<String> kinds = new LinkedHashSet<>(PolicyKind.keys());
    Values own = StackKeys.SECTION.read(path, raw, faults, kinds);
    Map<PolicyKind, Values> given = new EnumMap<>(PolicyKind.class);
    Map<PolicyKind, Integer> lines = new EnumMap<>(PolicyKind.class);
    Set<PolicyKind> leftOut = EnumSet.noneOf(PolicyKind.class);
    if (raw instanceof Raw.Mapping mapping) {
      mapping
          .entries()
          .forEach(
              (written, section) ->
                  PolicyKind.find(written)
                      .ifPresent(
                          kind -> {
                            String key = Keys.join(path, written);
                            if (lines.put(kind, section.line()) != null) {
                              faults.add(key, section.line(), "given twice (expected: once)");
                            } else if (isOff(section)) {
                              leftOut.add(kind);
                            } else {
                              given.put(kind, policy(key, kind, section, own));
                            }
                          }));
    }
    StackSpec spec = new StackSpec(own, given, leftOut);
    if (faults.count() == before) {
      checkTogether(path, raw.line(), spec, budgets);
    }
    return spec;
  }

  private static boolean isOff(Raw section) {
    return section instanceof Raw.Scalar scalar
        && scalar.value() != null
        && ValueType.onOff(scalar.value()).filter(isOn -> !isOn).isPresent();
  }

  private Values policy(String path, PolicyKind kind, Raw raw, Values own) {
    int before = faults.count();
    Values values = kind.section().read(path, raw, faults, Set.of());
    if (faults.count() == before) {
      boolean isPreset =
          own.find(StackKeys.PRESET)
              .filter(p -> PresetKind.of(p).policies().contains(kind))
              .isPresent();
      kind.section().check(path, values, raw.line(), faults, some -> kind.tryOut(some, isPreset));
    }
    return values;
  }

  private void checkTogether(String path, int line, StackSpec spec, Map<String, Values> budgets) {
    Set<PolicyKind> kinds = spec.kinds();
    if (kinds.isEmpty()) {
      faults.add(path, line, "no policy (expected: a preset, or one policy at least)");
    }
    if (spec.isUnrepeatable() && spec.preset().isEmpty()) {
      fault(path, StackKeys.UNREPEATABLE, spec, "on (expected: only with a preset)");
    }
    if (spec.isUnrepeatable() && spec.isGiven(PolicyKind.HEDGE)) {
      faults.add(
          Keys.join(path, PolicyKind.HEDGE.key()),
          line,
          "given (expected: none, the work must not be done twice)");
    }
    spec.budget().ifPresent(name -> checkBudget(path, name, spec, budgets));
    spec.own()
        .find(StackKeys.ORDER)
        .filter(order -> !Set.copyOf(order).equals(Set.copyOf(keys(kinds))))
        .ifPresent(
            order ->
                fault(
                    path,
                    StackKeys.ORDER,
                    spec,
                    String.join(", ", order)
                        + " (expected: all its policies, each once: "
                        + String.join(", ", keys(kinds))
                        + ")"));
  }

  private void checkBudget(String path, String name, StackSpec spec, Map<String, Values> budgets) {
    if (!budgets.containsKey(name)) {
      fault(
          path,
          StackKeys.BUDGET,
          spec,
          "'" + SafeText.of(name) + "': " + Keys.unknown("budget", budgets.keySet(), name));
    } else if (!spec.has(PolicyKind.RETRY) && !spec.has(PolicyKind.HEDGE)) {
      fault(
          path,
          StackKeys.BUDGET,
          spec,
          "'" + SafeText.of(name) + "' (expected: none without retry and hedge)");
    }
  }

  private void fault(String path, Setting<?> setting, StackSpec spec, String problem) {
    faults.add(Keys.join(path, setting.key()), spec.own().line(setting), problem);
  }

  private static List<String> keys(Set<PolicyKind> kinds) {
    return kinds.stream().map(PolicyKind::key).toList();
  }

  // ---- what has names

  private static Optional<Raw> find(Raw.Mapping mapping, String key) {
    return mapping.entries().entrySet().stream()
        .filter(entry -> Keys.folded(entry.getKey()).equals(Keys.folded(key)))
        .map(Map.Entry::getValue)
        .findFirst();
  }

  private Map<String, Raw> below(Raw.Mapping root, String key) {
    return find(root, key).map(raw -> named(key, raw)).orElse(Map.of());
  }

  /** The entries of a mapping of names to something. */
  private Map<String, Raw> named(String path, Raw raw) {
    if (raw instanceof Raw.Scalar scalar && scalar.value() == null) {
      return Map.of();
    }
    if (!(raw instanceof Raw.Mapping mapping)) {
      faults.add(path, raw.line(), "no names (expected: names, with keys and values below each)");
      return Map.of();
    }
    for (String twice : mapping.twice()) {
      faults.add(Keys.join(path, twice), mapping.line(), "given twice (expected: once)");
    }
    mapping
        .entries()
        .forEach(
            (name, value) -> {
              if (name.isBlank()) {
                faults.add(path, value.line(), "a blank name (expected: a name)");
              }
            });
    return mapping.entries();
  }
}
