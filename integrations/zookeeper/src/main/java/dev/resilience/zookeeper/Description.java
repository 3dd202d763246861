package dev.resilience.zookeeper;

import dev.resilience.discovery.registry.ServiceInstance;
import java.util.List;
import java.util.StringJoiner;
import org.jspecify.annotations.Nullable;

/**
 * An instance as the text of a node: lines, which values cannot break because they hold no control
 * characters. The first line is the version of this format.
 */
final class Description {

  /** Longer than any instance can be, in bytes. */
  static final int LONGEST = 64 * 1024;

  private static final String VERSION = "1";
  private static final String DRAINING = "draining";
  private static final int SHOWN = 100;

  private Description() {}

  static String of(ServiceInstance instance) {
    StringJoiner lines = new StringJoiner("\n");
    lines.add(VERSION);
    lines.add(instance.host());
    lines.add(Integer.toString(instance.port()));
    lines.add(Integer.toString(instance.weight()));
    lines.add(instance.zone());
    lines.add(instance.isDraining() ? DRAINING : "");
    instance.metadata().forEach((key, value) -> lines.add(key + "=" + value));
    return lines.toString();
  }

  /**
   * Reads what somebody has written.
   *
   * @throws IllegalArgumentException if it is not of this format
   */
  static ServiceInstance read(String service, String text) {
    List<String> lines = List.of(text.split("\n", -1));
    if (lines.size() < 6 || !lines.get(0).equals(VERSION)) {
      throw new IllegalArgumentException(
          "text of "
              + text.length()
              + " characters (expected: version "
              + VERSION
              + " of the format)");
    }
    ServiceInstance instance =
        ServiceInstance.of(service, lines.get(1), number("port", lines.get(2)))
            .withWeight(number("weight", lines.get(3)))
            .withZone(lines.get(4));
    for (String entry : lines.subList(6, lines.size())) {
      int equals = entry.indexOf('=');
      if (equals < 0) {
        throw new IllegalArgumentException("metadata without a value (expected: key=value)");
      }
      instance = instance.withMetadata(entry.substring(0, equals), entry.substring(equals + 1));
    }
    return lines.get(5).isEmpty() ? instance : instance.asDraining();
  }

  /** Whether a text that somebody has written says that its instance drains. */
  static boolean isDraining(@Nullable String text) {
    if (text == null) {
      return false;
    }
    String[] lines = text.split("\n", 7);
    return lines.length >= 6 && lines[0].equals(VERSION) && lines[5].equals(DRAINING);
  }

  private static int number(String what, String text) {
    try {
      return Integer.parseInt(text);
    } catch (NumberFormatException none) {
      throw new IllegalArgumentException(what + ": " + shown(text) + " (expected: a number)");
    }
  }

  /** What others have written may neither break a line of the log nor fill it. */
  static String shown(String text) {
    StringBuilder shown = new StringBuilder();
    text.chars().limit(SHOWN).forEach(c -> shown.append(c < ' ' || c > '~' ? '?' : (char) c));
    return text.length() > SHOWN ? shown + "..." : shown.toString();
  }
}
