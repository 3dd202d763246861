package dev.resilience.configuration;

import java.util.List;
import java.util.stream.Collectors;

/** A configuration was refused, whole: nothing was changed by it. Lists all that is wrong. */
public final class ConfigurationException extends IllegalArgumentException {

  private static final long serialVersionUID = 1L;

  /** As many as anybody reads. */
  private static final int MOST_IN_MESSAGE = 100;

  private final transient List<ConfigurationFault> faults;

  ConfigurationException(List<ConfigurationFault> faults) {
    super(message(faults));
    this.faults = List.copyOf(faults);
  }

  private static String message(List<ConfigurationFault> faults) {
    int more = faults.size() - MOST_IN_MESSAGE;
    return faults.stream()
        .limit(MOST_IN_MESSAGE)
        .map(fault -> "\n  " + fault)
        .collect(
            Collectors.joining(
                "",
                faults.size() == 1
                    ? "one fault in the configuration:"
                    : faults.size() + " faults in the configuration:",
                more > 0 ? "\n  and " + more + " more" : ""));
  }

  /** What is wrong, as it was found; at least one. Empty after serialization. */
  public List<ConfigurationFault> faults() {
    return faults == null ? List.of() : faults;
  }
}
