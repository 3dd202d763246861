package dev.resilience.error;

import dev.resilience.context.Context;
import java.util.ArrayDeque;
import java.util.Collections;
import java.util.Deque;
import java.util.IdentityHashMap;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;

/** What policies do with failures: unwrap them, keep one inside another, throw them on. */
public final class Failures {

  private static final int MOST_SUPPRESSED = 32;

  /** Beyond this many exceptions that hang together nothing more is added to them. */
  private static final int MOST_VISITED = 1000;

  private Failures() {}

  /**
   * What a stage failed with, as it was thrown: without what {@link
   * java.util.concurrent.CompletableFuture} wraps around it. Never throws.
   */
  public static Throwable unwrap(Throwable failure) {
    Throwable raw = failure;
    // Bounded: an exception may be its own cause.
    for (int i = 0; i < MOST_SUPPRESSED && raw instanceof CompletionException; i++) {
      Throwable cause = causeOf(raw);
      if (cause == null) {
        return raw;
      }
      raw = cause;
    }
    return raw;
  }

  /** The cause of an exception; null where it has none, or throws when it is asked. */
  private static @Nullable Throwable causeOf(Throwable failure) {
    try {
      return failure.getCause();
    } catch (Throwable broken) {
      return null;
    }
  }

  /**
   * Suppresses a failure in another one, as far as that is sensible. Never throws.
   *
   * <p>An exception may be a constant that many calls throw, may wrap the other one, and may be
   * wrapped by it. So nothing is added that would lead back to the one that it is added to, as a
   * log that follows causes and suppressed exceptions would never end; nor what can be reached from
   * there already; nor anything to one that holds {@value #MOST_SUPPRESSED}. Two constants that two
   * threads suppress in each other at the same moment are the one case that is not seen.
   *
   * @param thrown what the caller gets
   * @param second what happened besides
   */
  public static void suppress(Throwable thrown, Throwable second) {
    Objects.requireNonNull(second, "second");
    if (thrown != second
        && thrown.getSuppressed().length < MOST_SUPPRESSED
        && !reaches(thrown, second)
        && !reaches(second, thrown)) {
      thrown.addSuppressed(second);
    }
  }

  /** Whether causes and suppressed exceptions lead from one to the other; if in doubt, they do. */
  private static boolean reaches(Throwable from, Throwable to) {
    Throwable cause = causeOf(from);
    Throwable[] suppressed = from.getSuppressed();
    if (cause == null && suppressed.length == 0) {
      return from == to;
    }
    Set<Throwable> seen = Collections.newSetFromMap(new IdentityHashMap<>());
    Deque<Throwable> next = new ArrayDeque<>();
    next.add(from);
    while (!next.isEmpty()) {
      Throwable each = next.remove();
      if (each == to || seen.size() > MOST_VISITED) {
        return true;
      }
      if (seen.add(each)) {
        Throwable deeper = causeOf(each);
        if (deeper != null) {
          next.add(deeper);
        }
        Collections.addAll(next, each.getSuppressed());
      }
    }
    return false;
  }

  /**
   * What a wait under a context has come to whose thread was interrupted. An outer call interrupts
   * its work at the end of its context, which is then the end of this one, too: the caller has
   * left, and nobody came from outside. The interrupt flag is set again in both cases, since whose
   * interrupt it was is known to the outer call alone, which takes back its own.
   *
   * @return the end of the context if it has ended, else a {@link CallInterruptedException}
   */
  public static RuntimeException interrupted(Context ctx, InterruptedException interrupted) {
    Thread.currentThread().interrupt();
    return ctx.isDone() ? ctx.toException() : new CallInterruptedException(interrupted);
  }

  /**
   * Throws a checked exception of the caller's work without declaring it again: {@code throw
   * Failures.<X>asThrown(failure)}.
   *
   * @param failure what the work, which may throw {@code X} and what is unchecked, has thrown
   */
  @SuppressWarnings({"unchecked", "TypeParameterUnusedInFormals"})
  public static <X extends Throwable> X asThrown(Throwable failure) {
    return (X) failure;
  }
}
