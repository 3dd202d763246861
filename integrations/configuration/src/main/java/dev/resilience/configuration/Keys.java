package dev.resilience.configuration;

import dev.resilience.text.SafeText;
import java.util.Collection;
import java.util.Comparator;
import java.util.Locale;
import java.util.Optional;

/** How keys are written: {@code max_attempts}, {@code max-attempts} and {@code maxAttempts}. */
final class Keys {

  /** A typing error or two in a word. */
  private static final int NEAR = 2;

  private static final int LONGEST = 60;

  private Keys() {}

  /** What the spellings of a key have in common. */
  static String folded(String key) {
    return key.strip().replaceAll("[-_]", "").toLowerCase(Locale.ROOT);
  }

  /** A key below another one. */
  static String join(String outer, String inner) {
    String shown = SafeText.of(inner, LONGEST);
    return outer.isEmpty() ? shown : outer + "." + shown;
  }

  /** What somebody who wrote a key that is not known may have meant, and what there is. */
  static String unknown(String kind, Collection<String> known, String written) {
    return "unknown "
        + kind
        + nearest(known, written)
            .map(near -> " (did you mean " + near + "?)")
            .orElseGet(
                () ->
                    known.isEmpty()
                        ? " (expected: none)"
                        : " (expected: one of " + String.join(", ", known) + ")");
  }

  /** The known key that is nearest to a written one, if any is near. */
  static Optional<String> nearest(Collection<String> known, String written) {
    String wanted = folded(written);
    if (wanted.length() > LONGEST) {
      return Optional.empty();
    }
    return known.stream()
        .min(Comparator.comparingInt((String key) -> distance(folded(key), wanted)))
        .filter(
            key -> {
              String there = folded(key);
              boolean isPart =
                  wanted.length() > NEAR && (there.contains(wanted) || wanted.contains(there));
              int allowed = Math.min(NEAR, Math.max(1, there.length() / 3));
              return isPart || distance(there, wanted) <= allowed;
            });
  }

  /** How many letters have to be added, dropped, changed, or swapped with their neighbour. */
  private static int distance(String one, String other) {
    int[][] cost = new int[one.length() + 1][other.length() + 1];
    for (int i = 0; i <= one.length(); i++) {
      for (int j = 0; j <= other.length(); j++) {
        if (i == 0 || j == 0) {
          cost[i][j] = i + j;
          continue;
        }
        int change = one.charAt(i - 1) == other.charAt(j - 1) ? 0 : 1;
        cost[i][j] =
            Math.min(cost[i - 1][j - 1] + change, Math.min(cost[i - 1][j], cost[i][j - 1]) + 1);
        if (i > 1
            && j > 1
            && one.charAt(i - 1) == other.charAt(j - 2)
            && one.charAt(i - 2) == other.charAt(j - 1)) {
          cost[i][j] = Math.min(cost[i][j], cost[i - 2][j - 2] + 1);
        }
      }
    }
    return cost[one.length()][other.length()];
  }
}
