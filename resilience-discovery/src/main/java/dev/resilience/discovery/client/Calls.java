package dev.resilience.discovery.client;

import dev.resilience.context.Context;
import dev.resilience.context.ContextException;
import dev.resilience.discovery.balance.Balancer;
import dev.resilience.discovery.balance.Candidate;
import dev.resilience.error.AttemptTimeoutException;
import dev.resilience.error.Failures;
import dev.resilience.error.NoInstanceException;
import dev.resilience.policy.Classifier;
import dev.resilience.text.SafeText;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;

/** What all calls of a client share: the choice, and what is learned from its outcome. */
final class Calls {

  private final String service;
  private final Context life;
  private final Membership membership;
  private final FirstSelectionWaiters waiters;
  private final Ejection ejection;
  private final Classifier classifier;

  Calls(
      String service,
      Context life,
      Membership membership,
      FirstSelectionWaiters waiters,
      Ejection ejection,
      Classifier classifier) {
    this.service = service;
    this.life = life;
    this.membership = membership;
    this.waiters = waiters;
    this.ejection = ejection;
    this.classifier = classifier;
  }

  /** What is known, after a wait if that is nothing. */
  Selection known(Context ctx) {
    checkOpen();
    Selection selection = membership.selection();
    if (selection.pending()) {
      CompletionStage<@Nullable Void> waiting = waiting(ctx);
      try {
        ctx.await(waiting);
      } catch (InterruptedException interrupted) {
        waiting.toCompletableFuture().cancel(true);
        throw Failures.interrupted(ctx, interrupted);
      } catch (ExecutionException failed) {
        throw notKnown(failed.getCause());
      }
      selection = membership.selection();
    }
    return selection;
  }

  CompletionStage<@Nullable Void> waiting(Context ctx) {
    return waiters.join(ctx, () -> !membership.selection().pending() || life.isDone());
  }

  boolean isPending() {
    return membership.selection().pending();
  }

  RuntimeException notKnown(@Nullable Throwable failure) {
    return failure instanceof ContextException ended
        ? ended
        : failure instanceof AttemptTimeoutException || failure == null
            ? new NoInstanceException(membership.refusal())
            : new NoInstanceException(service + ": " + SafeText.of(failure));
  }

  /** An instance that the call has not tried, or where there is none, any other. */
  Attempt begin(Context ctx, Attempts attempts) {
    checkOpen();
    Balancer.Picker picker = membership.selection().picker();
    if (picker == null) {
      throw new NoInstanceException(membership.refusal());
    }
    long now = ctx.timeSource().nanoTime();
    while (true) {
      Attempt last = attempts.last();
      Attempt attempt = new Attempt(this, ctx, picked(picker, ctx, now, attempts), now, last);
      // Else another attempt of this call has begun meanwhile, perhaps on the same instance.
      if (attempts.add(last, attempt)) {
        attempt.begins();
        return attempt;
      }
    }
  }

  private static Member.Slot picked(
      Balancer.Picker picker, Context ctx, long now, Attempts attempts) {
    Candidate picked = picker.pick(ctx, now, attempts);
    if (picked == null) {
      attempts.forgetThoseThatAreOver();
      picked = picker.pick(ctx, now, attempts);
    }
    if (picked == null) {
      picked = picker.pick(ctx, now, anybody -> true);
    }
    if (picked instanceof Member.Slot slot) {
      return slot;
    }
    throw new IllegalStateException(
        "the balancer picked " + SafeText.of(picked) + " (expected: one of its candidates)");
  }

  Classifier classifier() {
    return classifier;
  }

  Ejection ejection() {
    return ejection;
  }

  void isQuickAgain(Member member) {
    membership.bringBackGently(member);
  }

  void failedTooOften(Member member, int term) {
    membership.eject(member, term, "it failed its callers");
  }

  void isSlow(Member member, int term) {
    membership.eject(member, term, "it is much slower than the others");
  }

  UsualSpeed speed(long now) {
    return membership.speed(now);
  }

  private void checkOpen() {
    if (life.isDone()) {
      throw new NoInstanceException(service + ": the client is closed");
    }
  }
}
