package dev.resilience.load;

import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Options of a command line: {@code --name value}, lists with commas. */
final class Options {

  private final Map<String, String> values = new HashMap<>();

  private Options() {}

  static Options parse(String[] args, List<String> known) {
    Options options = new Options();
    for (int i = 0; i < args.length; i += 2) {
      String name = args[i].replaceFirst("^--", "");
      if (!args[i].startsWith("--") || !known.contains(name)) {
        throw new IllegalArgumentException(
            args[i] + " (expected: one of --" + String.join(", --", known) + ")");
      }
      if (i + 1 == args.length) {
        throw new IllegalArgumentException(args[i] + " (expected: a value behind it)");
      }
      options.values.put(name, args[i + 1]);
    }
    return options;
  }

  String text(String name, String otherwise) {
    return values.getOrDefault(name, otherwise);
  }

  List<String> list(String name, List<String> otherwise) {
    String value = values.get(name);
    return value == null ? otherwise : List.of(value.split(",", -1));
  }

  int number(String name, int otherwise) {
    String value = values.get(name);
    return value == null ? otherwise : Integer.parseInt(value);
  }
}
