package dev.resilience.micrometer;

import dev.resilience.discovery.client.InstanceStatus;
import dev.resilience.discovery.client.ServiceClient;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.binder.MeterBinder;
import java.util.Objects;
import java.util.function.Predicate;

/**
 * The instances of a service as a client sees them. Meters {@code resilience.instances} by {@code
 * status} ({@code in} or {@code out}) and {@code resilience.instances.panic}; tag {@code service}.
 * No tag for the instance: they come and go. Needs resilience-discovery.
 */
public final class ServiceClientMetrics implements MeterBinder {

  private final ServiceClient client;

  private ServiceClientMetrics(ServiceClient client) {
    this.client = Objects.requireNonNull(client, "client");
  }

  /** For one client. */
  public static ServiceClientMetrics of(ServiceClient client) {
    return new ServiceClientMetrics(client);
  }

  @Override
  public void bindTo(MeterRegistry registry) {
    String what = "Instances that calls go to (in) or are kept from (out)";
    new Meters<>(registry, client, Tags.of("service", client.service()))
        .gauge(
            "resilience.instances",
            "instances",
            what,
            c -> count(c, InstanceStatus::isIn),
            "status",
            "in")
        .gauge(
            "resilience.instances",
            "instances",
            what,
            c -> count(c, status -> !status.isIn()),
            "status",
            "out")
        .ratio(
            "resilience.instances.panic",
            "1: too many look unhealthy to believe the health checks",
            c -> c.explain().isPanic() ? 1 : 0);
  }

  private static double count(ServiceClient client, Predicate<InstanceStatus> which) {
    return client.explain().instances().stream().filter(which).count();
  }
}
