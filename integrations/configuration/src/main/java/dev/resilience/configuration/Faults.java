package dev.resilience.configuration;

import java.util.ArrayList;
import java.util.List;

/** Collects what is wrong, so that all of it can be said at once. */
final class Faults {

  /** A generated text may have a fault in each line; nobody reads them all. */
  private static final int MOST = 1_000;

  private final List<ConfigurationFault> faults = new ArrayList<>();

  void add(String key, int line, String problem) {
    if (faults.size() < MOST) {
      faults.add(new ConfigurationFault(key, line, problem));
    }
  }

  int count() {
    return faults.size();
  }

  void throwIfAny() {
    if (!faults.isEmpty()) {
      throw new ConfigurationException(faults);
    }
  }
}
