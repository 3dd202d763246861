package dev.resilience.propagation;

import static java.util.Objects.requireNonNull;

import dev.resilience.context.Key;
import dev.resilience.text.SafeText;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The services that a request has come through, the oldest first, this one last: {@code
 * X-Service-Path: gateway, orders}. Each service appends its name; beyond the most hops the oldest
 * are dropped. Immutable.
 */
public final class HopPath {

  /** The key under which a context carries its path. Shown. */
  public static final Key<HopPath> KEY = Key.of("hop-path", HopPath.class).shown();

  /** The longest name of a service, in characters. */
  public static final int MAX_NAME = 64;

  private static final String SEPARATOR = ", ";

  private final String text;

  private HopPath(String text) {
    this.text = text;
  }

  /** The path of a request that begins in a service. */
  public static HopPath of(String service) {
    return new HopPath(checked(service, "service"));
  }

  /**
   * Returns the name of a service.
   *
   * @throws IllegalArgumentException if it is no token of 1 to {@value #MAX_NAME} characters
   */
  static String checked(String name, String argument) {
    requireNonNull(name, argument);
    if (name.length() > MAX_NAME || !Ascii.isToken(name, 0, name.length())) {
      throw new IllegalArgumentException(
          argument
              + ": '"
              + SafeText.of(name)
              + "' (expected: 1 to "
              + MAX_NAME
              + " letters, digits or marks such as - . _)");
    }
    return name;
  }

  /** The services, the oldest first. */
  public List<String> services() {
    return Arrays.asList(text.split(SEPARATOR));
  }

  /** The service before this one, if the request did not begin here. */
  public @Nullable String caller() {
    List<String> services = services();
    return services.size() < 2 ? null : services.get(services.size() - 2);
  }

  /** Whether a service stands in the path more than once: the request goes in a circle. */
  public boolean isCircular() {
    List<String> services = services();
    return services.stream().distinct().count() < services.size();
  }

  /** Whether a service is the last one. */
  boolean endsWith(String service) {
    int start = text.length() - service.length();
    return text.endsWith(service) && (start == 0 || text.startsWith(SEPARATOR, start - 2));
  }

  /** The path with one more service. */
  HopPath append(String service, int maxHops) {
    return appended(text, service, maxHops);
  }

  /** A path and one more service. */
  static HopPath appended(String text, String service, int maxHops) {
    int from = 0;
    for (int hops = countOf(text); hops >= maxHops; hops--) {
      int comma = text.indexOf(',', from);
      if (comma < 0) {
        return new HopPath(service);
      }
      from = comma + SEPARATOR.length();
    }
    return new HopPath(
        from == 0 ? text + SEPARATOR + service : text.substring(from) + SEPARATOR + service);
  }

  private static int countOf(String text) {
    int count = 1;
    for (int i = 0; i < text.length(); i++) {
      if (text.charAt(i) == ',') {
        count++;
      }
    }
    return count;
  }

  /** Whether a value of the header is a path as this class writes it. */
  static boolean isPath(String value, int maxHops) {
    int hops = 0;
    int from = 0;
    while (true) {
      int comma = value.indexOf(',', from);
      int to = comma < 0 ? value.length() : comma;
      if (to - from > MAX_NAME || ++hops > maxHops || !Ascii.isToken(value, from, to)) {
        return false;
      }
      if (comma < 0) {
        return true;
      }
      if (!value.startsWith(SEPARATOR, comma)) {
        return false;
      }
      from = comma + SEPARATOR.length();
    }
  }

  /** What was read, and whether some of it was left out. */
  record Reading(@Nullable HopPath path, boolean wasMalformed, boolean wasCut) {

    static final Reading NONE = new Reading(null, false, false);
  }

  /**
   * Reads header values. What is no name is left out; of too many names the newest are kept. No
   * more of a value is looked at than so many names can be long.
   */
  static Reading read(Iterable<String> values, int maxHops) {
    String only = null;
    ArrayDeque<String> hops = null;
    boolean wasMalformed = false;
    boolean wasCut = false;
    for (String value : values) {
      if (only == null && hops == null && isPath(value, maxHops)) {
        only = value;
        continue;
      }
      if (hops == null) {
        hops = new ArrayDeque<>();
        if (only != null) {
          hops.addAll(Arrays.asList(only.split(SEPARATOR)));
        }
      }
      int from = Math.max(0, value.length() - maxHops * (MAX_NAME + SEPARATOR.length()));
      wasCut |= from > 0;
      while (from < value.length()) {
        int comma = value.indexOf(',', from);
        int to = comma < 0 ? value.length() : comma;
        int start = Ascii.start(value, from, to);
        int end = Ascii.end(value, start, to);
        if (start < end && end - start <= MAX_NAME && Ascii.isToken(value, start, end)) {
          hops.add(value.substring(start, end));
          if (hops.size() > maxHops) {
            hops.remove();
            wasCut = true;
          }
        } else {
          wasMalformed |= start < end;
        }
        from = to + 1;
      }
    }
    if (hops == null) {
      return only == null ? Reading.NONE : new Reading(new HopPath(only), false, false);
    }
    return new Reading(
        hops.isEmpty() ? null : new HopPath(String.join(SEPARATOR, hops)), wasMalformed, wasCut);
  }

  String text() {
    return text;
  }

  @Override
  public boolean equals(Object object) {
    return object instanceof HopPath other && text.equals(other.text);
  }

  @Override
  public int hashCode() {
    return text.hashCode();
  }

  /** As on the wire. */
  @Override
  public String toString() {
    return text;
  }
}
