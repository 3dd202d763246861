package dev.resilience.observe;

import dev.resilience.context.Bindings;
import dev.resilience.context.Context;
import dev.resilience.context.Key;
import dev.resilience.context.ThreadBinding;
import dev.resilience.context.ThreadBinding.Bound;
import dev.resilience.observe.CallReport.Attempt;
import dev.resilience.observe.CallReport.Decision;
import dev.resilience.observe.CallReport.Rejection;
import dev.resilience.observe.CallReport.Step;
import dev.resilience.observe.CallReport.Told;
import dev.resilience.policy.Classifier;
import dev.resilience.policy.Verdict;
import dev.resilience.text.SafeText;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The report of one call of a stack to which somebody listens. It is a value of the call's context,
 * so policies find it, also those of other stacks that the call passes. Attempts may run side by
 * side: it is thread-safe. What comes after the end is not told.
 */
public final class CallReportCollector {

  private static final Logger LOG = System.getLogger(CallReportListener.class.getName());
  private static final Key<CallReportCollector> KEY =
      Key.of("report of the call", CallReportCollector.class);

  private static final VarHandle NOTES;

  static {
    try {
      NOTES = MethodHandles.lookup().findVarHandle(CallReportCollector.class, "notes", Notes.class);
    } catch (ReflectiveOperationException impossible) {
      throw new ExceptionInInitializerError(impossible);
    }
  }

  private final Supplier<String> stack;
  private final Classifier classifier;
  private final CallReportListener listener;
  private final @Nullable CallReportCollector outer;
  private final Context ctx;

  /** Null as long as there is nothing to tell, as in most calls. */
  private volatile @Nullable Notes notes;

  /**
   * Of a call that begins.
   *
   * @param stack describes the stack, put into words only where there is something to report
   * @param classifier judges what became of the call
   * @param caller the context that the stack was called with
   */
  public CallReportCollector(
      Supplier<String> stack, Classifier classifier, CallReportListener listener, Context caller) {
    this(stack, classifier, listener, caller, Bindings.on(caller, 1));
  }

  /**
   * Of a call whose context carries more than the report.
   *
   * @param more on the caller's context
   */
  public CallReportCollector(
      Supplier<String> stack,
      Classifier classifier,
      CallReportListener listener,
      Context caller,
      Bindings more) {
    this.stack = stack;
    this.classifier = classifier;
    this.listener = listener;
    this.outer = of(caller);
    this.ctx = more.set(KEY, this).bind();
  }

  static @Nullable CallReportCollector of(Context ctx) {
    return ctx.get(KEY);
  }

  /** The caller's, in which policies find this. */
  public Context context() {
    return ctx;
  }

  void tell(Told told) {
    notes().add(told, true);
    tellListener(told);
    if (outer != null) {
      outer.tell(told);
    }
  }

  /** A policy makes no further attempt; the last one to say so is the outermost. */
  void stopped(String policy, String why) {
    notes().stopped = policy + ": " + why;
    tell(new Told(policy, new Decision("stopped: " + why)));
  }

  void remark(Told told) {
    notes().add(told, false);
    tellListener(told);
    if (outer != null) {
      outer.remark(told);
    }
  }

  private void tellListener(Told told) {
    try {
      listener.onStep(ctx, told);
    } catch (Throwable thrown) {
      SafeText.log(LOG, Level.WARNING, "a listener failed on a step", thrown);
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

  /** The call had a result. */
  public void succeeded() {
    if (notes != null) {
      end(() -> "it succeeded", null, false);
    }
  }

  /**
   * A fallback answered, which is what the caller gets.
   *
   * @param answer how it came about, in a few words
   * @param failure what the call itself came to
   * @param verdict how that was judged
   */
  public void answered(String answer, Throwable failure, Verdict verdict) {
    end(() -> "a fallback answered, " + answer, only(failure, verdict), true);
  }

  /** The call failed. */
  public void failed(Throwable failure) {
    Verdict verdict = judge(failure);
    CallReport report =
        end(
            () -> {
              String why = notes().stopped;
              String failed = "it failed with " + SafeText.of(failure);
              return why == null ? failed : why + ", " + failed;
            },
            only(failure, verdict),
            true);
    if (report != null) {
      report.attachTo(failure);
    }
  }

  /** A rule that fails judges nothing. */
  private Verdict judge(Throwable failure) {
    try {
      return classifier.judge(ctx, failure);
    } catch (Throwable brokenRule) {
      return Classifier.ofDefaults().judge(ctx, failure);
    }
  }

  private static Step only(Throwable failure, Verdict verdict) {
    return verdict.isDispatched()
        ? new Attempt(1, failure, null, verdict)
        : new Rejection(failure, verdict);
  }

  /**
   * Tells the listener. Whatever the user's objects throw that have a part in it, the call goes on.
   *
   * @param only what there was if no policy told of any attempt; null: a success, which goes
   *     without saying
   * @return null if there was nothing unusual
   */
  private @Nullable CallReport end(Supplier<String> how, @Nullable Step only, boolean unusual) {
    Notes told = notes();
    List<Step> steps = told.end(only, unusual);
    if (steps == null) {
      return null;
    }
    try (Bound bound = ThreadBinding.bind(ctx)) {
      CallReport report = new CallReport(stack.get(), steps, told.attempts(), how.get());
      listener.on(ctx, report);
      return report;
    } catch (Throwable thrown) {
      SafeText.log(LOG, Level.WARNING, "a report was not told", thrown);
      return null;
    }
  }

  /** What was told so far. Thread-safe; what comes after the end is not kept. */
  private static final class Notes {

    private final ReentrantLock lock = new ReentrantLock();

    private volatile @Nullable String stopped;

    // Guarded by the lock.
    private final BoundedSteps steps = new BoundedSteps();
    private int attempts;
    private boolean isUnusual;
    private boolean hasOutcome;
    private boolean isOver;

    void add(Told told, boolean unusual) {
      lock.lock();
      try {
        if (isOver) {
          return;
        }
        steps.add(told);
        isUnusual |= unusual;
        hasOutcome |= told.itself() instanceof Attempt || told.itself() instanceof Rejection;
        if (told.itself() instanceof Attempt) {
          attempts++;
        }
      } finally {
        lock.unlock();
      }
    }

    /** Null: nothing unusual. */
    @Nullable List<Step> end(@Nullable Step only, boolean unusual) {
      lock.lock();
      try {
        isOver = true;
        if (!unusual && !isUnusual) {
          return null;
        }
        if (!hasOutcome) {
          attempts = only instanceof Rejection ? 0 : 1;
          if (only != null) {
            steps.add(only);
          }
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
