package dev.resilience.discovery.client;

import dev.resilience.discovery.balance.Candidate;
import dev.resilience.discovery.health.HealthChecks;
import dev.resilience.time.Deadline;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Who may be called at a moment, and until when that holds. In this order: those that drain are
 * out; so are the unhealthy, unless there are so many of them that the checks are not trusted; so
 * are those that failed their callers, but never more than the floor allows; those that come back
 * or join start with a tenth of their weight. A few walks over the members, with one reading of the
 * clock.
 */
final class Decision {

  /** A slow start grows in so many steps. */
  private static final int STEPS = 10;

  private final Membership.Rules rules;
  private final long now;
  private final boolean unknown;
  private final boolean panic;
  private final double zoneShare;
  private final List<Candidate> candidates;
  private long holdsFor = Long.MAX_VALUE;

  /**
   * Decides.
   *
   * @param known whether the registry has said anything yet
   */
  Decision(Membership.Rules rules, List<Member> members, boolean known, long now) {
    this.rules = rules;
    this.now = now;
    Zones zones = new Zones(rules.zone());
    List<Member> registered = new ArrayList<>(members.size());
    List<Member> healthy = new ArrayList<>(members.size());
    int checked = 0;
    for (Member member : members) {
      if (member.instance.isDraining()) {
        member.isOut("draining");
        continue;
      }
      registered.add(member);
      zones.registered(member.instance);
      checked += member.isChecked() ? 1 : 0;
      if (member.isHealthy()) {
        healthy.add(member);
      }
    }
    HealthChecks checks = rules.checks();
    unknown = !known || (checks != null && checked == 0 && !registered.isEmpty());
    panic =
        !unknown && checks != null && checked > 0 && healthy.size() < checks.panicBelow() * checked;
    List<Member> trusted = unknown ? List.of() : panic ? registered : healthy;
    if (trusted.size() < registered.size()) {
      registered.stream()
          .filter(member -> unknown || !member.isHealthy())
          .forEach(member -> member.isOut(member.health()));
    }
    candidates = offered(withoutTheEjected(trusted), zones);
    zoneShare = panic ? Double.NaN : zones.share();
  }

  /** Whether nothing is known yet. */
  boolean isUnknown() {
    return unknown;
  }

  boolean isPanic() {
    return panic;
  }

  /** The share of the calls that stay in the preferred zone; NaN: zones do not count. */
  double zoneShare() {
    return zoneShare;
  }

  /** In the order of the members; unmodifiable. */
  List<Candidate> candidates() {
    return candidates;
  }

  /** After how many nanoseconds it is time for another decision. */
  long holdsFor() {
    return holdsFor;
  }

  /** Where too few would be left, those whose time is up first stay. */
  private List<Member> withoutTheEjected(List<Member> trusted) {
    List<Member> ejected = new ArrayList<>();
    for (Member member : trusted) {
      if (member.isEjected()) {
        ejected.add(member);
        changesAt(until(member));
      }
    }
    if (ejected.isEmpty()) {
      return trusted;
    }
    ejected.sort(Comparator.comparing(Decision::until));
    // The epsilon is for shares such as 0.29, of which a hundred are 28.999999999999996.
    int most = (int) (rules.ejection().maxEjectedShare() * trusted.size() + 1e-9);
    int floor = Math.max(1, trusted.size() - most);
    int tooMany = Math.max(0, floor - (trusted.size() - ejected.size()));
    Set<Member> out = new HashSet<>(ejected.subList(tooMany, ejected.size()));
    out.forEach(member -> member.isOut("ejected, it failed its callers"));
    return trusted.stream().filter(member -> !out.contains(member)).toList();
  }

  private static Deadline until(Member member) {
    return Objects.requireNonNull(member.ejectedUntil);
  }

  private List<Candidate> offered(List<Member> chosen, Zones zones) {
    List<Candidate> offered = new ArrayList<>(chosen.size());
    for (Member member : chosen) {
      double share = share(member.grownAt);
      Candidate candidate = member.slot(share);
      zones.offered(candidate);
      offered.add(candidate);
      if (panic && !member.isHealthy()) {
        member.isIn(member.health() + ", not trusted", 1);
      } else if (member.isEjected()) {
        member.isIn(member.health() + ", failing its callers, but too few would be left", 1);
      } else {
        member.isIn(member.health(), share);
      }
    }
    return List.copyOf(offered);
  }

  /** Grows in steps, because each one makes the balancer prepare anew. */
  private double share(@Nullable Deadline grown) {
    if (grown == null) {
      return 1;
    }
    long whole = Deadline.saturatedNanos(rules.ejection().slowStart());
    long step = Math.max(1, whole / STEPS);
    long left = Math.max(1, grown.nanos() - now);
    long stepsLeft = Math.min(STEPS - 1, (left - 1) / step);
    holdsFor = Math.min(holdsFor, left - stepsLeft * step);
    return 1 - (double) stepsLeft / STEPS;
  }

  private void changesAt(Deadline moment) {
    holdsFor = Math.min(holdsFor, moment.nanos() - now);
  }
}
