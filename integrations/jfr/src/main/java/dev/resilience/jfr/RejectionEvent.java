package dev.resilience.jfr;

import jdk.jfr.Description;
import jdk.jfr.Label;
import jdk.jfr.Name;
import org.jspecify.annotations.Nullable;

/** A policy did not let a call through. */
@Name("dev.resilience.Rejection")
@Label("Rejection")
@Description("A policy did not let a call through")
final class RejectionEvent extends PolicyJfrEvent {

  @Label("Rejection")
  @Description("The class of what the caller gets")
  @Nullable Class<?> rejection;
}
