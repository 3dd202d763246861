package dev.resilience.jfr;

import jdk.jfr.Description;
import jdk.jfr.Label;
import jdk.jfr.Name;
import org.jspecify.annotations.Nullable;

/** One attempt of a call, from its start to its outcome. */
@Name("dev.resilience.Attempt")
@Label("Attempt")
@Description("One attempt of a call, from its start to its outcome")
final class AttemptEvent extends PolicyJfrEvent {

  @Label("Failure")
  @Description("The class of the failure, if it failed")
  @Nullable Class<?> failure;

  @Label("Abandoned")
  @Description("Whether its caller had gone or its time was up when it ended")
  boolean abandoned;
}
