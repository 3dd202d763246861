package dev.resilience.configuration;

import static java.util.Objects.requireNonNull;

import com.google.errorprone.annotations.MustBeClosed;
import dev.resilience.context.CancellableContext;
import dev.resilience.context.Context;
import dev.resilience.context.ContextObserver;
import dev.resilience.diagnostics.LeakDetector;
import dev.resilience.observe.PolicyListener;
import dev.resilience.policy.Classifier;
import dev.resilience.text.SafeText;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * A configuration in use, which can be changed while calls go through it.
 *
 * <pre>{@code
 * LiveConfiguration live = LiveConfiguration.of(Configuration.read(file));
 * LiveStack quotes = live.stack("quotes");
 * ...
 * live.update(Configuration.read(file));       // all of it, or an exception and nothing
 * }</pre>
 *
 * <h2>What a change changes</h2>
 *
 * <ul>
 *   <li>A call that is under way goes on as it began.
 *   <li>A policy of which nothing has changed stays the object that it was, with its circuit, its
 *       statistics, its learned limits and those who wait in its line, also if another policy of
 *       the same stack has changed. So does a budget.
 *   <li>A policy that has changed is built anew, without a past. A rate limit whose rate or burst
 *       alone has changed takes that on, and those in line keep their places.
 *   <li>Calls under way hold permits of the concurrency limit with which they began: for as long as
 *       they last, a new one comes on top.
 *   <li>Listeners stay: they hear the new policies.
 *   <li>The time limits and switches of contexts hold for those that are made from now on.
 * </ul>
 *
 * <p>Thread-safe. An update locks out other updates, and no call.
 */
public final class LiveConfiguration {

  private final PolicyListener listener;
  private final Classifier classifier;
  private final Map<String, Classifier> classifiers;
  private final @Nullable LeakDetector leaks;
  private final @Nullable SwitchedObserver metrics;
  private final ContextObserver observer;

  private final ReentrantLock lock = new ReentrantLock();
  private Budgets budgets = Budgets.NONE;
  private volatile Configuration configuration = Configuration.EMPTY;
  private volatile ContextLimits limits = new ContextLimits(null, null);
  private volatile Map<String, LiveStack> stacks = Map.of();

  private LiveConfiguration(Builder builder) {
    this.listener = builder.listener;
    this.classifier = builder.classifier;
    this.classifiers = Map.copyOf(builder.classifiers);
    this.leaks = builder.leaks;
    this.metrics = builder.metrics == null ? null : new SwitchedObserver(builder.metrics);
    List<ContextObserver> observers = new ArrayList<>();
    if (leaks != null) {
      observers.add(leaks);
    }
    if (metrics != null) {
      observers.add(metrics);
    }
    this.observer = ContextObserver.all(observers.toArray(ContextObserver[]::new));
    update(builder.configuration);
  }

  /** A configuration in use, without listeners. */
  public static LiveConfiguration of(Configuration configuration) {
    return builder(configuration).build();
  }

  /** Returns a builder with all defaults set. */
  public static Builder builder(Configuration configuration) {
    return new Builder(configuration);
  }

  // ---- in use

  /**
   * A stack, the same object each time. It can no longer be taken out of the configuration.
   *
   * @param name as in the configuration
   * @throws IllegalArgumentException if there is none of this name
   */
  public LiveStack stack(String name) {
    requireNonNull(name, "name");
    lock.lock();
    try {
      LiveStack stack = stacks.get(name);
      if (stack == null) {
        throw new IllegalArgumentException(
            "name: '" + SafeText.of(name) + "', " + Keys.unknown("stack", stacks.keySet(), name));
      }
      stack.hold();
      return stack;
    } finally {
      lock.unlock();
    }
  }

  /**
   * A child with the time that work may take: the {@code default_timeout} where the context has no
   * deadline, and never more than the {@code max_timeout}. To be closed by who asked for it; with
   * that all is released.
   *
   * @param ctx from which it is derived
   */
  @MustBeClosed
  public CancellableContext withLimit(Context ctx) {
    return limits.derive(ctx);
  }

  /**
   * A child with the time that is asked for, but no more than the {@code max_timeout}.
   *
   * @param ctx from which it is derived
   * @param asked from now
   */
  @MustBeClosed
  public CancellableContext withLimit(Context ctx, Duration asked) {
    return limits.derive(ctx, requireNonNull(asked, "asked"));
  }

  /**
   * Watches contexts as {@code enable_leak_detection} and {@code enable_metrics} say at the moment
   * when each is made; told of its end is whoever was told of its beginning. For the root of a
   * tree: {@code Context.observed(TimeSource.system(), live.observer())}. One that has nobody to
   * tell costs what an unobserved context costs, and a look.
   */
  public ContextObserver observer() {
    return observer;
  }

  /** What holds now. */
  public Configuration configuration() {
    return configuration;
  }

  ContextLimits limits() {
    return limits;
  }

  // ---- changes

  /**
   * Changes to another configuration, whole, or not at all.
   *
   * @return the keys of what is new, changed or gone, such as {@code stacks.quotes.breaker}; what
   *     is not among them has stayed as it was
   * @throws ConfigurationException if a stack is missing that somebody holds, or a switch is on for
   *     which there is nothing to switch
   */
  public List<String> update(Configuration next) {
    requireNonNull(next, "configuration");
    lock.lock();
    try {
      check(next);
      Budgets nextBudgets = budgets.changedTo(next.budgets());
      Map<String, StackAssembly> assemblies = new LinkedHashMap<>();
      Map<String, LimitLink> links = new LinkedHashMap<>();
      for (String name : next.stackNames()) {
        LiveStack present = stacks.get(name);
        LimitLink link = present == null ? new LimitLink(listener) : present.limitLink();
        links.put(name, link);
        assemblies.put(
            name,
            new StackAssembly(
                    name,
                    next,
                    present == null ? null : present.parts(),
                    listener,
                    link,
                    classifiers.getOrDefault(name, classifier))
                .build(nextBudgets));
      }
      // From here on nothing fails.
      List<String> changed = changed(next, assemblies);
      Map<String, LiveStack> nextStacks = new LinkedHashMap<>();
      assemblies.forEach((name, assembly) -> nextStacks.put(name, swapped(name, assembly, links)));
      budgets = nextBudgets;
      stacks = nextStacks;
      limits = ContextLimits.of(next.contexts());
      turnSwitches(next.contexts());
      configuration = next;
      return changed;
    } finally {
      lock.unlock();
    }
  }

  private LiveStack swapped(String name, StackAssembly assembly, Map<String, LimitLink> links) {
    StackParts parts = assembly.commit();
    LiveStack present = stacks.get(name);
    if (present == null) {
      return new LiveStack(name, this, requireNonNull(links.get(name)), parts);
    }
    present.swap(parts);
    return present;
  }

  private void check(Configuration next) {
    Faults faults = new Faults();
    stacks.forEach(
        (name, stack) -> {
          if (stack.isHeld() && !next.stackNames().contains(name)) {
            faults.add(
                Keys.join(ConfigurationReader.STACKS, name),
                0,
                "missing (expected: to stay, since somebody holds it)");
          }
        });
    checkSwitch(next, ContextKeys.ENABLE_LEAK_DETECTION, leaks, "a leakDetector", faults);
    checkSwitch(next, ContextKeys.ENABLE_METRICS, metrics, "metrics", faults);
    for (String name : classifiers.keySet()) {
      if (!next.stackNames().contains(name)) {
        faults.add(
            Keys.join(ConfigurationReader.STACKS, name),
            0,
            "missing (expected: to be there, since it has a classifier)");
      }
    }
    faults.throwIfAny();
  }

  private static void checkSwitch(
      Configuration next,
      Setting<Boolean> setting,
      @Nullable ContextObserver switched,
      String what,
      Faults faults) {
    if (switched == null && next.contexts().isOn(setting)) {
      faults.add(
          setting.key(),
          next.contexts().line(setting),
          "on (expected: off, unless LiveConfiguration.builder is given " + what + ")");
    }
  }

  private void turnSwitches(Values contexts) {
    if (leaks != null) {
      leaks.sweepEvery(contexts.get(ContextKeys.LEAK_CHECK_INTERVAL, Duration.ofSeconds(30)));
      if (contexts.isOn(ContextKeys.ENABLE_LEAK_DETECTION)) {
        leaks.resume();
      } else {
        leaks.pause();
      }
    }
    if (metrics != null) {
      metrics.turn(contexts.isOn(ContextKeys.ENABLE_METRICS));
    }
  }

  private List<String> changed(Configuration next, Map<String, StackAssembly> assemblies) {
    List<String> changed = new ArrayList<>();
    for (Setting<?> setting : ContextKeys.SECTION.settings()) {
      if (!configuration.contexts().find(setting).equals(next.contexts().find(setting))) {
        changed.add(setting.key());
      }
    }
    next.budgets()
        .forEach(
            (name, values) -> {
              if (!values.equals(configuration.budgets().get(name))) {
                changed.add(Keys.join(ConfigurationReader.BUDGETS, name));
              }
            });
    assemblies.forEach(
        (name, assembly) -> {
          changed.addAll(assembly.changed());
          changed.addAll(gone(name, next));
        });
    stacks.keySet().stream()
        .filter(name -> !next.stackNames().contains(name))
        .forEach(name -> changed.add(Keys.join(ConfigurationReader.STACKS, name)));
    return changed;
  }

  /** What a stack has no more, and whether its policies have another order. */
  private List<String> gone(String name, Configuration next) {
    StackSpec before = configuration.stacks().get(name);
    StackSpec after = requireNonNull(next.stacks().get(name));
    if (before == null) {
      return List.of();
    }
    String path = Keys.join(ConfigurationReader.STACKS, name);
    List<PolicyKind> kept = new ArrayList<>(before.order());
    kept.removeIf(kind -> !after.has(kind));
    List<PolicyKind> keptAfter = new ArrayList<>(after.order());
    keptAfter.removeIf(kind -> !before.has(kind));
    List<String> keys = new ArrayList<>();
    before.kinds().stream()
        .filter(kind -> !after.has(kind))
        .forEach(kind -> keys.add(Keys.join(path, kind.key())));
    if (!kept.equals(keptAfter)) {
      keys.add(Keys.join(path, StackKeys.ORDER.key()));
    }
    return keys;
  }

  /** The stacks of this moment. */
  @Override
  public String toString() {
    return stacks.values().toString();
  }

  /** Builds a {@link LiveConfiguration}. Not thread-safe. */
  public static final class Builder {

    private final Configuration configuration;
    private final Map<String, Classifier> classifiers = new LinkedHashMap<>();
    private PolicyListener listener = PolicyListener.none();
    private Classifier classifier = Classifier.ofDefaults();
    private @Nullable LeakDetector leaks;
    private @Nullable ContextObserver metrics;

    private Builder(Configuration configuration) {
      this.configuration = requireNonNull(configuration, "configuration");
    }

    /**
     * Hears all policies of all stacks, which bear the name of the stack, and how each call ended.
     * Default: nobody.
     */
    public Builder listener(PolicyListener newListener) {
      listener = PolicyListener.contained(newListener);
      return this;
    }

    /** What outcomes mean, in all stacks. Default: {@link Classifier#ofDefaults}. */
    public Builder classifier(Classifier newClassifier) {
      classifier = requireNonNull(newClassifier, "classifier");
      return this;
    }

    /**
     * What outcomes mean in one stack.
     *
     * @param stack its name, which has to be there
     */
    public Builder classifier(String stack, Classifier newClassifier) {
      classifiers.put(requireNonNull(stack, "stack"), requireNonNull(newClassifier, "classifier"));
      return this;
    }

    /**
     * Follows contexts while {@code enable_leak_detection} is on; it is paused otherwise, and looks
     * as often as {@code leak_check_interval} says. Whoever opened it closes it. Default: none,
     * then that switch cannot be turned on.
     */
    public Builder leakDetector(LeakDetector detector) {
      leaks = requireNonNull(detector, "detector");
      return this;
    }

    /**
     * Counts contexts while {@code enable_metrics} is on. Default: nobody, then that switch cannot
     * be turned on.
     */
    public Builder metrics(ContextObserver counter) {
      metrics = requireNonNull(counter, "counter");
      return this;
    }

    /**
     * The configuration in use.
     *
     * @throws ConfigurationException if a switch is on for which there is nothing to switch
     */
    public LiveConfiguration build() {
      return new LiveConfiguration(this);
    }
  }
}
