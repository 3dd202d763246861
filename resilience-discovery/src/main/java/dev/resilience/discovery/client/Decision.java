package dev.resilience.discovery.client;

import dev.resilience.context.Context;
import dev.resilience.discovery.SerialExecutor;
import dev.resilience.discovery.balance.Balancer.Picker;
import dev.resilience.discovery.balance.Candidate;
import dev.resilience.discovery.balance.CandidateFilter;
import dev.resilience.discovery.balance.FilterChoice;
import dev.resilience.text.SafeText;
import dev.resilience.time.Deadline;
import dev.resilience.time.Durations;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The instances that may be called at a moment, and until when that holds. Those that drain are
 * out; then one filter after the other is asked; those that come back or join start with a tenth of
 * their weight. A filter that splits the calls makes two sides of the set, and those after it are
 * asked for each. Some walks over the members, with one reading of the clock.
 */
final class Decision {

  private static final Logger LOG = System.getLogger(ServiceClient.class.getName());

  /** A slow start grows in so many steps. */
  private static final int STEPS = 10;

  private final Membership.Rules rules;
  private final long now;
  private final Pickers pickers;
  private final List<CandidateFilter> filters = new ArrayList<>();
  private final List<Candidate> candidates;
  private final boolean unknown;
  private final boolean panic;
  private final @Nullable Picker picker;
  private final @Nullable ZoneFilter zone;
  private long holdsFor = Long.MAX_VALUE;

  /**
   * Decides.
   *
   * @param known whether the registry has said anything yet
   */
  Decision(Membership.Rules rules, List<Member> members, boolean known, long now, Pickers pickers) {
    this.rules = rules;
    this.now = now;
    this.pickers = pickers;
    List<Candidate> registered = registered(members);
    unknown =
        !known
            || (rules.checks() != null
                && !registered.isEmpty()
                && registered.stream().noneMatch(one -> Member.of(one).isChecked()));
    if (unknown) {
      registered.forEach(one -> Member.of(one).isOut(Member.of(one).health()));
      candidates = List.of();
      panic = false;
      picker = null;
      zone = null;
      return;
    }
    filters.addAll(rules.early());
    if (rules.checks() != null) {
      filters.add(new HealthFilter(rules.checks()));
    }
    filters.add(new EjectionFilter(rules.ejection(), now));
    List<Candidate> offered = offered(registered, filters);
    filters.addAll(rules.filters());
    zone = rules.zone() == null ? null : new ZoneFilter(rules.zone(), registered, offered);
    if (zone != null) {
      filters.add(zone);
    }
    List<List<Candidate>> sides = new ArrayList<>();
    picker = picker("", 0, registered, sides);
    candidates = together(registered, sides);
    panic = candidates.stream().anyMatch(one -> !Member.of(one).isHealthy());
    candidates.forEach(this::isIn);
    pickers.decided();
  }

  /** Whether nothing is known yet. */
  boolean isUnknown() {
    return unknown;
  }

  boolean isPanic() {
    return panic;
  }

  /** Their names, in the order in which they were asked. */
  List<String> filters() {
    return filters.stream().map(CandidateFilter::name).toList();
  }

  /** Null: nobody may be called. */
  @Nullable Picker picker() {
    return picker;
  }

  /** The share of the calls that stay in the preferred zone; NaN: zones do not count. */
  double zoneShare() {
    return zone == null ? Double.NaN : zone.share();
  }

  /** In the order of the members; unmodifiable. */
  List<Candidate> candidates() {
    return candidates;
  }

  /** After how many nanoseconds it is time for another decision. */
  long holdsFor() {
    return holdsFor;
  }

  private List<Candidate> registered(List<Member> members) {
    List<Candidate> registered = new ArrayList<>(members.size());
    for (Member member : members) {
      if (member.instance.isDraining()) {
        member.isOut("draining");
      } else {
        registered.add(member.slot(share(member.grownAt)));
      }
    }
    return List.copyOf(registered);
  }

  /** Those that are left by the first filters, on whatever side of a split. */
  private List<Candidate> offered(List<Candidate> registered, List<CandidateFilter> first) {
    if (rules.zone() == null) {
      return List.of();
    }
    List<Candidate> left = registered;
    for (CandidateFilter filter : first) {
      FilterChoice choice = left.isEmpty() ? FilterChoice.all() : choice(filter, left);
      left = choice.calls().isPresent() ? left : choice.some().orElse(left);
    }
    return left;
  }

  private @Nullable Picker picker(
      String side, int next, List<Candidate> left, List<List<Candidate>> sides) {
    if (left.isEmpty()) {
      return null;
    }
    if (next == filters.size()) {
      sides.add(left);
      return pickers.over(side, left);
    }
    CandidateFilter filter = filters.get(next);
    FilterChoice choice = choice(filter, left);
    choice.validFor().ifPresent(time -> holdsFor(Durations.toNanos(time)));
    if (choice.some().isEmpty()) {
      return picker(side, next + 1, left, sides);
    }
    List<Candidate> some = new ArrayList<>(left.size());
    List<Candidate> others = new ArrayList<>();
    divide(left, choice.some().get(), some, others);
    if (choice.calls().isEmpty()) {
      others.forEach(one -> Member.of(one).isOut(reason(filter, one)));
      return picker(side, next + 1, List.copyOf(some), sides);
    }
    Predicate<? super Context> calls = choice.calls().get();
    Picker one = picker(side + next + "+", next + 1, List.copyOf(some), sides);
    Picker other = picker(side + next + "-", next + 1, List.copyOf(others), sides);
    return one == null ? other : other == null ? one : new SplitPicker(one, other, calls);
  }

  /** In their order, whatever the order of the chosen. */
  @SuppressWarnings("ReferenceEquality")
  private static void divide(
      List<Candidate> all, List<Candidate> chosen, List<Candidate> some, List<Candidate> others) {
    int at = 0;
    for (Candidate candidate : all) {
      if (at < chosen.size() && chosen.get(at) == candidate) {
        some.add(candidate);
        at++;
      } else {
        others.add(candidate);
      }
    }
    if (at < chosen.size()) {
      // Not a part of the list in its order, as most choices are.
      Set<Candidate> wanted = new HashSet<>(chosen);
      some.clear();
      others.clear();
      all.forEach(one -> (wanted.contains(one) ? some : others).add(one));
    }
  }

  private static List<Candidate> together(List<Candidate> registered, List<List<Candidate>> sides) {
    if (sides.size() <= 1) {
      return sides.isEmpty() ? List.of() : sides.get(0);
    }
    Set<Candidate> in = new HashSet<>();
    sides.forEach(in::addAll);
    return registered.stream().filter(in::contains).toList();
  }

  /** A filter may be the user's: one that throws chooses all. */
  private static FilterChoice choice(CandidateFilter filter, List<Candidate> left) {
    try {
      return filter.choose(left);
    } catch (Throwable thrown) {
      SerialExecutor.contained(
          () ->
              SafeText.log(LOG, Level.WARNING, "the filter " + filter.name() + " failed", thrown));
      return FilterChoice.all();
    }
  }

  private static String reason(CandidateFilter filter, Candidate candidate) {
    Member member = Member.of(candidate);
    return filter instanceof HealthFilter
        ? member.health()
        : filter instanceof EjectionFilter
            ? "ejected, " + member.ejectedFor
            : "filtered by " + filter.name();
  }

  private void isIn(Candidate candidate) {
    Member member = Member.of(candidate);
    if (!member.isHealthy()) {
      member.isIn(member.health() + ", not trusted", 1);
    } else if (member.isEjected()) {
      member.isIn(member.health() + ", " + member.ejectedFor + ", but too few would be left", 1);
    } else {
      member.isIn(member.health(), share(member.grownAt));
    }
  }

  /** Grows in steps, because each one makes the balancer prepare anew. */
  private double share(@Nullable Deadline grown) {
    if (grown == null) {
      return 1;
    }
    long whole = Durations.toNanos(rules.ejection().slowStart());
    long step = Math.max(1, whole / STEPS);
    long left = Math.max(1, grown.nanos() - now);
    long stepsLeft = Math.min(STEPS - 1, (left - 1) / step);
    holdsFor(left - stepsLeft * step);
    return 1 - (double) stepsLeft / STEPS;
  }

  private void holdsFor(long nanos) {
    holdsFor = Math.min(holdsFor, Math.max(1, nanos));
  }
}
