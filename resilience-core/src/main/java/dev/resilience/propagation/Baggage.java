package dev.resilience.propagation;

import static java.util.Objects.requireNonNull;

import dev.resilience.context.Key;
import dev.resilience.text.SafeText;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Values that travel with a request through all services: W3C Baggage. At most {@value
 * #MAX_MEMBERS} members and {@value #MAX_LENGTH} characters on the wire. Other services see it:
 * nothing secret belongs here.
 *
 * <pre>{@code
 * Context ctx = parent.withValue(Baggage.KEY, Baggage.of("tenant", "acme").with("cohort", "b"));
 * String tenant = ctx.getOrDefault(Baggage.KEY, Baggage.EMPTY).get("tenant").orElse("none");
 * }</pre>
 *
 * <p>Immutable. Kept as it came; a look-up reads the text from the front.
 */
public final class Baggage {

  /** The most members. */
  public static final int MAX_MEMBERS = 64;

  /** The longest header, in characters. */
  public static final int MAX_LENGTH = 8192;

  /** No members. */
  public static final Baggage EMPTY = new Baggage("");

  /** The key under which a context carries its baggage. Not shown. */
  public static final Key<Baggage> KEY = Key.of("baggage", Baggage.class);

  private static final char[] HEX = "0123456789ABCDEF".toCharArray();

  private final String text;

  private Baggage(String text) {
    this.text = text;
  }

  /** One member. */
  public static Baggage of(String name, String value) {
    return EMPTY.with(name, value);
  }

  /**
   * This baggage with one more member, in place of one of that name.
   *
   * @param name a token: letters, digits and {@code !#$%&'*+-.^_`|~}
   * @param value any text; what the wire does not take is percent-encoded
   * @throws IllegalArgumentException if the name is no token, or this would be too much
   */
  public Baggage with(String name, String value) {
    if (!Ascii.isToken(requireNonNull(name, "name"), 0, name.length())) {
      throw new IllegalArgumentException(
          "name: '" + SafeText.of(name) + "' (expected: a token of RFC 9110)");
    }
    StringBuilder all = new StringBuilder(text.length() + name.length() + value.length() + 2);
    int count = 1;
    for (Member member = first(); member != null; member = member.next()) {
      if (!member.isNamed(name)) {
        separate(all).append(text, member.from, member.to);
        count++;
      }
    }
    encode(separate(all).append(name).append('='), value);
    if (count > MAX_MEMBERS || all.length() > MAX_LENGTH) {
      throw new IllegalArgumentException(
          "value: "
              + count
              + " members of "
              + all.length()
              + " characters (expected: at most "
              + MAX_MEMBERS
              + " and "
              + MAX_LENGTH
              + ")");
    }
    return new Baggage(all.toString());
  }

  /** The value of a member, decoded. */
  public Optional<String> get(String name) {
    requireNonNull(name, "name");
    for (Member member = first(); member != null; member = member.next()) {
      if (member.isNamed(name)) {
        return Optional.of(member.value());
      }
    }
    return Optional.empty();
  }

  /** All members, decoded, in their order; properties of members are left out. */
  public Map<String, String> toMap() {
    Map<String, String> all = new LinkedHashMap<>();
    for (Member member = first(); member != null; member = member.next()) {
      all.putIfAbsent(member.name(), member.value());
    }
    return all;
  }

  /** Whether there is no member. */
  public boolean isEmpty() {
    return text.isEmpty();
  }

  /** The value of the header. */
  String text() {
    return text;
  }

  @Override
  public boolean equals(Object object) {
    return object instanceof Baggage other && text.equals(other.text);
  }

  @Override
  public int hashCode() {
    return text.hashCode();
  }

  /** The number of members, never what is in them. */
  @Override
  public String toString() {
    int count = 0;
    for (Member member = first(); member != null; member = member.next()) {
      count++;
    }
    return "baggage of " + count + (count == 1 ? " member" : " members");
  }

  // ---- reading

  /** What was read, and whether some of it was left out. */
  record Reading(@Nullable Baggage baggage, boolean wasMalformed, boolean wasCut) {}

  /** Reads header values. Malformed members are left out, and those beyond the limits. */
  static Reading read(Iterable<String> values) {
    String only = null;
    StringBuilder kept = null;
    int count = 0;
    boolean wasMalformed = false;
    boolean wasCut = false;
    for (String value : values) {
      if (only == null && kept == null && isClean(value)) {
        only = value;
        continue;
      }
      if (kept == null) {
        kept = new StringBuilder();
        if (only != null) {
          kept.append(only);
          count = countOf(only);
        }
      }
      int from = 0;
      while (from < value.length() && !wasCut) {
        int comma = value.indexOf(',', from);
        int to = comma < 0 ? value.length() : comma;
        int start = Ascii.start(value, from, to);
        int end = Ascii.end(value, start, to);
        if (start < end) {
          if (!isMember(value, start, end)) {
            wasMalformed = true;
          } else if (count == MAX_MEMBERS || kept.length() + 1 + end - start > MAX_LENGTH) {
            wasCut = true;
          } else {
            separate(kept).append(value, start, end);
            count++;
          }
        }
        from = to + 1;
      }
    }
    if (kept == null) {
      return new Reading(only == null ? null : new Baggage(only), false, false);
    }
    return new Reading(count == 0 ? null : new Baggage(kept.toString()), wasMalformed, wasCut);
  }

  /** A value that {@link #isClean}. */
  static Baggage asRead(String value) {
    return new Baggage(value);
  }

  /** Whether a value can be kept as it is: members only, and not too many. */
  static boolean isClean(String value) {
    if (value.length() > MAX_LENGTH) {
      return false;
    }
    int count = 0;
    int from = 0;
    while (from <= value.length()) {
      int comma = value.indexOf(',', from);
      int to = comma < 0 ? value.length() : comma;
      int start = Ascii.start(value, from, to);
      if (++count > MAX_MEMBERS || !isMember(value, start, Ascii.end(value, start, to))) {
        return false;
      }
      from = to + 1;
    }
    return true;
  }

  private static int countOf(String value) {
    int count = 1;
    for (int i = 0; i < value.length(); i++) {
      if (value.charAt(i) == ',') {
        count++;
      }
    }
    return count;
  }

  /** {@code name=value;property;name=value}, with blanks around the marks. */
  private static boolean isMember(String text, int from, int to) {
    int equals = text.indexOf('=', from);
    if (equals < 0 || equals >= to) {
      return false;
    }
    if (!Ascii.isToken(text, from, Ascii.end(text, from, equals))) {
      return false;
    }
    int semicolon = text.indexOf(';', equals);
    int end = semicolon < 0 || semicolon > to ? to : semicolon;
    int valueEnd = Ascii.end(text, equals + 1, end);
    for (int i = Ascii.start(text, equals + 1, end); i < valueEnd; i++) {
      if (!isOctet(text.charAt(i))) {
        return false;
      }
    }
    for (int i = end; i < to; i++) {
      char c = text.charAt(i);
      if (!isOctet(c) && c != ';' && c != ' ' && c != '\t') {
        return false;
      }
    }
    return true;
  }

  /** A baggage-octet: visible ASCII without quote, comma, semicolon and backslash. */
  private static boolean isOctet(char c) {
    return c > ' ' && c <= '~' && c != '"' && c != ',' && c != ';' && c != '\\';
  }

  private static StringBuilder separate(StringBuilder all) {
    return all.isEmpty() ? all : all.append(',');
  }

  private static void encode(StringBuilder to, String value) {
    for (byte octet : value.getBytes(StandardCharsets.UTF_8)) {
      char c = (char) (octet & 0xff);
      if (isOctet(c) && c != '%') {
        to.append(c);
      } else {
        to.append('%').append(HEX[c >> 4]).append(HEX[c & 15]);
      }
    }
  }

  private @Nullable Member first() {
    return member(0);
  }

  private @Nullable Member member(int begin) {
    int from = begin;
    while (from < text.length()) {
      int comma = text.indexOf(',', from);
      int to = comma < 0 ? text.length() : comma;
      int start = Ascii.start(text, from, to);
      int end = Ascii.end(text, start, to);
      if (start < end) {
        return new Member(start, end, to + 1);
      }
      from = to + 1;
    }
    return null;
  }

  /** One member of the text. */
  private final class Member {

    private final int from;
    private final int to;
    private final int after;
    private final int equals;

    Member(int from, int to, int after) {
      this.from = from;
      this.to = to;
      this.after = after;
      this.equals = text.indexOf('=', from);
    }

    @Nullable Member next() {
      return member(after);
    }

    boolean isNamed(String name) {
      int end = Ascii.end(text, from, equals);
      return end - from == name.length() && text.startsWith(name, from);
    }

    String name() {
      return text.substring(from, Ascii.end(text, from, equals));
    }

    String value() {
      int semicolon = text.indexOf(';', equals);
      int end = semicolon < 0 || semicolon > to ? to : semicolon;
      int start = Ascii.start(text, equals + 1, end);
      return decoded(text.substring(start, Ascii.end(text, start, end)));
    }
  }

  /** Percent-decoded; what is no valid encoding stays as it is. */
  private static String decoded(String value) {
    if (value.indexOf('%') < 0) {
      return value;
    }
    byte[] octets = new byte[value.length()];
    int size = 0;
    for (int i = 0; i < value.length(); i++) {
      char c = value.charAt(i);
      if (c == '%' && i + 2 < value.length()) {
        int high = Character.digit(value.charAt(i + 1), 16);
        int low = Character.digit(value.charAt(i + 2), 16);
        if (high >= 0 && low >= 0) {
          octets[size++] = (byte) (high << 4 | low);
          i += 2;
          continue;
        }
      }
      octets[size++] = (byte) c;
    }
    return new String(octets, 0, size, StandardCharsets.UTF_8);
  }
}
