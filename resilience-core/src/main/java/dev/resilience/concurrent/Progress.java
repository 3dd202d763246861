package dev.resilience.concurrent;

import static java.util.Objects.requireNonNull;

import dev.resilience.context.Context;
import dev.resilience.context.Key;
import dev.resilience.text.SafeText;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.function.DoubleConsumer;
import org.jspecify.annotations.Nullable;

/**
 * How far a long task has come, from 0 to 100 percent. The task reports through its context; others
 * watch while it runs, and the last value stays when it has ended.
 *
 * <pre>{@code
 * for (int i = 0; i < rows.size(); i++) {
 *   Progress.report(ctx, i, rows.size());   // throws when the context has ended
 *   copy(rows.get(i));
 * }
 * }</pre>
 *
 * <p>A task of a {@link WorkerPool} has one: {@link PoolTask#progress}. Elsewhere put one into the
 * context: {@code work(new Progress().in(ctx))}.
 *
 * <p>Thread-safe. A report costs a look at the context, one at its values, and a volatile write.
 */
public final class Progress {

  private static final Logger LOG = System.getLogger(Progress.class.getName());
  private static final Key<Progress> KEY = Key.of("progress", Progress.class);

  private final @Nullable DoubleConsumer watcher;
  private volatile double percent;

  /** The task that it is of, where it is a pool's. */
  final @Nullable PooledTask<?> task;

  /** Progress that is looked at. */
  public Progress() {
    this(null, null);
  }

  /**
   * Progress that tells.
   *
   * @param watcher gets each report, on the thread of the task; what it throws is contained
   */
  public Progress(DoubleConsumer watcher) {
    this(requireNonNull(watcher, "watcher"), null);
  }

  Progress(@Nullable DoubleConsumer watcher, @Nullable PooledTask<?> task) {
    this.watcher = watcher;
    this.task = task;
  }

  /** The task of a pool whose context this is, or null. */
  static @Nullable PooledTask<?> taskOf(Context ctx) {
    Progress progress = ctx.get(KEY);
    return progress == null ? null : progress.task;
  }

  /**
   * Reports to the nearest progress above; to nobody where there is none.
   *
   * @param done how much is done
   * @param total of how much; positive
   * @throws dev.resilience.context.ContextException if the context has ended
   */
  public static void report(Context ctx, long done, long total) {
    if (total <= 0) {
      throw new IllegalArgumentException("total: " + total + " (expected: > 0)");
    }
    report(ctx, 100.0 * done / total);
  }

  /**
   * Reports to the nearest progress above; to nobody where there is none.
   *
   * @param percent cut to 0 and 100
   * @throws dev.resilience.context.ContextException if the context has ended
   */
  public static void report(Context ctx, double percent) {
    ctx.throwIfDone();
    Progress progress = ctx.get(KEY);
    if (progress != null) {
      progress.set(Math.max(0, Math.min(100, percent)));
    }
  }

  /** A context below which reports come here. */
  public Context in(Context ctx) {
    return ctx.withValue(KEY, this);
  }

  /** The last report, 0 before the first. */
  public double percent() {
    return percent;
  }

  private void set(double reported) {
    percent = reported;
    if (watcher != null) {
      try {
        watcher.accept(reported);
      } catch (Throwable failure) {
        SafeText.log(LOG, Level.WARNING, "A watcher of progress failed", failure);
      }
    }
  }

  @Override
  public String toString() {
    return Math.round(percent) + " %";
  }
}
