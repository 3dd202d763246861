package dev.resilience.configuration;

import dev.resilience.timeout.ServiceTimeouts;
import java.time.Duration;
import java.util.Map;

/** What can be said of {@link ServiceTimeouts}, and which of them a stack keeps. */
final class ServiceTimeoutKeys {

  /** The mapping of names to limits. */
  static final String SERVICES = "services";

  static final Section ALL =
      new Section(
          "service_timeouts",
          "How long each service may take: under `services` a duration by name.");

  static final Setting<Duration> OTHERWISE =
      ALL.add(
          "otherwise",
          ValueType.positiveDuration(),
          "1s",
          "how long a service may take that is not listed");
  static final Setting<Duration> NETWORK_OVERHEAD =
      ALL.add(
          "network_overhead",
          ValueType.durationOrZero(),
          "0s",
          "what the way there and back takes");
  static final Setting<Boolean> ISOLATED = TimeoutKeys.isolated(ALL);
  static final Setting<Integer> MAX_THREADS = TimeoutKeys.maxThreads(ALL);

  /** A single one, for the mapping of names to limits. */
  static final ValueType<Duration> LIMIT = ValueType.positiveDuration();

  static final Section SECTION =
      new Section("service_timeout", "Limits an attempt as `service_timeouts` says for a service.");

  static final Setting<String> SERVICE =
      SECTION.addMain(
          "service",
          ValueType.name("of a service"),
          "the name of the stack",
          "which one; `service_timeout: payment` says the same");

  private ServiceTimeoutKeys() {}

  static ServiceTimeouts.Builder builder(Values values, Map<String, Duration> services) {
    ServiceTimeouts.Builder builder = ServiceTimeouts.builder();
    services.forEach(builder::service);
    values.ifGiven(OTHERWISE, builder::otherwise);
    values.ifGiven(NETWORK_OVERHEAD, builder::networkOverhead);
    if (values.isOn(ISOLATED)) {
      builder.isolated();
    }
    values.ifGiven(MAX_THREADS, builder::maxThreads);
    return builder;
  }
}
