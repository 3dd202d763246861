package dev.resilience.diagnostics;

import dev.resilience.context.Context;
import dev.resilience.context.ContextObserver;
import dev.resilience.text.Arguments;
import dev.resilience.text.SafeText;
import org.jspecify.annotations.Nullable;

/**
 * Follows the contexts below a root, to show them: who is at work, since when, with how much time
 * left, and who waits.
 *
 * <pre>{@code
 * ContextMonitor monitor = ContextMonitor.of("orders");
 * Context root = Context.observed(TimeSource.system(), monitor);
 * ...
 * log.log(INFO, monitor.tree().toText());      // or toJson(), or over JMX
 * }</pre>
 *
 * <p>A context is held weakly, and let go of when it ends. At most {@link Builder#maxContexts} are
 * followed; the others are counted. A monitor may be installed at several roots. With {@link
 * ContextObserver#all} it stands beside other observers.
 *
 * <p>Thread-safe, without a lock that contexts would share: a dump of 100,000 contexts stops
 * nobody. An observed context costs about 150 ns and 370 bytes more than another one.
 */
public final class ContextMonitor implements ContextObserver {

  /** As many nodes as a dump shows unless told otherwise. */
  static final int DEFAULT_NODES = 10_000;

  private final String name;
  private final TrackedContexts contexts;

  private final boolean hasPlaces;

  private ContextMonitor(String name, int maxContexts, boolean hasPlaces) {
    this.name = name;
    this.hasPlaces = hasPlaces;
    this.contexts = new TrackedContexts(maxContexts, () -> {});
  }

  /**
   * A monitor with all defaults.
   *
   * @param name for dumps and JMX, not blank
   */
  public static ContextMonitor of(String name) {
    return builder(name).build();
  }

  /**
   * Returns a builder with all defaults set.
   *
   * @param name for dumps and JMX, not blank
   */
  public static Builder builder(String name) {
    return new Builder(name);
  }

  /** The name given to the builder. */
  public String name() {
    return name;
  }

  /** How many contexts are followed now. */
  public int size() {
    contexts.takeCollected();
    return contexts.size();
  }

  /** How many contexts were ever not followed because there were too many. */
  public long untracked() {
    return contexts.untracked();
  }

  /** The tree as it is now, the first 10,000 contexts of it. */
  public ContextTree tree() {
    return tree(DEFAULT_NODES);
  }

  /**
   * The tree as it is now. Contexts come and go meanwhile: one that began before and ends after is
   * there.
   *
   * @param maxNodes how many contexts it shows at most, level by level, the oldest first; at least
   *     1. The others are counted
   */
  public ContextTree tree(int maxNodes) {
    Arguments.requireAtLeastOne(maxNodes, "maxNodes");
    contexts.takeCollected();
    return new TreeBuilder(name, contexts, maxNodes, hasPlaces).build();
  }

  /**
   * Publishes this monitor by JMX, as {@code dev.resilience:type=ContextMonitor,name=...} on the
   * platform's server, until the handle is closed; see {@link ContextMonitorMXBean}.
   *
   * @throws IllegalStateException if that name is taken
   */
  public ManagementHandle publish() {
    return ManagementHandle.register("ContextMonitor", name, new ManagedMonitor(this));
  }

  /** Follows nothing from now on, and forgets what it did: contexts are cheap again. */
  public void pause() {
    contexts.switchOff();
  }

  /** Follows the contexts that are derived from now on. */
  public void resume() {
    contexts.switchOn();
  }

  /** Whether contexts are followed. */
  public boolean isPaused() {
    return !contexts.isOn();
  }

  /** {@inheritDoc} */
  @Override
  public @Nullable ContextObserver observerOf(Context context, Context parent) {
    if (!contexts.hasRoom()) {
      contexts.takeCollected();
      return null;
    }
    return new TrackedContext(context, contexts, hasPlaces ? Creation.here(context, 1) : null);
  }

  @Override
  public String toString() {
    return "context monitor '" + name + "' (" + contexts.size() + " contexts)";
  }

  /** Builds a {@link ContextMonitor}. Not thread-safe. */
  public static final class Builder {

    private final String name;
    private int maxContexts = 1_000_000;
    private boolean hasPlaces;

    private Builder(String name) {
      this.name = SafeText.name(name);
    }

    /** How many contexts are followed at most, at least 1. Default: 1,000,000. */
    public Builder maxContexts(int newMaxContexts) {
      maxContexts = Arguments.requireAtLeastOne(newMaxContexts, "maxContexts");
      return this;
    }

    /**
     * Notes where each context is derived ({@link ContextNode#createdAt}), and looks where the
     * threads are that wait or work under it ({@link ThreadActivity#place}). Costs a microsecond or
     * two for each context, and some 100 us for each thread that a dump shows; of one dump for the
     * first 50. Default: neither.
     */
    public Builder places() {
      hasPlaces = true;
      return this;
    }

    /** Builds the monitor. */
    public ContextMonitor build() {
      return new ContextMonitor(name, maxContexts, hasPlaces);
    }
  }
}
