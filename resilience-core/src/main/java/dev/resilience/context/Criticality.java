package dev.resilience.context;

import java.util.Objects;

/**
 * How much a request matters. Under overload the least critical is refused first: limits, their
 * wait queues and budgets read the value from the context of the call.
 *
 * <pre>{@code
 * Context prefetch = Criticality.SHEDDABLE.in(request);
 * }</pre>
 *
 * <p>The levels of Google's <em>Site Reliability Engineering</em>, chapter 21. They are ordered
 * from the most critical to the least.
 */
public enum Criticality {
  /** The most serious failures follow if it is refused. Use it for few requests. */
  CRITICAL_PLUS,
  /** A user notices if it is refused. The default. */
  CRITICAL,
  /** Partly unavailable at times; a later attempt will do. Batch work, for example. */
  SHEDDABLE_PLUS,
  /** Often unavailable; nobody notices. Prefetching, for example. */
  SHEDDABLE;

  /** The key under which a context carries its criticality. Shown in dumps and logs. */
  public static final Key<Criticality> KEY = Key.of("criticality", Criticality.class).shown();

  /** The criticality that a context carries, {@link #CRITICAL} if it carries none. */
  public static Criticality of(Context ctx) {
    return Objects.requireNonNull(ctx, "ctx").getOrDefault(KEY, CRITICAL);
  }

  /** A child of a context that carries this criticality. */
  public Context in(Context parent) {
    return Objects.requireNonNull(parent, "parent").withValue(KEY, this);
  }

  /** Whether it may be refused, and is neither retried nor hedged, while there is pressure. */
  public boolean isSheddable() {
    return compareTo(SHEDDABLE_PLUS) >= 0;
  }

  /** Whether this matters more than the other. */
  public boolean isAbove(Criticality other) {
    return compareTo(other) < 0;
  }
}
