package dev.resilience.policy;

import dev.resilience.text.SafeText;
import java.util.Objects;

/**
 * One place in a stack, as far as its order matters. A policy that is made of several, such as an
 * adapter, has an entry for each.
 *
 * @param policy the object that stands there, compared by identity: it may stand elsewhere, too
 * @param role what it does
 * @param name for messages
 */
public record StackEntry(Object policy, PolicyRole role, String name) {

  /** Checks that nothing is null. */
  public StackEntry {
    Objects.requireNonNull(policy, "policy");
    Objects.requireNonNull(role, "role");
    name = SafeText.of(Objects.requireNonNull(name, "name"));
  }
}
