package dev.resilience.policy;

import dev.resilience.context.Context;
import dev.resilience.context.Key;
import dev.resilience.policy.CallStory.Attempt;
import dev.resilience.policy.CallStory.Step;
import dev.resilience.policy.CallStory.Told;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The story of one call of a stack to which somebody listens. It is a value of the call's context,
 * so policies find it, also those of other stacks that the call passes. Attempts may run side by
 * side: it is thread-safe. What comes after the end is not told.
 */
final class Telling {

  private static final Logger LOG = System.getLogger(StoryListener.class.getName());
  private static final Key<Telling> KEY = Key.of("story of the call", Telling.class);

  private static final VarHandle NOTES;

  static {
    try {
      NOTES = MethodHandles.lookup().findVarHandle(Telling.class, "notes", Notes.class);
    } catch (ReflectiveOperationException impossible) {
      throw new ExceptionInInitializerError(impossible);
    }
  }

  private final Resilience stack;
  private final StoryListener listener;
  private final @Nullable Telling outer;
  private final Context ctx;

  /** Null as long as there is nothing to tell, as in most calls. */
  private volatile @Nullable Notes notes;

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
    notes().add(told, true);
    if (outer != null) {
      outer.tell(told);
    }
  }

  void remark(Told told) {
    notes().add(told, false);
    if (outer != null) {
      outer.remark(told);
    }
  }

  private Notes notes() {
    Notes now = notes;
    if (now == null) {
      Notes fresh = new Notes();
      now = (Notes) NOTES.compareAndExchange(this, null, fresh);
      return now == null ? fresh : now;
    }
    return now;
  }

  void succeeded() {
    if (notes != null) {
      end(() -> "it succeeded", null);
    }
  }

  /** A fallback answered, which is what the caller gets. */
  void answered(Degraded<?> answer) {
    if (answer.isDegraded()) {
      Throwable failure = answer.failure().orElseThrow();
      Verdict verdict = answer.verdict().orElseThrow();
      end(() -> "a fallback answered, " + answer, new Attempt(1, failure, null, verdict));
    } else {
      succeeded();
    }
  }

  void failed(Throwable failure) {
    Verdict verdict = Classifier.ofDefaults().judge(ctx, failure);
    Attempt only = new Attempt(1, failure, null, verdict);
    CallStory story = end(() -> "it failed with " + failure, only);
    if (story != null) {
      story.attachTo(failure);
    }
  }

  /**
   * Tells the listener. Whatever the user's objects throw that have a part in it, the call goes on.
   *
   * @param only the attempt that there was if no policy told of any; null: it was a success
   * @return null if there was nothing unusual
   */
  private @Nullable CallStory end(Supplier<String> how, @Nullable Attempt only) {
    Notes told = notes();
    List<Step> steps = told.end(only);
    if (steps == null) {
      return null;
    }
    try {
      CallStory story = new CallStory(stack.describe(), steps, told.attempts(), how.get());
      listener.on(story);
      return story;
    } catch (Throwable thrown) {
      LOG.log(Level.WARNING, "a story was not told", thrown);
      return null;
    }
  }

  /** What was told so far. Thread-safe; what comes after the end is not kept. */
  private static final class Notes {

    private final ReentrantLock lock = new ReentrantLock();

    // Guarded by the lock.
    private final Steps steps = new Steps();
    private int attempts;
    private boolean isUnusual;
    private boolean isOver;

    void add(Told told, boolean unusual) {
      lock.lock();
      try {
        if (isOver) {
          return;
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

    /** Null: nothing unusual. */
    @Nullable List<Step> end(@Nullable Attempt only) {
      lock.lock();
      try {
        isOver = true;
        if (only == null && !isUnusual) {
          return null;
        }
        if (only != null && attempts == 0) {
          steps.add(only);
          attempts = 1;
        }
        return steps.toList();
      } finally {
        lock.unlock();
      }
    }

    /** Of a call that is over. */
    int attempts() {
      lock.lock();
      try {
        return attempts;
      } finally {
        lock.unlock();
      }
    }
  }
}
