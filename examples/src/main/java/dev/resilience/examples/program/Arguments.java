package dev.resilience.examples.program;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Flags, each with a value and at most once: {@code --seed 7 --rate 100}. Immutable.
 *
 * @param help whether it was asked for; everything else is left out then
 * @param values by flag
 */
public record Arguments(boolean help, Map<String, String> values) {

  /** Keeps its own copy. */
  public Arguments {
    values = Map.copyOf(values);
  }

  /**
   * Reads a command line.
   *
   * @param flags those that there are, besides {@code --help}
   */
  public static Arguments parse(List<String> flags, String... args) throws UsageException {
    Map<String, String> given = new HashMap<>();
    for (int i = 0; i < args.length; i++) {
      String flag = args[i];
      if (flag.equals("--help") || flag.equals("-h")) {
        return new Arguments(true, Map.of());
      }
      if (!flags.contains(flag)) {
        throw new UsageException("unknown argument '" + flag + "'");
      }
      if (i + 1 == args.length) {
        throw new UsageException(flag + ": no value given");
      }
      if (given.put(flag, args[++i]) != null) {
        throw new UsageException(flag + ": given twice");
      }
    }
    return new Arguments(false, given);
  }

  /** The value of a flag, if it is given. */
  public Optional<String> value(String flag) {
    return Optional.ofNullable(values.get(flag));
  }

  /** The value of a flag that wants any whole number. */
  public long number(String flag, long ifAbsent) throws UsageException {
    return number(flag, ifAbsent, Long.MIN_VALUE, Long.MAX_VALUE, "a whole number");
  }

  /** The value of a flag that wants a whole number within bounds. */
  public int number(String flag, int ifAbsent, int least, int most) throws UsageException {
    return (int) number(flag, ifAbsent, least, most, least + " to " + most);
  }

  private long number(String flag, long ifAbsent, long least, long most, String expected)
      throws UsageException {
    String text = values.get(flag);
    if (text == null) {
      return ifAbsent;
    }
    Long number = asLong(text);
    if (number == null || number < least || number > most) {
      throw new UsageException(flag + ": '" + text + "' (expected: " + expected + ")");
    }
    return number;
  }

  private static @Nullable Long asLong(String text) {
    try {
      return Long.valueOf(text);
    } catch (NumberFormatException notANumber) {
      return null;
    }
  }
}
