package dev.resilience.discovery.client;

import dev.resilience.discovery.balance.Candidate;
import dev.resilience.discovery.registry.ServiceInstance;
import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Counts what the zones have, to find out how many calls the preferred one can keep. */
final class Zones {

  private final @Nullable ZonePreference preference;
  private final Set<String> zones = new HashSet<>();
  private long registered;
  private double offered;

  Zones(@Nullable ZonePreference preference) {
    this.preference = preference;
  }

  void registered(ServiceInstance instance) {
    if (preference != null) {
      zones.add(instance.zone());
      registered += instance.weight();
    }
  }

  void offered(Candidate candidate) {
    if (preference != null && candidate.instance().zone().equals(preference.zone())) {
      offered += candidate.weight();
    }
  }

  /** NaN: no zone is preferred. */
  double share() {
    if (preference == null) {
      return Double.NaN;
    }
    double due = (double) registered / Math.max(1, zones.size());
    return due == 0 ? 0 : Math.min(1, preference.headroom() * offered / due);
  }
}
