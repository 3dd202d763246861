package dev.resilience.policy;

import dev.resilience.context.Context;
import dev.resilience.context.Key;
import dev.resilience.policy.CallStory.Attempt;
import dev.resilience.policy.CallStory.Told;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The story of one call of a stack to which somebody listens. It is a value of the call's context,
 * so policies find it, also those of other stacks that the call passes. Attempts may run side by
 * side: it is thread-safe. What comes after the end is not told.
 */
final class Telling {

  private static final Logger LOG = System.getLogger(StoryListener.class.getName());
  private static final Key<Telling> KEY = Key.of("story of the call", Telling.class);

  private final Resilience stack;
  private final StoryListener listener;
  private final @Nullable Telling outer;
  private final Context ctx;
  private final ReentrantLock lock = new ReentrantLock();

  // Guarded by the lock.
  private @Nullable Steps steps;
  private int attempts;
  private boolean isUnusual;
  private boolean isOver;

  Telling(Resilience stack, StoryListener listener, Context caller) {
    this.stack = stack;
    this.listener = listener;
    this.outer = of(caller);
    this.ctx = caller.withValue(KEY, this);
  }

  static @Nullable Telling of(Context ctx) {
    return ctx.get(KEY);
  }

  /** The caller's, in which policies find this. */
  Context context() {
    return ctx;
  }

  void tell(Told told) {
    add(told, true);
    if (outer != null) {
      outer.tell(told);
    }
  }

  void remark(Told told) {
    add(told, false);
    if (outer != null) {
      outer.remark(told);
    }
  }

  private void add(Told told, boolean unusual) {
    lock.lock();
    try {
      if (isOver) {
        return;
      }
      if (steps == null) {
        steps = new Steps();
      }
      steps.add(told);
      isUnusual |= unusual;
      if (told.itself() instanceof Attempt) {
        attempts++;
      }
    } finally {
      lock.unlock();
    }
  }

  void succeeded() {
    end("it succeeded", null);
  }

  /** A fallback answered, which is what the caller gets. */
  void answered(Degraded<?> answer) {
    if (answer.isDegraded()) {
      Throwable failure = answer.failure().orElseThrow();
      Verdict verdict = answer.verdict().orElseThrow();
      end("a fallback answered, " + answer, new Attempt(1, failure, null, verdict));
    } else {
      succeeded();
    }
  }

  void failed(Throwable failure) {
    Verdict verdict = Classifier.ofDefaults().judge(ctx, failure);
    CallStory story = end("it failed with " + failure, new Attempt(1, failure, null, verdict));
    if (story != null) {
      story.attachTo(failure);
    }
  }

  /**
   * Tells the listener.
   *
   * @param only the attempt that there was if no policy told of any; null: it was a success
   * @return null if there was nothing unusual
   */
  private @Nullable CallStory end(String how, @Nullable Attempt only) {
    CallStory story;
    lock.lock();
    try {
      isOver = true;
      if (only == null && !isUnusual) {
        return null;
      }
      if (steps == null) {
        steps = new Steps();
      }
      if (only != null && attempts == 0) {
        steps.add(only);
        attempts = 1;
      }
      story = new CallStory(stack.describe(), steps.toList(), attempts, how);
    } finally {
      lock.unlock();
    }
    try {
      listener.on(story);
    } catch (Throwable thrown) {
      LOG.log(Level.WARNING, "a listener failed on a story", thrown);
    }
    return story;
  }
}
