package dev.resilience.discovery;

import java.util.Objects;

/**
 * Checks of arguments. What an instance says of itself is limited so that it fits into any registry
 * and into a log line.
 */
public final class Checks {

  private Checks() {}

  /** The name of a service. */
  public static String service(String service) {
    return word("service", service, 128);
  }

  /** The name of a zone; may be empty. */
  public static String zone(String zone) {
    return Objects.requireNonNull(zone, "zone").isEmpty() ? zone : word("zone", zone, 64);
  }

  /** A key of metadata. */
  public static String metadataKey(String key) {
    return word("metadata key", key, 64);
  }

  /** A value of metadata. */
  public static String metadataValue(String key, String value) {
    Objects.requireNonNull(value, "value");
    if (value.length() > 256 || !value.chars().noneMatch(Character::isISOControl)) {
      throw new IllegalArgumentException(
          "metadata "
              + key
              + ": "
              + shown(value)
              + " (expected: up to 256 characters, no control characters)");
    }
    return value;
  }

  /** A name or an address. */
  public static String host(String host) {
    Objects.requireNonNull(host, "host");
    boolean good = !host.isEmpty() && host.length() <= 253;
    for (int i = 0; good && i < host.length(); i++) {
      char c = host.charAt(i);
      // A percent sign names the interface of a link-local IPv6 address.
      good = isPlain(c) || c == ':' || c == '%';
    }
    if (!good) {
      throw new IllegalArgumentException(
          "host: " + shown(host) + " (expected: a name or an address, IPv6 without brackets)");
    }
    return host;
  }

  /** A number within bounds. */
  public static int between(String what, int value, int least, int most) {
    if (value < least || value > most) {
      throw new IllegalArgumentException(
          what + ": " + value + " (expected: " + least + " to " + most + ")");
    }
    return value;
  }

  private static String word(String what, String value, int most) {
    Objects.requireNonNull(value, what);
    boolean good = !value.isEmpty() && value.length() <= most && isLetterOrDigit(value.charAt(0));
    for (int i = 0; good && i < value.length(); i++) {
      good = isPlain(value.charAt(i));
    }
    if (!good) {
      throw new IllegalArgumentException(
          what
              + ": "
              + shown(value)
              + " (expected: 1 to "
              + most
              + " letters, digits, '.', '_', '-', beginning with a letter or a digit)");
    }
    return value;
  }

  private static boolean isPlain(char c) {
    return isLetterOrDigit(c) || c == '.' || c == '_' || c == '-';
  }

  private static boolean isLetterOrDigit(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
  }

  /** A value from outside in quotes, cut and escaped so that it cannot break a log line. */
  public static String shown(String value) {
    StringBuilder shown = new StringBuilder("\"");
    value.chars().limit(64).forEach(c -> shown.append(Character.isISOControl(c) ? '?' : (char) c));
    return shown.append(value.length() > 64 ? "...\"" : "\"").toString();
  }
}
