package dev.resilience.discovery.client;

import dev.resilience.context.Context;
import dev.resilience.discovery.registry.ServiceInstance;
import dev.resilience.policy.Verdict;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import org.jspecify.annotations.Nullable;

/** One call of one instance: counted when it begins, learned from, and counted out once. */
final class Attempt {

  private static final VarHandle OVER;

  static {
    try {
      OVER = MethodHandles.lookup().findVarHandle(Attempt.class, "over", boolean.class);
    } catch (ReflectiveOperationException impossible) {
      throw new ExceptionInInitializerError(impossible);
    }
  }

  final ServiceInstance instance;

  /** The one of the same call that began before, and that still counts. */
  volatile @Nullable Attempt earlier;

  private final Calls calls;
  private final Context ctx;
  private final Member member;
  private final long start;
  private final int term;
  private volatile boolean over;
  private volatile boolean forgotten;

  Attempt(Calls calls, Context ctx, Member.Slot slot, long start, @Nullable Attempt earlier) {
    this.calls = calls;
    this.ctx = ctx;
    this.member = slot.member();
    this.instance = slot.instance();
    this.start = start;
    this.earlier = Attempts.remembered(earlier);
    this.term = member.outcomes.term();
  }

  void begins() {
    member.load.begin();
  }

  void succeeded(@Nullable Object result) {
    long now = ctx.timeSource().nanoTime();
    Verdict verdict = calls.classifier().judgeResult(result);
    learn(verdict, now);
    if (verdict.evidence() == Verdict.Evidence.SUCCESS) {
      overtakeTheEarlier(now);
    }
  }

  /**
   * A hedge that answers first cuts off the attempt that it hedged, which so never shows how long
   * it would have taken. That a later one took no longer than usual says enough; where all are
   * slow, it does not.
   */
  private void overtakeTheEarlier(long now) {
    for (Attempt attempt = earlier; attempt != null; attempt = attempt.earlier) {
      if (!attempt.over && attempt.member != member) {
        long late = calls.speed(now).lateLine();
        attempt.overtaken(now, now - start <= late ? late : Long.MAX_VALUE);
      }
    }
  }

  private void overtaken(long now, long late) {
    member.load.heard(Verdict.Sample.AT_LEAST, now - start, now);
    if (now - start > late) {
      wasSlow(true);
    }
  }

  void failed(Throwable failure) {
    long now = ctx.timeSource().nanoTime();
    // Without a limit of its own, a call has had its chance when others would long have answered.
    double usual = member.load.latencyNanos(now);
    learn(calls.classifier().judge(ctx, failure, now - start >= 2 * usual), now);
  }

  void ended() {
    OVER.setRelease(this, true);
    member.load.end();
  }

  boolean isOver() {
    return over;
  }

  boolean isRemembered() {
    return !forgotten;
  }

  void forget() {
    forgotten = true;
  }

  private void learnSpeed(Verdict.Sample sample, long now) {
    boolean slow = now - start > calls.speed(now).slowLine();
    // What was cut off before was perhaps as quick as any.
    if (slow || sample == Verdict.Sample.EXACT) {
      wasSlow(slow);
    }
  }

  private void wasSlow(boolean slow) {
    if (term == member.outcomes.term() && member.slowCalls.add(slow)) {
      calls.isSlow(member, term);
    }
  }

  private void learn(Verdict verdict, long now) {
    if (member.load.heard(verdict.sample(), now - start, now)) {
      calls.isQuickAgain(member);
    }
    if (verdict.sample() != Verdict.Sample.NONE) {
      learnSpeed(verdict.sample(), now);
    }
    if (member.outcomes.add(verdict.evidence(), term, calls.ejection())) {
      calls.failedTooOften(member, term);
    }
  }
}
