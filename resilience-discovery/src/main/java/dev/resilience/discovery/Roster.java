package dev.resilience.discovery;

import dev.resilience.context.Context;
import dev.resilience.time.Deadline;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * Decides who may be called: registered, well, not set aside. All decisions are steps of one {@link
 * Serial}; calls read the {@link Selection} that came out of the last one.
 *
 * <p>In this order: the registry says who is there; the health checks say who is well, unless so
 * many look unwell that they are not believed; those that failed their callers are set aside, but
 * never more than the floor allows; who comes back or joins starts with a tenth of its weight.
 */
final class Roster {

  /** A slow start grows in so many steps. */
  private static final int STEPS = 10;

  private final String service;
  private final Context life;
  private final Balancer balancer;
  private final @Nullable HealthChecks checks;
  private final Ejection ejection;
  private final Waiters waiters;
  private final Serial serial = new Serial();
  private volatile Selection selection = Selection.UNKNOWN;
  private volatile @Nullable Snapshot snapshot;

  // Used by the steps of the serial alone.
  private final Map<String, Member> members = new TreeMap<>();
  private @Nullable CompletableFuture<?> alarm;
  private @Nullable Deadline wake;

  Roster(
      String service,
      Context life,
      Balancer balancer,
      @Nullable HealthChecks checks,
      Ejection ejection,
      Waiters waiters) {
    this.service = service;
    this.life = life;
    this.balancer = balancer;
    this.checks = checks;
    this.ejection = ejection;
    this.waiters = waiters;
  }

  Selection selection() {
    return selection;
  }

  Explanation explain() {
    Selection now = selection;
    return new Explanation(
        service,
        now.members().stream()
            .map(
                member -> {
                  Member.Standing standing = member.standing;
                  return new Explanation.Standing(
                      member.instance, standing.in(), standing.reason());
                })
            .toList(),
        now.panic(),
        Optional.ofNullable(snapshot));
  }

  /** The registry has something new to say. */
  void update(Snapshot news) {
    serial.run(() -> take(news));
  }

  /** A call has failed that was too many. */
  void setAside(Member member, int term) {
    serial.run(
        () -> {
          if (member.outcomes.term() == term && members.get(member.instance.id()) == member) {
            member.outcomes.newTerm(false, ejection);
            if (member.asideUntil == null) {
              member.asideUntil = Deadline.after(timeAside(member), life.timeSource());
              member.timesAside++;
            }
            decide();
          }
        });
  }

  private Duration timeAside(Member member) {
    Duration time = ejection.forAtLeast();
    for (int i = 0; i < member.timesAside && time.compareTo(ejection.forAtMost()) < 0; i++) {
      time = time.multipliedBy(2);
    }
    return time.compareTo(ejection.forAtMost()) < 0 ? time : ejection.forAtMost();
  }

  private void take(Snapshot news) {
    if (life.isDone()) {
      return;
    }
    snapshot = news;
    Set<String> present = new HashSet<>();
    for (ServiceInstance instance : news.registered()) {
      present.add(instance.id());
      Member member = members.get(instance.id());
      if (member == null) {
        join(instance);
      } else {
        member.instance = instance;
        member.kept = false;
      }
    }
    for (Iterator<Member> all = members.values().iterator(); all.hasNext(); ) {
      Member member = all.next();
      if (!present.contains(member.instance.id())) {
        if (checks == null || member.instance.isDraining()) {
          member.leave();
          all.remove();
        } else {
          member.kept = true;
        }
      }
    }
    decide();
  }

  private void join(ServiceInstance instance) {
    Member member =
        new Member(instance, checks == null ? null : new Health(checks), life.withCancel());
    members.put(instance.id(), member);
    if (selection.picker() != null) {
      startSlowly(member);
    }
    if (checks != null) {
      Checking.start(
          member.life, checks, instance, failure -> serial.run(() -> checked(member, failure)));
    }
  }

  private void checked(Member member, @Nullable Throwable failure) {
    Health health = member.health;
    if (health == null || member.life.isDone()) {
      return;
    }
    boolean first = !health.isChecked();
    if (health.add(failure)) {
      if (!first && health.isWell()) {
        startSlowly(member);
      }
      decide();
    }
  }

  private void startSlowly(Member member) {
    if (!ejection.slowStart().isZero()) {
      member.grownAt = Deadline.after(ejection.slowStart(), life.timeSource());
    }
  }

  private void decide() {
    if (life.isDone()) {
      return;
    }
    wake = null;
    dropKept();
    bringBack();
    List<Member> registered = new ArrayList<>();
    for (Member member : members.values()) {
      if (member.instance.isDraining()) {
        member.stands(false, "draining");
      } else {
        registered.add(member);
      }
    }
    boolean unknown =
        snapshot == null
            || (checks != null
                && !registered.isEmpty()
                && registered.stream().noneMatch(Roster::isChecked));
    List<Member> well = unknown ? List.of() : well(registered);
    boolean panic = !unknown && checks != null && isPanic(registered, well);
    if (panic) {
      well = registered;
    }
    List<Candidate> candidates = offered(withoutThoseAside(well), panic);
    publish(candidates, panic, unknown);
    setAlarm();
  }

  /**
   * Those that the registry does not name any more are of use until one of the others is checked.
   */
  private void dropKept() {
    boolean newcomersChecked =
        members.values().stream().anyMatch(member -> !member.kept && isChecked(member));
    boolean nobodyElse = members.values().stream().allMatch(member -> member.kept);
    if (newcomersChecked || nobodyElse) {
      members
          .values()
          .removeIf(
              member -> {
                if (member.kept) {
                  member.leave();
                }
                return member.kept;
              });
    }
  }

  private void bringBack() {
    for (Member member : members.values()) {
      if (member.asideUntil != null && member.asideUntil.isPassed()) {
        member.asideUntil = null;
        member.outcomes.newTerm(true, ejection);
        startSlowly(member);
      }
      if (member.grownAt != null && member.grownAt.isPassed()) {
        member.grownAt = null;
        member.timesAside = 0;
      }
    }
  }

  private List<Member> well(List<Member> registered) {
    List<Member> well = new ArrayList<>();
    for (Member member : registered) {
      Health health = member.health;
      if (health == null || (health.isChecked() && health.isWell())) {
        well.add(member);
      } else {
        member.stands(false, health.describe());
      }
    }
    return well;
  }

  private boolean isPanic(List<Member> registered, List<Member> well) {
    long checked = registered.stream().filter(Roster::isChecked).count();
    return checks != null && checked > 0 && well.size() < checks.panicBelow() * checked;
  }

  private static boolean isChecked(Member member) {
    return member.health == null || member.health.isChecked();
  }

  /** Where too few would be left, those whose time is up first stay. */
  private List<Member> withoutThoseAside(List<Member> well) {
    List<Member> aside =
        well.stream()
            .filter(Member::isAside)
            .sorted(
                Comparator.comparing(member -> java.util.Objects.requireNonNull(member.asideUntil)))
            .toList();
    if (aside.isEmpty()) {
      return well;
    }
    int floor = Math.max(1, (int) Math.ceil(ejection.keepAtLeast() * well.size()));
    int tooMany = Math.max(0, floor - (well.size() - aside.size()));
    Set<Member> out = new HashSet<>(aside.subList(tooMany, aside.size()));
    for (Member member : aside) {
      Deadline until = java.util.Objects.requireNonNull(member.asideUntil);
      wakeAt(until);
      if (out.contains(member)) {
        member.stands(false, "set aside, it failed its callers");
      }
    }
    return well.stream().filter(member -> !out.contains(member)).toList();
  }

  private List<Candidate> offered(List<Member> chosen, boolean panic) {
    List<Candidate> candidates = new ArrayList<>(chosen.size());
    for (Member member : chosen) {
      double share = share(member);
      candidates.add(member.slot(share));
      member.stands(true, reason(member, share, panic));
    }
    return candidates;
  }

  private static String reason(Member member, double share, boolean panic) {
    Health health = member.health;
    String seen = health == null ? "registered" : health.describe();
    if (panic && health != null && !health.isWell()) {
      return seen + ", not believed";
    }
    if (member.isAside()) {
      return seen + ", failing its callers, but too few would be left";
    }
    return share < 1 ? seen + ", at " + Math.round(share * 100) + " % of its weight" : seen;
  }

  /** Grows in steps, because each one makes the balancer prepare anew. */
  private double share(Member member) {
    Deadline grown = member.grownAt;
    if (grown == null) {
      return 1;
    }
    long whole = Deadline.saturatedNanos(ejection.slowStart());
    long step = Math.max(1, whole / STEPS);
    long left = Math.max(1, grown.nanos() - life.timeSource().nanoTime());
    long stepsLeft = Math.min(STEPS - 1, (left - 1) / step);
    wakeAt(Deadline.atNanos(grown.nanos() - stepsLeft * step, life.timeSource()));
    return 1 - (double) stepsLeft / STEPS;
  }

  private void publish(List<Candidate> candidates, boolean panic, boolean unknown) {
    Selection before = selection;
    Balancer.Picker picker =
        candidates.isEmpty()
            ? null
            : candidates.equals(before.candidates())
                ? before.picker()
                : balancer.over(List.copyOf(candidates));
    selection =
        new Selection(
            List.copyOf(members.values()), List.copyOf(candidates), picker, panic, unknown);
    if (!unknown) {
      waiters.wakeAll();
    }
  }

  private void wakeAt(Deadline moment) {
    if (wake == null || moment.isBefore(wake)) {
      wake = moment;
    }
  }

  private void setAlarm() {
    if (alarm != null) {
      alarm.cancel(false);
      alarm = null;
    }
    Deadline moment = wake;
    if (moment != null) {
      CompletionStage<@Nullable Void> waiting = life.delay(atLeastOneNano(moment));
      alarm = waiting.toCompletableFuture();
      waiting.whenComplete(
          (nothing, end) -> {
            if (end == null) {
              serial.run(this::decide);
            }
          });
    }
  }

  private static Duration atLeastOneNano(Deadline moment) {
    Duration left = moment.timeLeft();
    return left.compareTo(Duration.ZERO) > 0 ? left : Duration.ofNanos(1);
  }
}
