package dev.resilience.discovery;

import dev.resilience.context.Context;
import dev.resilience.context.ContextException;
import dev.resilience.policy.AttemptTimeoutException;
import dev.resilience.policy.CallInterruptedException;
import dev.resilience.policy.Classifier;
import dev.resilience.policy.NoInstanceException;
import dev.resilience.policy.Verdict;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;

/** What all calls of a client share: the choice, and what is learned from its outcome. */
final class Calls {

  private final String service;
  private final Context life;
  private final Roster roster;
  private final Waiters waiters;
  private final Ejection ejection;
  private final Classifier classifier;

  Calls(
      String service,
      Context life,
      Roster roster,
      Waiters waiters,
      Ejection ejection,
      Classifier classifier) {
    this.service = service;
    this.life = life;
    this.roster = roster;
    this.waiters = waiters;
    this.ejection = ejection;
    this.classifier = classifier;
  }

  /** What is known, after a wait if that is nothing. */
  Selection known(Context ctx) {
    checkOpen();
    Selection selection = roster.selection();
    if (selection.pending()) {
      CompletionStage<@Nullable Void> waiting = waiting(ctx);
      try {
        ctx.await(waiting);
      } catch (InterruptedException interrupted) {
        waiting.toCompletableFuture().cancel(true);
        Thread.currentThread().interrupt();
        throw new CallInterruptedException(interrupted);
      } catch (ExecutionException failed) {
        throw notKnown(failed.getCause());
      }
      selection = roster.selection();
    }
    return selection;
  }

  CompletionStage<@Nullable Void> waiting(Context ctx) {
    return waiters.join(ctx, () -> !roster.selection().pending() || life.isDone());
  }

  boolean isPending() {
    return roster.selection().pending();
  }

  RuntimeException notKnown(@Nullable Throwable failure) {
    return failure instanceof ContextException ended
        ? ended
        : failure instanceof AttemptTimeoutException || failure == null
            ? new NoInstanceException(roster.explain().toString())
            : new NoInstanceException(service + ": " + failure);
  }

  /** An instance that the call has not tried, or where there is none, any other. */
  Attempt begin(Context ctx, Tried tried) {
    checkOpen();
    Balancer.Picker picker = roster.selection().picker();
    if (picker == null) {
      throw new NoInstanceException(roster.explain().toString());
    }
    long now = ctx.timeSource().nanoTime();
    Candidate picked = picker.pick(ctx, now, tried);
    if (picked == null) {
      tried.forget();
      picked = picker.pick(ctx, now, tried);
    }
    if (!(picked instanceof Member.Slot slot)) {
      throw new IllegalStateException(
          "the balancer picked " + picked + " (expected: one of its candidates)");
    }
    tried.add(slot);
    return new Attempt(this, ctx, slot, now);
  }

  private void checkOpen() {
    if (life.isDone()) {
      throw new NoInstanceException(service + ": the client is closed");
    }
  }

  /** One call of one instance. */
  static final class Attempt {

    private final Calls calls;
    private final Context ctx;
    private final Member member;
    private final long start;
    private final int term;
    final ServiceInstance instance;

    Attempt(Calls calls, Context ctx, Member.Slot slot, long start) {
      this.calls = calls;
      this.ctx = ctx;
      this.member = slot.member();
      this.instance = slot.instance();
      this.start = start;
      this.term = member.outcomes.term();
      member.load.begin();
    }

    void succeeded(@Nullable Object result) {
      learn(calls.classifier.judgeResult(result), ctx.timeSource().nanoTime());
    }

    void failed(Throwable failure) {
      long now = ctx.timeSource().nanoTime();
      // Without a limit of its own, a call has had its chance when others would long have answered.
      double usual = member.load.latencyNanos(now);
      learn(calls.classifier.judge(ctx, failure, now - start >= 2 * usual), now);
    }

    void ended() {
      member.load.end();
    }

    private void learn(Verdict verdict, long now) {
      member.load.heard(verdict.sample(), now - start, now);
      if (member.outcomes.add(verdict.evidence(), term, calls.ejection)) {
        calls.roster.setAside(member, term);
      }
    }
  }
}
