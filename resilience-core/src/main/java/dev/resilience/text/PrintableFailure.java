package dev.resilience.text;

import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.Map;
import java.util.Set;

/**
 * Stands in a log for a failure whose text would forge lines, fill the disk, or cannot be had: with
 * its stack trace, its causes and what is suppressed in it, and the texts of all of them made safe.
 */
final class PrintableFailure extends Throwable {

  private static final long serialVersionUID = 1L;

  /** Beyond this many exceptions that hang together nothing more is looked at. */
  private static final int MOST = 100;

  private PrintableFailure(String text) {
    super(text);
  }

  /** The failure itself where it can be printed as it is, as nearly every one can. */
  static Throwable of(Throwable failure) {
    return isHarmless(failure, Collections.newSetFromMap(new IdentityHashMap<>()))
        ? failure
        : copy(failure, new IdentityHashMap<>());
  }

  private static boolean isHarmless(Throwable failure, Set<Throwable> seen) {
    if (!seen.add(failure)) {
      return true;
    }
    if (seen.size() > MOST) {
      return false;
    }
    try {
      String text = failure.toString();
      if (!SafeText.of(text, SafeText.MOST_LOGGED).equals(text)) {
        return false;
      }
      Throwable cause = failure.getCause();
      if (cause != null && !isHarmless(cause, seen)) {
        return false;
      }
      for (Throwable suppressed : failure.getSuppressed()) {
        if (!isHarmless(suppressed, seen)) {
          return false;
        }
      }
      return true;
    } catch (Throwable unprintable) {
      return false;
    }
  }

  private static PrintableFailure copy(Throwable failure, Map<Throwable, PrintableFailure> copies) {
    PrintableFailure copy = new PrintableFailure(SafeText.of(failure, SafeText.MOST_LOGGED));
    copies.put(failure, copy);
    try {
      copy.setStackTrace(failure.getStackTrace());
      Throwable cause = failure.getCause();
      if (cause != null && isNew(cause, copies)) {
        copy.initCause(copy(cause, copies));
      }
      for (Throwable suppressed : failure.getSuppressed()) {
        if (isNew(suppressed, copies)) {
          copy.addSuppressed(copy(suppressed, copies));
        }
      }
    } catch (Throwable unprintable) {
      // What is there already has to do.
    }
    return copy;
  }

  private static boolean isNew(Throwable failure, Map<Throwable, PrintableFailure> copies) {
    return copies.size() < MOST && !copies.containsKey(failure);
  }

  /** The text alone, which begins with the name of the class that this stands for. */
  @Override
  @SuppressWarnings("OverrideThrowableToString")
  public String toString() {
    return String.valueOf(getMessage());
  }
}
