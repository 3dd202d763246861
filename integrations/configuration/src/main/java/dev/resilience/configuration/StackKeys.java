package dev.resilience.configuration;

import java.util.List;

/** What can be said of a stack as a whole; each policy has a section of its own below it. */
final class StackKeys {

  static final Section SECTION =
      new Section("stacks.NAME", "A stack of policies; each has a section of its own below it.");

  static final Setting<String> PRESET =
      SECTION.add(
          "preset",
          ValueType.choice(PresetKind.keys()),
          "none: only the policies that are listed",
          "the policies to begin with, and their defaults");
  static final Setting<Boolean> UNREPEATABLE =
      SECTION.add(
          "unrepeatable",
          ValueType.onOff(),
          "off",
          "work that must not be done twice: no hedge, only what was refused before work is retried;"
              + " with `preset`");
  static final Setting<String> BUDGET =
      SECTION.add(
          "budget",
          ValueType.name("of one of `budgets`"),
          "one of its own",
          "what pays retries and hedges");
  static final Setting<List<String>> ORDER =
      SECTION.add(
          "order",
          ValueType.order(PolicyKind.keys()),
          "as they stand here",
          "its policies, the outermost first, all of them");

  private StackKeys() {}
}
