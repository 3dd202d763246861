package dev.resilience.diagnostics;

import dev.resilience.context.Context;
import dev.resilience.context.ContextDetails;
import dev.resilience.context.ContextDetails.Kind;
import dev.resilience.context.ContextThread;
import dev.resilience.context.Key;
import dev.resilience.text.SafeText;
import dev.resilience.time.TimeSource;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import org.jspecify.annotations.Nullable;

/**
 * Makes a tree of the contexts that are followed: sorts them under their ancestors, chooses those
 * that are shown, level by level, and describes these. All loops: a tree may be 100,000 deep.
 */
final class TreeBuilder {

  /** Deeper ones are counted only: who nests JSON further is not understood by its readers. */
  private static final int MOST_LEVELS = 256;

  private static final Comparator<Branch> OLDEST_FIRST =
      Comparator.comparingLong(branch -> branch.tracked.id);

  private final String name;
  private final TrackedContexts contexts;
  private final int maxNodes;
  private final IdentityHashMap<Context, Branch> branches = new IdentityHashMap<>();
  private final List<Branch> tops = new ArrayList<>();
  private final boolean looksAtThreads;
  private TimeSource time = TimeSource.system();
  private int threadsLookedAt;

  TreeBuilder(String name, TrackedContexts contexts, int maxNodes, boolean looksAtThreads) {
    this.name = name;
    this.contexts = contexts;
    this.maxNodes = maxNodes;
    this.looksAtThreads = looksAtThreads;
  }

  /** A context and what stands below it. */
  private static final class Branch {

    final TrackedContext tracked;
    final Context context;
    final long age;
    final List<Branch> children = new ArrayList<>(0);
    final List<ContextNode> shown = new ArrayList<>(0);
    @Nullable Branch parent;
    int level;

    Branch(TrackedContext tracked, Context context) {
      this.tracked = tracked;
      this.context = context;
      this.age = tracked.ageNanos();
    }
  }

  ContextTree build() {
    collect();
    branches.values().forEach(this::hang);
    List<Branch> chosen = choose();
    // Children before their parents, the youngest of each first.
    List<ContextNode> roots = new ArrayList<>();
    for (int i = chosen.size() - 1; i >= 0; i--) {
      Branch branch = chosen.get(i);
      Collections.reverse(branch.shown);
      (branch.parent == null ? roots : branch.parent.shown).add(node(branch));
    }
    Collections.reverse(roots);
    return new ContextTree(
        name,
        time.instant(),
        branches.size(),
        chosen.size(),
        contexts.untracked(),
        roots,
        tops.size() - roots.size());
  }

  private void collect() {
    for (TrackedContext tracked : contexts.all()) {
      Context context = tracked.get();
      if (context != null) {
        branches.put(context, new Branch(tracked, context));
        time = tracked.time;
      }
    }
  }

  /** Below the nearest ancestor that is followed; a merge stands below the first of its sources. */
  private void hang(Branch branch) {
    Context above = branch.context;
    while (branch.parent == null) {
      List<Context> parents = ContextDetails.of(above).parents();
      if (parents.isEmpty()) {
        tops.add(branch);
        return;
      }
      above = parents.get(0);
      branch.parent = branches.get(above);
    }
    branch.parent.children.add(branch);
  }

  private List<Branch> choose() {
    List<Branch> chosen = new ArrayList<>();
    Queue<Branch> ahead = new ArrayDeque<>();
    tops.sort(OLDEST_FIRST);
    ahead.addAll(tops);
    for (Branch next = ahead.poll();
        next != null && chosen.size() < maxNodes;
        next = ahead.poll()) {
      chosen.add(next);
      if (next.level + 1 < MOST_LEVELS) {
        next.children.sort(OLDEST_FIRST);
        for (Branch child : next.children) {
          child.level = next.level + 1;
          ahead.add(child);
        }
      }
    }
    return chosen;
  }

  private ContextNode node(Branch branch) {
    Context context = branch.context;
    ContextDetails details = ContextDetails.of(context);
    long left = context.timeLeft().toNanos();
    Duration limit =
        context
            .deadline()
            .map(deadline -> Duration.ofNanos(deadline.nanos() - branch.tracked.nanos))
            .orElse(null);
    Duration ownLimit =
        details
            .ownDeadline()
            .map(deadline -> Duration.ofNanos(deadline.nanos() - branch.tracked.nanos))
            .orElse(null);
    Map<String, String> above = branch.parent == null ? Map.of() : values(branch.parent.context);
    Map<String, String> all = values(context);
    List<ThreadActivity> threads = new ArrayList<>();
    List<ContextNode> children = new ArrayList<>();
    Duration age = Duration.ofNanos(branch.age);
    Duration timeLeft = limit == null ? null : Duration.ofNanos(left);
    for (var under : byContext(details.threads()).entrySet()) {
      Map<String, String> more = without(values(under.getKey()), all);
      if (more.isEmpty() && under.getKey().name().equals(context.name())) {
        threads.addAll(under.getValue());
      } else {
        children.add(
            new ContextNode(
                0,
                SafeText.of(under.getKey().name()),
                Kind.VALUES,
                age,
                null,
                limit,
                timeLeft,
                more,
                under.getValue(),
                0,
                List.of(),
                0,
                null));
      }
    }
    int omitted = branch.children.size() - branch.shown.size();
    children.addAll(branch.shown);
    return new ContextNode(
        branch.tracked.id,
        SafeText.of(context.name()),
        details.kind(),
        age,
        ownLimit,
        limit,
        timeLeft,
        without(all, above),
        threads,
        details.callbacks(),
        children,
        omitted,
        Places.of(branch.tracked.creation));
  }

  private Map<Context, List<ThreadActivity>> byContext(List<ContextThread> threads) {
    Map<Context, List<ThreadActivity>> found = new LinkedHashMap<>();
    for (ContextThread thread : threads) {
      found
          .computeIfAbsent(thread.context(), context -> new ArrayList<>())
          .add(
              new ThreadActivity(
                  SafeText.of(Creation.nameOf(thread.thread())),
                  thread.reason(),
                  looksAtThreads && threadsLookedAt++ < Places.MOST_THREADS
                      ? Places.of(thread.thread())
                      : null));
    }
    return found;
  }

  /** The values that may be shown; of keys with the same name each. */
  private static Map<String, String> values(Context context) {
    Map<String, String> texts = new LinkedHashMap<>();
    for (Map.Entry<Key<?>, Object> value : ContextDetails.of(context).shownValues().entrySet()) {
      String key = SafeText.of(value.getKey().name());
      String unique = key;
      for (int i = 2; texts.containsKey(unique); i++) {
        unique = key + " (" + i + ")";
      }
      texts.put(unique, SafeText.of(value.getValue()));
    }
    return texts;
  }

  private static Map<String, String> without(
      Map<String, String> all, Map<String, String> inherited) {
    Map<String, String> own = new LinkedHashMap<>(all);
    own.entrySet().removeAll(inherited.entrySet());
    return Collections.unmodifiableMap(own);
  }
}
