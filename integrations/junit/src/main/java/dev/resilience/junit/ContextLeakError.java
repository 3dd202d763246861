package dev.resilience.junit;

import static java.util.stream.Collectors.joining;

import dev.resilience.diagnostics.Leak;
import java.util.List;

/** A test has left contexts behind. */
public final class ContextLeakError extends AssertionError {

  private static final long serialVersionUID = 1L;

  private final transient List<Leak> leaks;

  ContextLeakError(List<Leak> leaks) {
    super(
        leaks.stream()
            .map(Leak::toString)
            .collect(joining("\n", "The test leaves contexts behind:\n", "")));
    this.leaks = List.copyOf(leaks);
  }

  /** What was left, by the place that derived it. */
  public List<Leak> leaks() {
    return leaks;
  }
}
