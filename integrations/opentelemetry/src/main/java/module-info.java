/** Spans for calls and attempts, and the bridge to the context of OpenTelemetry. */
@SuppressWarnings({"requires-automatic", "requires-transitive-automatic"}) // no modules, yet
module dev.resilience.opentelemetry {
  requires transitive dev.resilience.core;
  requires transitive io.opentelemetry.api;
  requires transitive io.opentelemetry.context;
  requires static transitive org.jspecify;

  exports dev.resilience.opentelemetry;
}
