package dev.resilience.context;

import dev.resilience.text.SafeText;
import dev.resilience.time.TimeSource;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Queue;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A scope that ends with the first of several. The walk up would branch here, and nested diamonds
 * would make it multiply; so the distinct ancestors are laid out flat once, and a look is one loop.
 * Passive: nothing is told to it before somebody waits at it.
 */
final class MergedScope extends Scope {

  private static final VarHandle LINKS;

  static {
    try {
      LINKS = MethodHandles.lookup().findVarHandle(MergedScope.class, "links", Link[].class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  private final Scope[] sources;

  /** All scopes above, each once, nearest first, those of the first source before the second's. */
  private final Scope[] ancestors;

  /** For each ancestor, whether only its cancels count: it is above a scope with more time. */
  private final boolean[] cancelsOnly;

  /** This scope's place in the list of each source, once it was ever linked. */
  private volatile Link @Nullable [] links;

  private MergedScope(
      Root root, Values values, @Nullable DeadlineScope deadlineScope, Scope[] sources) {
    super(root, values, deadlineScope);
    this.sources = sources;
    Map<Scope, Boolean> flat = new LinkedHashMap<>();
    for (Scope source : sources) {
      collect(source, flat);
    }
    this.ancestors = flat.keySet().toArray(new Scope[0]);
    this.cancelsOnly = new boolean[ancestors.length];
    for (int i = 0; i < ancestors.length; i++) {
      cancelsOnly[i] = flat.getOrDefault(ancestors[i], false);
    }
    noteCancelTimeNeededByAncestors();
    inheritEnds();
  }

  /**
   * Takes over what has happened before. From now on all cancels above record their time and their
   * order, so that the flat array tells which came first; of those before, only the order along
   * each path is known.
   */
  private void inheritEnds() {
    End first = null;
    End cancel = null;
    for (Scope source : sources) {
      first = earlier(first, source.look());
      cancel = earlier(cancel, source.findEnd(true));
    }
    if (first != null) {
      adopt(first);
      lateCancel = cancel;
    }
  }

  private static @Nullable End earlier(@Nullable End one, @Nullable End other) {
    return one == null || (other != null && other.isBefore(one)) ? other : one;
  }

  static CancellableContext of(Context first, Context... others) {
    List<Node> nodes = new ArrayList<>();
    nodes.add((Node) Objects.requireNonNull(first, "first"));
    for (Context other : others) {
      nodes.add((Node) Objects.requireNonNull(other, "others"));
    }
    Root root = nodes.get(0).root;
    Values values = nodes.get(0).values;
    DeadlineScope earliest = null;
    Set<Scope> sources = new LinkedHashSet<>();
    for (Node node : nodes) {
      requireSameTime(root.time(), node.root.time());
      values = values.orElse(node.values);
      DeadlineScope deadline = node.deadlineScope();
      if (deadline != null && (earliest == null || deadline.deadline - earliest.deadline < 0)) {
        earliest = deadline;
      }
      Scope scope = node.scope();
      if (scope != null) {
        sources.add(scope);
      }
    }
    if (sources.size() <= 1) {
      return nodes.get(0).derived(new Scope(new ValueContext(root, values, first(sources))));
    }
    return nodes
        .get(0)
        .derived(new MergedScope(root, values, earliest, sources.toArray(new Scope[0])));
  }

  private static @Nullable Scope first(Set<Scope> sources) {
    return sources.isEmpty() ? null : sources.iterator().next();
  }

  private static void requireSameTime(TimeSource expected, TimeSource actual) {
    if (expected != actual) {
      throw new IllegalArgumentException(
          "others: a context on "
              + SafeText.of(actual)
              + " (expected: on "
              + SafeText.of(expected)
              + ", as the first)");
    }
  }

  /** Adds a scope and what is above it; an ancestor counts in full if it does on any path. */
  private static void collect(Scope source, Map<Scope, Boolean> flat) {
    boolean past = false;
    for (Scope scope = source; scope != null; scope = scope.parent) {
      Boolean known = flat.get(scope);
      if (known != null && (!known || past)) {
        return;
      }
      flat.put(scope, past);
      past |= scope instanceof MoreTimeScope;
      if (scope instanceof MergedScope merge) {
        for (int i = 0; i < merge.ancestors.length; i++) {
          flat.merge(merge.ancestors[i], past || merge.cancelsOnly[i], Boolean::logicalAnd);
        }
      }
    }
  }

  /** What this was merged of, without those that never end. */
  List<Scope> sources() {
    return List.of(sources);
  }

  @Nullable End findEndOfSources(boolean past) {
    End earliest = null;
    for (int i = 0; i < ancestors.length; i++) {
      earliest = earlier(earliest, ancestors[i].endFor(past || cancelsOnly[i]));
    }
    return earliest;
  }

  void noteCancelTimeNeededByAncestors() {
    for (Scope ancestor : ancestors) {
      ancestor.cancelTimeNeeded = true;
      ancestor.cancelOrderNeeded = true;
    }
  }

  /** Agrees the links to all sources with who waits here; adds the sources that changed. */
  void updateLinks(Queue<Scope> changed) {
    if (links == null && !hasWaiters()) {
      return;
    }
    Link[] mine = links();
    for (int i = 0; i < sources.length; i++) {
      if (mine[i].update()) {
        changed.add(sources[i]);
      }
    }
  }

  private Link[] links() {
    Link[] known = links;
    if (known != null) {
      return known;
    }
    Link[] made = new Link[sources.length];
    for (int i = 0; i < made.length; i++) {
      made[i] = new Link(this, sources[i].list().laneForChild());
    }
    return LINKS.compareAndSet(this, null, made) ? made : Objects.requireNonNull(links);
  }

  void notifyEndedSources() {
    for (Scope ancestor : ancestors) {
      if (ancestor.lookWithoutClock() != null) {
        Notification.of(ancestor);
      }
    }
  }
}
