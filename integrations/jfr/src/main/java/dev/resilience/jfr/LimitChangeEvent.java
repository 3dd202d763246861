package dev.resilience.jfr;

import jdk.jfr.Description;
import jdk.jfr.Label;
import jdk.jfr.Name;

/** An adaptive concurrency limit has changed. */
@Name("dev.resilience.ConcurrencyLimitChange")
@Label("Concurrency Limit Change")
@Description("An adaptive concurrency limit has changed")
final class LimitChangeEvent extends PolicyJfrEvent {

  @Label("From")
  @Description("How many calls at once before")
  int from;

  @Label("To")
  @Description("How many calls at once from now on")
  int to;
}
