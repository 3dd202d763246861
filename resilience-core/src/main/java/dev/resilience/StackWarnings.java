package dev.resilience;

import dev.resilience.policy.PolicyRole;
import dev.resilience.policy.StackEntry;
import java.util.ArrayList;
import java.util.List;

/**
 * What the order of a stack leads to, where that is seldom meant. All of it is legal; it is said in
 * words, once for each pair of entries.
 */
final class StackWarnings {

  private StackWarnings() {}

  static List<String> of(List<StackEntry> entries) {
    List<String> warnings = new ArrayList<>();
    for (int i = 0; i < entries.size(); i++) {
      for (int j = i + 1; j < entries.size(); j++) {
        StackEntry outer = entries.get(i);
        StackEntry inner = entries.get(j);
        String effect =
            outer.policy() == inner.policy()
                ? twice(outer.role())
                : effect(outer.role(), inner.role());
        if (!effect.isEmpty()) {
          warnings.add(outer.name() + " is outside " + inner.name() + ": " + effect);
        }
      }
    }
    return List.copyOf(warnings);
  }

  /** The same object in two entries. */
  private static String twice(PolicyRole role) {
    return switch (role) {
      case LIMIT ->
          "it is the same limit, and each call takes from it twice; where calls wait, they may wait"
              + " for each other for ever";
      case BREAKER -> "it is the same breaker, and counts each call twice";
      default -> effect(role, role);
    };
  }

  private static String effect(PolicyRole outer, PolicyRole inner) {
    return switch (outer) {
      case RETRY -> outsideIsRetry(inner);
      case BREAKER -> outsideIsBreaker(inner);
      case TIMEOUT -> outsideIsTimeout(inner);
      case LIMIT -> outsideIsLimit(inner);
      case HEDGE ->
          inner == PolicyRole.RETRY
              ? "each of the attempts that run side by side retries for itself; the numbers multiply"
              : inner == PolicyRole.HEDGE ? "the numbers of attempts multiply" : "";
      case MORE_TIME, FALLBACK, OTHER -> "";
    };
  }

  private static String outsideIsRetry(PolicyRole inner) {
    return switch (inner) {
      case FALLBACK ->
          "the retry sees the fallback's answers in place of the failures, and never tries again";
      case RETRY -> "the numbers of attempts multiply";
      default -> "";
    };
  }

  private static String outsideIsBreaker(PolicyRole inner) {
    return switch (inner) {
      case RETRY ->
          "all attempts of a call count as one result, a circuit that opens does not stop the"
              + " attempts under way, and one permit of a half-open circuit lets all of them through";
      case FALLBACK ->
          "the breaker sees the fallback's answers in place of the failures, and never opens";
      default -> "";
    };
  }

  private static String outsideIsTimeout(PolicyRole inner) {
    return switch (inner) {
      case RETRY ->
          "the limit is one for all attempts and the delays between them, and an adaptive limit"
              + " learns from their sum; to limit each attempt, put it inside the retry";
      case LIMIT ->
          "the wait for the limit counts as time of the call, and an adaptive time-out learns from"
              + " it";
      case MORE_TIME -> "the limit ends the work all the same; more time is to be outermost";
      default -> "";
    };
  }

  private static String outsideIsLimit(PolicyRole inner) {
    return switch (inner) {
      case RETRY ->
          "one admission is for all attempts of a call, so that the dependency may be called more"
              + " often than the limit says";
      case HEDGE ->
          "one admission is for all attempts that run side by side, so that the dependency may be"
              + " called more often than the limit says";
      default -> "";
    };
  }
}
