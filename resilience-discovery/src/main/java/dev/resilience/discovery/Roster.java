package dev.resilience.discovery;

import dev.resilience.context.Context;
import dev.resilience.time.Deadline;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * Keeps the members, and has a {@link Decision} made whenever something has changed. All of that
 * are steps of one {@link Serial}; calls read the {@link Selection} that came out of the last one.
 *
 * <p>A decision walks over all members, so there is a pause between two of them ({@link Pace}). The
 * first change after some quiet does not wait.
 */
final class Roster {

  /** What decisions go by. */
  record Rules(@Nullable HealthChecks checks, Ejection ejection, @Nullable ZonePreference zone) {}

  private final String service;
  private final Context life;
  private final Rules rules;
  private final Waiters waiters;
  private final Preparation preparation;
  private final Serial serial = new Serial();
  private volatile Selection selection = Selection.UNKNOWN;
  private volatile @Nullable Snapshot snapshot;

  // Used by the steps of the serial alone.
  private List<Member> members = List.of();
  private long notBefore;
  private @Nullable CompletableFuture<?> alarm;
  private long alarmAt;

  Roster(String service, Context life, Balancer balancer, Rules rules, Waiters waiters) {
    this.service = service;
    this.life = life;
    this.rules = rules;
    this.waiters = waiters;
    this.preparation = new Preparation(balancer, rules.zone());
    this.notBefore = now();
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
                      member.instance, standing.in(), standing.toString());
                })
            .toList(),
        now.panic(),
        Double.isNaN(now.zoneShare()) ? OptionalDouble.empty() : OptionalDouble.of(now.zoneShare()),
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
          if (member.outcomes.term() == term && !member.life.isDone()) {
            member.outcomes.newTerm(false, rules.ejection());
            if (member.asideUntil == null) {
              member.asideUntil = Deadline.after(timeAside(member), life.timeSource());
              member.timesAside++;
            }
            decideSoon();
          }
        });
  }

  /** It was slow, got hardly any calls, and is quick again. */
  void bringBackGently(Member member) {
    serial.run(
        () -> {
          if (!member.life.isDone() && !member.isAside()) {
            startSlowly(member);
            decideSoon();
          }
        });
  }

  private Duration timeAside(Member member) {
    Duration most = rules.ejection().forAtMost();
    Duration time = rules.ejection().forAtLeast();
    for (int i = 0; i < member.timesAside && time.compareTo(most) < 0; i++) {
      time = time.multipliedBy(2);
    }
    return time.compareTo(most) < 0 ? time : most;
  }

  private void take(Snapshot news) {
    if (life.isDone()) {
      return;
    }
    snapshot = news;
    List<ServiceInstance> registered = news.registered();
    List<Member> next = new ArrayList<>(registered.size());
    int at = 0;
    for (ServiceInstance instance : registered) {
      while (at < members.size() && ById.compare(members.get(at).instance, instance) < 0) {
        keepOrLeave(members.get(at++), next);
      }
      if (at < members.size() && ById.compare(members.get(at).instance, instance) == 0) {
        Member member = members.get(at++);
        member.instance = instance;
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
    Member member =
        new Member(instance, checks == null ? null : new Health(checks), life.withCancel());
    if (selection.picker() != null) {
      startSlowly(member);
    }
    if (checks != null) {
      Checking.start(
          member.life, checks, instance, failure -> serial.run(() -> checked(member, failure)));
    }
    return member;
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
    } else if (alarm == null || alarmAt - notBefore > 0) {
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
    Decision decision = new Decision(rules, members, snapshot != null, now);
    selection =
        new Selection(
            List.copyOf(members),
            decision.candidates(),
            preparation.over(decision.candidates(), decision.zoneShare()),
            decision.zoneShare(),
            decision.isPanic(),
            decision.isUnknown());
    if (!decision.isUnknown()) {
      waiters.wakeAll();
    }
    long pause = Pace.pauseFor(members.size()).toNanos();
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
      Deadline aside = member.asideUntil;
      if (aside != null && aside.nanos() - now <= 0) {
        member.asideUntil = null;
        member.outcomes.newTerm(true, rules.ejection());
        startSlowly(member);
      }
      Deadline grown = member.grownAt;
      if (grown != null && grown.nanos() - now <= 0) {
        member.grownAt = null;
        member.timesAside = 0;
      }
    }
  }

  /** Decides then, whatever was set before; at the end of time: not at all. */
  private void wakeIn(long nanos) {
    if (alarm != null) {
      alarm.cancel(false);
      alarm = null;
    }
    if (nanos == Long.MAX_VALUE) {
      return;
    }
    alarmAt = now() + nanos;
    CompletionStage<@Nullable Void> waiting = life.delay(Duration.ofNanos(Math.max(1, nanos)));
    alarm = waiting.toCompletableFuture();
    waiting.whenComplete(
        (nothing, end) -> {
          if (end == null) {
            serial.run(this::decide);
          }
        });
  }

  private long now() {
    return life.timeSource().nanoTime();
  }
}
