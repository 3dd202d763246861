package dev.resilience.text;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.lang.reflect.RecordComponent;
import java.time.Duration;
import java.util.Objects;
import java.util.StringJoiner;
import org.jspecify.annotations.Nullable;

/**
 * What others have named, written or thrown, as a text that can stand in a message, a log or a
 * report: escaped, so that it forges no line; cut, so that it fills no disk; and had without
 * throwing, whatever its {@code toString} does.
 */
public final class SafeText {

  /** The usual length of a text from elsewhere, in characters. */
  public static final int MOST = 200;

  /** The length of a message of ours, which may hold several such texts, in characters. */
  public static final int MOST_OF_MESSAGE = 1000;

  /** The length of the text of a failure that is logged, in characters. */
  static final int MOST_LOGGED = 2000;

  private SafeText() {}

  /**
   * A name that a user gives to a policy, a pool, a key: made safe here, once, so that it may stand
   * in any message afterwards.
   *
   * @return the name itself, unless it has to be escaped or is longer than {@value #MOST}
   *     characters
   * @throws IllegalArgumentException if it is blank
   */
  public static String name(String name) {
    if (Objects.requireNonNull(name, "name").isBlank()) {
      throw new IllegalArgumentException("name: '" + of(name) + "' (expected: not blank)");
    }
    return of(name);
  }

  /** The text of an object, at most {@value #MOST} characters of it. Never throws. */
  public static String of(@Nullable Object foreign) {
    return of(foreign, MOST);
  }

  /**
   * The text of an object. Never throws.
   *
   * @param most how many characters of it are shown; the number of the others follows
   */
  public static String of(@Nullable Object foreign, int most) {
    String text;
    try {
      text = String.valueOf(foreign);
      if (text == null) {
        text = "null";
      }
    } catch (Throwable broken) {
      // Its class is known in any case.
      return "a " + (foreign == null ? "null" : foreign.getClass().getName()) + " without a text";
    }
    return escaped(text, most);
  }

  /** The message of a throwable; the name of its class where it has none. Never throws. */
  public static String messageOf(Throwable failure) {
    String message;
    try {
      message = failure.getMessage();
    } catch (Throwable broken) {
      message = null;
    }
    return message == null ? failure.getClass().getSimpleName() : of(message, MOST_OF_MESSAGE);
  }

  /**
   * The text of a record as its own {@code toString} would have it, with the parts made safe, and
   * durations as people write them; for records that hold what others have made. Never throws.
   */
  public static String ofRecord(Record value) {
    StringJoiner text = new StringJoiner(", ", value.getClass().getSimpleName() + "[", "]");
    for (RecordComponent component : value.getClass().getRecordComponents()) {
      Object part;
      try {
        part = component.getAccessor().invoke(value);
      } catch (ReflectiveOperationException hidden) {
        part = "?";
      }
      text.add(
          component.getName()
              + "="
              + (part instanceof Duration time
                  ? DurationText.of(time)
                  : of(part, MOST_OF_MESSAGE)));
    }
    return text.toString();
  }

  private static String escaped(String text, int most) {
    int end = Math.min(text.length(), most);
    if (end > 0 && end < text.length() && Character.isHighSurrogate(text.charAt(end - 1))) {
      end--;
    }
    int harmless = 0;
    while (harmless < end && isHarmless(text, harmless, end)) {
      harmless++;
    }
    if (harmless == text.length()) {
      return text;
    }
    StringBuilder safe = new StringBuilder(end + 32).append(text, 0, harmless);
    for (int i = harmless; i < end; i++) {
      char c = text.charAt(i);
      if (isHarmless(text, i, end)) {
        safe.append(c);
      } else if (c == '\n') {
        safe.append("\\n");
      } else if (c == '\r') {
        safe.append("\\r");
      } else if (c == '\t') {
        safe.append("\\t");
      } else {
        safe.append("\\u").append(String.format("%04x", (int) c));
      }
    }
    if (end < text.length()) {
      safe.append("... (").append(text.length() - end).append(" more)");
    }
    return safe.toString();
  }

  /** Whether a character neither moves the cursor, nor hides, nor stands for half of another. */
  private static boolean isHarmless(String text, int at, int end) {
    char c = text.charAt(at);
    if (c < 0x7f) {
      return c >= ' ';
    }
    return switch (Character.getType(c)) {
      case Character.CONTROL,
          Character.FORMAT,
          Character.LINE_SEPARATOR,
          Character.PARAGRAPH_SEPARATOR,
          Character.UNASSIGNED ->
          false;
      case Character.SURROGATE ->
          Character.isHighSurrogate(c)
              ? at + 1 < end && Character.isLowSurrogate(text.charAt(at + 1))
              : at > 0 && Character.isHighSurrogate(text.charAt(at - 1));
      default -> true;
    };
  }

  /**
   * Logs a failure of foreign code. Never throws: a failure whose text would forge lines, or cannot
   * be had, is logged by a stand-in with the same stack trace, and a log that cannot be written
   * costs nobody anything.
   */
  public static void log(Logger logger, Level level, String message, @Nullable Throwable failure) {
    try {
      if (logger.isLoggable(level)) {
        logger.log(level, message, failure == null ? null : PrintableFailure.of(failure));
      }
    } catch (Throwable broken) {
      try {
        logger.log(level, message);
      } catch (Throwable again) {
        // There is nobody left to tell.
      }
    }
  }
}
