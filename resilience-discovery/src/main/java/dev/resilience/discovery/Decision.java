package dev.resilience.discovery;

import dev.resilience.time.Deadline;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Who may be called at a moment, and until when that holds. In this order: who drains is out; the
 * health checks say who is well, unless so many look unwell that they are not believed; those that
 * failed their callers are set aside, but never more than the floor allows; who comes back or joins
 * starts with a tenth of its weight. A few walks over the members, with one reading of the clock.
 */
final class Decision {

  /** A slow start grows in so many steps. */
  private static final int STEPS = 10;

  private final Roster.Rules rules;
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
  Decision(Roster.Rules rules, List<Member> members, boolean known, long now) {
    this.rules = rules;
    this.now = now;
    Zones zones = new Zones(rules.zone());
    List<Member> registered = new ArrayList<>(members.size());
    List<Member> well = new ArrayList<>(members.size());
    int checked = 0;
    for (Member member : members) {
      if (member.instance.isDraining()) {
        member.isOut("draining");
        continue;
      }
      registered.add(member);
      zones.registered(member.instance);
      checked += member.isChecked() ? 1 : 0;
      if (member.isWell()) {
        well.add(member);
      }
    }
    HealthChecks checks = rules.checks();
    unknown = !known || (checks != null && checked == 0 && !registered.isEmpty());
    panic =
        !unknown && checks != null && checked > 0 && well.size() < checks.panicBelow() * checked;
    List<Member> trusted = unknown ? List.of() : panic ? registered : well;
    if (trusted.size() < registered.size()) {
      registered.stream()
          .filter(member -> unknown || !member.isWell())
          .forEach(member -> member.isOut(member.health()));
    }
    candidates = offered(withoutThoseAside(trusted), zones);
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
  private List<Member> withoutThoseAside(List<Member> trusted) {
    List<Member> aside = new ArrayList<>();
    for (Member member : trusted) {
      if (member.isAside()) {
        aside.add(member);
        changesAt(until(member));
      }
    }
    if (aside.isEmpty()) {
      return trusted;
    }
    aside.sort(Comparator.comparing(Decision::until));
    int floor = Math.max(1, (int) Math.ceil(rules.ejection().keepAtLeast() * trusted.size()));
    int tooMany = Math.max(0, floor - (trusted.size() - aside.size()));
    Set<Member> out = new HashSet<>(aside.subList(tooMany, aside.size()));
    out.forEach(member -> member.isOut("set aside, it failed its callers"));
    return trusted.stream().filter(member -> !out.contains(member)).toList();
  }

  private static Deadline until(Member member) {
    return Objects.requireNonNull(member.asideUntil);
  }

  private List<Candidate> offered(List<Member> chosen, Zones zones) {
    List<Candidate> offered = new ArrayList<>(chosen.size());
    for (Member member : chosen) {
      double share = share(member.grownAt);
      Candidate candidate = member.slot(share);
      zones.offered(candidate);
      offered.add(candidate);
      if (panic && !member.isWell()) {
        member.isIn(member.health() + ", not believed", 1);
      } else if (member.isAside()) {
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
