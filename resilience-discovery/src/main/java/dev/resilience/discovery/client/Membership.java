package dev.resilience.discovery.client;

import dev.resilience.context.Context;
import dev.resilience.discovery.DecisionInterval;
import dev.resilience.discovery.SerialExecutor;
import dev.resilience.discovery.balance.Balancer;
import dev.resilience.discovery.balance.CandidateFilter;
import dev.resilience.discovery.balance.ServerLoad;
import dev.resilience.discovery.health.HealthChecks;
import dev.resilience.discovery.health.HealthMonitor;
import dev.resilience.discovery.health.HealthStatus;
import dev.resilience.discovery.registry.ServiceInstance;
import dev.resilience.discovery.registry.ServiceSnapshot;
import dev.resilience.time.Deadline;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Keeps the members, and has a {@link Decision} made whenever something has changed. All of that
 * are steps of one {@link SerialExecutor}; calls read the {@link Selection} that came out of the
 * last one.
 *
 * <p>A decision walks over all members, so there is a pause between two of them ({@link
 * DecisionInterval}). The first change after some quiet does not wait.
 */
final class Membership {

  /** What decisions go by. */
  record Rules(
      @Nullable HealthChecks checks,
      Ejection ejection,
      @Nullable ZonePreference zone,
      List<CandidateFilter> early,
      List<CandidateFilter> filters) {}

  private static final long REFUSAL_NANOS = 1_000_000_000L;

  private final String service;
  private final Context life;
  private final Rules rules;
  private final FirstSelectionWaiters waiters;
  private final Pickers pickers;
  private final SerialExecutor serial;
  private volatile Selection selection = Selection.UNKNOWN;
  private volatile @Nullable Refusal refusal;
  private final UsualSpeed speed;
  private volatile @Nullable ServiceSnapshot snapshot;

  // Used by the steps of the serial alone.
  private List<Member> members = List.of();
  private long notBefore;
  private @Nullable Long wakesAt;

  Membership(
      String service, Context life, Balancer balancer, Rules rules, FirstSelectionWaiters waiters) {
    this.service = service;
    this.life = life;
    this.serial = new SerialExecutor(life);
    this.rules = rules;
    this.waiters = waiters;
    this.pickers = new Pickers(balancer);
    this.speed = new UsualSpeed(rules.ejection().slowerThan(), life.timeSource().nanoTime());
    this.notBefore = now();
  }

  Selection selection() {
    return selection;
  }

  Explanation explain() {
    Selection now = selection;
    return new Explanation(
        service,
        now.members().stream().map(Member::status).toList(),
        now.panic(),
        now.zoneShare(),
        now.filters(),
        snapshot);
  }

  /** Why nobody can be called: put into words once a second, however many calls are refused. */
  @SuppressWarnings("ReferenceEquality")
  String refusal() {
    Selection present = selection;
    Refusal last = refusal;
    long now = now();
    if (last == null || last.selection != present || now - last.at > REFUSAL_NANOS) {
      last = new Refusal(present, explain().toString(), now);
      refusal = last;
    }
    return last.text;
  }

  private record Refusal(Selection selection, String text, long at) {}

  /** The registry has something new to say. */
  void update(ServiceSnapshot news) {
    serial.execute(() -> take(news));
  }

  /** A call has failed that was too many. */
  void eject(Member member, int term, String why) {
    serial.execute(
        () -> {
          if (member.outcomes.term() == term && !member.left) {
            member.outcomes.newTerm(false, rules.ejection());
            member.slowCalls.newTerm(false);
            member.ejectedFor = why;
            if (member.ejectedUntil == null) {
              member.ejectedUntil = Deadline.after(ejectionTime(member), life.timeSource());
              member.ejections++;
            }
            decideSoon();
          }
        });
  }

  /** The members are in the order of their ids. */
  void reportLoad(ServiceInstance instance, ServerLoad load) {
    List<Member> all = selection.members();
    int from = 0;
    int to = all.size();
    while (from < to) {
      int middle = (from + to) >>> 1;
      Member member = all.get(middle);
      int order = ServiceInstance.BY_ID.compare(member.instance, instance);
      if (order == 0) {
        member.load.reported(load, now());
        return;
      }
      if (order < 0) {
        from = middle + 1;
      } else {
        to = middle;
      }
    }
  }

  /** How long calls usually take. Measured anew from time to time. */
  UsualSpeed speed(long now) {
    if (speed.isDue(now)) {
      serial.execute(() -> speed.measure(selection.candidates(), now()));
    }
    return speed;
  }

  /** It was slow, got hardly any calls, and is quick again. */
  void bringBackGently(Member member) {
    serial.execute(
        () -> {
          if (!member.left && !member.isEjected()) {
            startSlowly(member);
            decideSoon();
          }
        });
  }

  private Duration ejectionTime(Member member) {
    Duration most = rules.ejection().maxTime();
    Duration time = rules.ejection().baseTime();
    for (int i = 0; i < member.ejections && time.compareTo(most) < 0; i++) {
      time = time.multipliedBy(2);
    }
    return time.compareTo(most) < 0 ? time : most;
  }

  private void take(ServiceSnapshot news) {
    if (life.isDone()) {
      return;
    }
    snapshot = news;
    List<ServiceInstance> registered = news.registered();
    List<Member> next = new ArrayList<>(registered.size());
    int at = 0;
    for (ServiceInstance instance : registered) {
      while (at < members.size()
          && ServiceInstance.BY_ID.compare(members.get(at).instance, instance) < 0) {
        keepOrLeave(members.get(at++), next);
      }
      if (at < members.size()
          && ServiceInstance.BY_ID.compare(members.get(at).instance, instance) == 0) {
        Member member = members.get(at++);
        member.describes(instance);
        member.kept = false;
        next.add(member);
      } else {
        next.add(join(instance));
      }
    }
    while (at < members.size()) {
      keepOrLeave(members.get(at++), next);
    }
    members = next;
    decideSoon();
  }

  private void keepOrLeave(Member member, List<Member> next) {
    if (rules.checks() == null || member.instance.isDraining()) {
      member.leave();
    } else {
      member.kept = true;
      next.add(member);
    }
  }

  private Member join(ServiceInstance instance) {
    HealthChecks checks = rules.checks();
    Member member = new Member(instance);
    if (selection.picker() != null) {
      startSlowly(member);
    }
    if (checks != null) {
      member.health = HealthStatus.UNKNOWN;
      member.checkedBy(
          HealthMonitor.start(
              life, checks, instance, status -> serial.execute(() -> checked(member, status))));
    }
    return member;
  }

  private void checked(Member member, HealthStatus status) {
    HealthStatus before = member.health;
    if (before == null || member.left) {
      return;
    }
    member.health = status;
    if (before.isChecked() != status.isChecked() || before.isHealthy() != status.isHealthy()) {
      if (before.isChecked() && status.isHealthy()) {
        startSlowly(member);
      }
      decideSoon();
    }
  }

  private void startSlowly(Member member) {
    if (!rules.ejection().slowStart().isZero()) {
      member.grownAt = Deadline.after(rules.ejection().slowStart(), life.timeSource());
    }
  }

  private void decideSoon() {
    long left = notBefore - now();
    if (left <= 0) {
      decide();
    } else if (wakesAt == null || wakesAt - notBefore > 0) {
      wakeIn(left);
    }
  }

  private void decide() {
    if (life.isDone()) {
      return;
    }
    long now = now();
    dropKept();
    bringBack(now);
    Decision decision = new Decision(rules, members, snapshot != null, now, pickers);
    selection =
        new Selection(
            List.copyOf(members),
            decision.candidates(),
            decision.picker(),
            decision.zoneShare(),
            decision.isPanic(),
            decision.isUnknown(),
            decision.filters());
    if (!decision.isUnknown()) {
      waiters.wakeAll();
    }
    long pause = DecisionInterval.of(members.size()).toNanos();
    notBefore = now + pause;
    wakeIn(
        decision.holdsFor() == Long.MAX_VALUE
            ? Long.MAX_VALUE
            : Math.max(decision.holdsFor(), pause));
  }

  /**
   * Those that the registry does not name any more are of use until one of the others is checked.
   */
  private void dropKept() {
    if (members.stream().noneMatch(member -> member.kept)) {
      return;
    }
    boolean newcomersChecked =
        members.stream().anyMatch(member -> !member.kept && member.isChecked());
    boolean nobodyElse = members.stream().allMatch(member -> member.kept);
    if (newcomersChecked || nobodyElse) {
      members.stream().filter(member -> member.kept).forEach(Member::leave);
      members = members.stream().filter(member -> !member.kept).toList();
    }
  }

  private void bringBack(long now) {
    for (Member member : members) {
      Deadline ejected = member.ejectedUntil;
      if (ejected != null && ejected.nanos() - now <= 0) {
        member.ejectedUntil = null;
        member.outcomes.newTerm(true, rules.ejection());
        member.slowCalls.newTerm(true);
        startSlowly(member);
      }
      Deadline grown = member.grownAt;
      if (grown != null && grown.nanos() - now <= 0) {
        member.grownAt = null;
        member.ejections = 0;
      }
    }
  }

  /** Decides then, whatever was set before; at the end of time: not at all. */
  private void wakeIn(long nanos) {
    if (nanos == Long.MAX_VALUE) {
      wakesAt = null;
      serial.clearTimer();
      return;
    }
    wakesAt = now() + nanos;
    serial.executeIn(Duration.ofNanos(Math.max(1, nanos)), this::decide);
  }

  private long now() {
    return life.timeSource().nanoTime();
  }
}
