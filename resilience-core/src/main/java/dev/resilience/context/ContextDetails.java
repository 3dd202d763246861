package dev.resilience.context;

import dev.resilience.time.Deadline;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/**
 * What can be seen of a context from outside: for dumps and pages, not for decisions.
 *
 * <p>Each method looks anew. Thread-safe; takes no lock but, for a moment, that of the one context.
 */
public final class ContextDetails {

  /** So many waiters of a context are looked at, children among them. */
  private static final int MOST_WAITERS = 1000;

  /** How a context was derived. */
  public enum Kind {
    /** {@link Context#withCancel}, or a merge of one. */
    CANCEL,
    /** {@link Context#withTimeout} or {@link Context#withDeadline}. */
    DEADLINE,
    /** {@link Context#withMoreTime} where more was needed than there was. */
    MORE_TIME,
    /** {@link Context#firstOf}. */
    MERGE,
    /** It adds values, and ends with its parent; or it is a root. */
    VALUES
  }

  private final Node node;

  private ContextDetails(Node node) {
    this.node = node;
  }

  /** The details of a context. */
  public static ContextDetails of(Context ctx) {
    return new ContextDetails((Node) Objects.requireNonNull(ctx, "ctx"));
  }

  /** How it was derived. */
  public Kind kind() {
    if (node instanceof MergedScope) {
      return Kind.MERGE;
    }
    if (node instanceof MoreTimeScope) {
      return Kind.MORE_TIME;
    }
    if (node instanceof DeadlineScope || node instanceof LaterDeadlineScope) {
      return Kind.DEADLINE;
    }
    return node instanceof Scope ? Kind.CANCEL : Kind.VALUES;
  }

  /**
   * The nearest contexts above that can end: none at the top, several for a merge, and for a
   * context that adds values the one that it ends with.
   */
  public List<Context> parents() {
    if (node instanceof MergedScope merge) {
      return List.copyOf(merge.sources());
    }
    Scope above = node instanceof Scope scope ? scope.parent : node.scope();
    return above == null ? List.of() : List.of(above);
  }

  /**
   * The deadline that it was derived with; empty: without one. It may be later than {@link
   * Context#deadline}, which an ancestor has set then. Such a later one is known only below an
   * observed root.
   */
  public Optional<Deadline> ownDeadline() {
    if (node instanceof DeadlineScope scope) {
      return Optional.of(Deadline.atNanos(scope.deadline, node.root.time()));
    }
    return node instanceof LaterDeadlineScope later
        ? Optional.of(Deadline.atNanos(later.asked, node.root.time()))
        : Optional.empty();
  }

  /**
   * The values that may be {@linkplain Key#isShown shown}, inherited ones too, in the order of
   * their keys' names; without the name of the context.
   */
  public Map<Key<?>, Object> shownValues() {
    List<Map.Entry<Key<?>, Object>> shown = new ArrayList<>();
    node.values.forEach(
        (key, value) -> {
          if (key.isShown() && key != Node.NAME) {
            shown.add(Map.entry(key, value));
          }
        });
    shown.sort(Comparator.comparing(entry -> entry.getKey().name()));
    Map<Key<?>, Object> ordered = new LinkedHashMap<>();
    shown.forEach(entry -> ordered.put(entry.getKey(), entry.getValue()));
    return ordered;
  }

  /**
   * The threads that wait or work directly under this context, in order of their coming. Looks at
   * the first 1,000 who wait for its end.
   */
  public List<ContextThread> threads() {
    List<ContextThread> threads = new ArrayList<>();
    Scope scope = node.scope();
    if (scope != null) {
      for (Callback callback : scope.callbacks(MOST_WAITERS)) {
        ContextThread thread = callback.thread();
        if (thread != null) {
          threads.add(thread);
        }
      }
    }
    return threads;
  }

  /** How many callbacks of users are registered directly here; of the first 1,000 who wait. */
  public int callbacks() {
    Scope scope = node.scope();
    if (scope == null) {
      return 0;
    }
    return (int) scope.callbacks(MOST_WAITERS).stream().filter(Callback::isOfUser).count();
  }
}
