package dev.resilience.text;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import org.jspecify.annotations.Nullable;

/**
 * What others have named, written or thrown, as a text that can stand in a message, a log or a
 * report: escaped, so that it forges no line; cut, so that it fills no disk; and had without
 * throwing, whatever its {@code toString} does.
 */
public final class SafeText {

  /** The usual length of a text from elsewhere, in characters. */
  public static final int MOST = 200;

  private SafeText() {}

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
   * Logs a failure of foreign code. Never throws: a failure that cannot be printed is logged by the
   * name of its class, and a log that cannot be written costs nobody anything.
   */
  public static void log(Logger logger, Level level, String message, Throwable failure) {
    try {
      logger.log(level, message, failure);
    } catch (Throwable unprintable) {
      try {
        logger.log(
            level, message + " (" + failure.getClass().getName() + ", which cannot be printed)");
      } catch (Throwable broken) {
        // There is nobody left to tell.
      }
    }
  }
}
