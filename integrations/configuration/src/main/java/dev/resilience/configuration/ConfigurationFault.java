package dev.resilience.configuration;

/** One thing that is wrong with a configuration. Immutable. */
public final class ConfigurationFault {

  private final String key;
  private final int line;
  private final String problem;

  ConfigurationFault(String key, int line, String problem) {
    this.key = key;
    this.line = line;
    this.problem = problem;
  }

  /**
   * Where it is, such as {@code stacks.payments.retry.max_attempts}; empty: the text as a whole.
   */
  public String key() {
    return key;
  }

  /** The line of the text, from 1; 0 where there are no lines, as in a map. */
  public int line() {
    return line;
  }

  /** What was given and what was expected, or what a key that is not known may have meant. */
  public String problem() {
    return problem;
  }

  /** All of it in one line. */
  @Override
  public String toString() {
    return (line > 0 ? "line " + line + ": " : "") + (key.isEmpty() ? "" : key + ": ") + problem;
  }
}
