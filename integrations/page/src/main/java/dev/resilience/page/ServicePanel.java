package dev.resilience.page;

import static java.util.Objects.requireNonNull;

import dev.resilience.discovery.client.Explanation;
import dev.resilience.discovery.client.InstanceStatus;
import dev.resilience.discovery.client.ServiceClient;
import dev.resilience.discovery.registry.ServiceInstance;
import dev.resilience.text.DurationText;
import java.time.Duration;
import java.time.Instant;

/**
 * A panel for the instances of a service: which get calls, and the reason for each. Needs {@code
 * resilience-discovery}, which the page itself does not.
 */
public final class ServicePanel {

  private ServicePanel() {}

  /** The instances of a client's service. */
  public static Panel of(ServiceClient client) {
    requireNonNull(client, "client");
    return () -> panel(client.explain());
  }

  private static PanelSnapshot panel(Explanation now) {
    long in = now.instances().stream().filter(InstanceStatus::isIn).count();
    PanelSnapshot.Builder panel =
        PanelSnapshot.builder("service", now.service())
            .figure("get calls", in + " of " + now.instances().size());
    now.snapshot()
        .ifPresent(
            registry ->
                panel.figure(
                    "registry",
                    (registry.isStale() ? "away since " : "current, ")
                        + DurationText.of(registry.age())));
    judge(panel, now, in);
    panel.columns("instance", "gets calls", "reason", "last good check");
    for (InstanceStatus it : now.instances()) {
      ServiceInstance instance = it.instance();
      panel.row(
          it.isIn() ? Status.OK : Status.BAD,
          instance.host() + ":" + instance.port() + zone(instance),
          it.isIn() ? "yes" : "no",
          it.reason(),
          it.lastGoodCheck().map(ServicePanel::ago).orElse("-"));
    }
    return panel.build();
  }

  private static void judge(PanelSnapshot.Builder panel, Explanation now, long in) {
    if (in == 0) {
      panel.status(Status.BAD, "no instance gets calls");
    } else if (now.isPanic()) {
      panel.status(Status.WARNING, "too few are healthy: all get calls");
    } else if (in < now.instances().size()) {
      panel.status(Status.WARNING, now.instances().size() - in + " get no calls");
    }
  }

  private static String zone(ServiceInstance instance) {
    return instance.zone().isEmpty() ? "" : " (" + instance.zone() + ")";
  }

  private static String ago(Instant then) {
    Duration since = Duration.between(then, Instant.now());
    return DurationText.of(since.isNegative() ? Duration.ZERO : since) + " ago";
  }
}
