package dev.resilience.simulation;

import java.time.Duration;

/**
 * Something that is wrong with a service for a while.
 *
 * <pre>{@code
 * Fault.slower(6).between(ofSeconds(4), ofSeconds(8))
 * }</pre>
 *
 * @param kind what is wrong
 * @param amount the factor of {@link Kind#SLOWER}, the share of requests of the others
 * @param from when it begins, since the start of the run
 * @param until when it is over
 * @param instance the number of the only instance concerned; -1: all of them
 */
public record Fault(Kind kind, double amount, Duration from, Duration until, int instance) {

  private static final Duration END = Duration.ofDays(365);

  /** What may be wrong with a service. */
  public enum Kind {
    /** Work takes longer by a factor. */
    SLOWER,
    /** Requests take their usual time and are then answered with an error. */
    FAILING,
    /** Requests fail at once, as on a closed port. */
    UNREACHABLE,
    /** Requests are neither worked on nor answered before the fault is over; they fail then. */
    SILENT
  }

  /** Work takes so many times longer. */
  public static Fault slower(double factor) {
    return always(Kind.SLOWER, factor);
  }

  /** A share of the requests is answered with an error, after the usual time. */
  public static Fault failing(double share) {
    return always(Kind.FAILING, share);
  }

  /** All requests fail at once. */
  public static Fault unreachable() {
    return always(Kind.UNREACHABLE, 1);
  }

  /** A share of the requests gets no answer. */
  public static Fault silent(double share) {
    return always(Kind.SILENT, share);
  }

  private static Fault always(Kind kind, double amount) {
    return new Fault(kind, amount, Duration.ZERO, END, -1);
  }

  /** The same fault between two moments, counted from the start of the run. */
  public Fault between(Duration newFrom, Duration newUntil) {
    return new Fault(kind, amount, newFrom, newUntil, instance);
  }

  /** The same fault on one instance only. */
  public Fault onInstance(int newInstance) {
    return new Fault(kind, amount, from, until, newInstance);
  }

  boolean isActive(long nanos, int atInstance) {
    return (instance < 0 || instance == atInstance)
        && nanos >= from.toNanos()
        && nanos < until.toNanos();
  }
}
