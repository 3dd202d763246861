package dev.resilience.jfr;

import jdk.jfr.Description;
import jdk.jfr.Label;
import jdk.jfr.Name;
import org.jspecify.annotations.Nullable;

/** A circuit breaker changed its state. */
@Name("dev.resilience.CircuitChange")
@Label("Circuit Change")
@Description("A circuit breaker changed its state")
final class CircuitChangeEvent extends PolicyJfrEvent {

  @Label("From")
  @Nullable String from;

  @Label("To")
  @Nullable String to;

  @Label("Reason")
  @Nullable String reason;
}
