package dev.resilience.discovery.client;

import dev.resilience.discovery.balance.Candidate;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The attempts of one call, some of which may run side by side. Each goes to an instance that no
 * other one went to, as long as there is one; after that to one on which none is running; and then
 * to any.
 */
abstract class Attempts implements Predicate<Candidate> {

  private static final VarHandle LAST;

  static {
    try {
      LAST = MethodHandles.lookup().findVarHandle(Attempts.class, "last", Attempt.class);
    } catch (ReflectiveOperationException impossible) {
      throw new ExceptionInInitializerError(impossible);
    }
  }

  private volatile @Nullable Attempt last;

  /** The newest attempt, from which the others are found. */
  @Nullable Attempt last() {
    return last;
  }

  /** Adds an attempt, unless another one was added since that one was the last. */
  boolean add(@Nullable Attempt expected, Attempt attempt) {
    return LAST.compareAndSet(this, expected, attempt);
  }

  /** Whether it has not been tried. */
  @Override
  public boolean test(Candidate candidate) {
    for (Attempt attempt = last; attempt != null; attempt = attempt.earlier) {
      if (attempt.isRemembered() && attempt.instance.id().equals(candidate.instance().id())) {
        return false;
      }
    }
    return true;
  }

  /** Those that are over do not count any more. */
  void forgetThoseThatAreOver() {
    for (Attempt attempt = last; attempt != null; attempt = attempt.earlier) {
      if (attempt.isOver()) {
        attempt.forget();
      }
    }
    // What is forgotten is let go of, so that a call may have any number of attempts.
    for (Attempt attempt = last; attempt != null; attempt = attempt.earlier) {
      attempt.earlier = remembered(attempt.earlier);
    }
  }

  /** The first one that counts. */
  static @Nullable Attempt remembered(@Nullable Attempt from) {
    Attempt attempt = from;
    while (attempt != null && !attempt.isRemembered()) {
      attempt = attempt.earlier;
    }
    return attempt;
  }
}
