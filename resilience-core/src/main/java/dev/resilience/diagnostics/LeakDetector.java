package dev.resilience.diagnostics;

import static java.util.Objects.requireNonNull;

import dev.resilience.context.Context;
import dev.resilience.context.ContextObserver;
import dev.resilience.context.Registration;
import dev.resilience.text.Arguments;
import dev.resilience.text.SafeText;
import dev.resilience.time.Durations;
import dev.resilience.time.TimeSource;
import dev.resilience.time.Timer;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Finds contexts that nobody ends: neither closed nor ended and older than a limit, or collected as
 * garbage without ever having ended; with the place that derived them.
 *
 * <pre>{@code
 * LeakDetector leaks = LeakDetector.builder("orders").open(service);
 * Context root = Context.observed(TimeSource.system(), leaks);
 * }</pre>
 *
 * <p>By default one context in 128 is followed, with the innermost 16 frames of its creator's stack
 * (a microsecond or two; the others cost a few nanoseconds). It is known by identity and held
 * weakly, and at most 10,000 are followed at once, so this cannot be the leak. Every 30 s those
 * that are older than 5 min become suspects; the log hears of at most 5 places a sweep, and once
 * that there are more than 10 suspects. {@link #strict} follows all, for tests.
 *
 * <p>The sweep's timer stands only while something is followed. Thread-safe. Ends with its owner.
 */
public final class LeakDetector implements ContextObserver, AutoCloseable {

  private static final Logger LOG = System.getLogger(LeakDetector.class.getName());

  private final String name;
  private final int sampleOneIn;
  private final int frames;
  private final int maxReports;
  private final int alertAbove;
  private final long olderThan;
  private final Predicate<? super Context> exempt;
  private final LeakListener listener;
  private final TrackedContexts contexts;

  /** Null: nobody sweeps. */
  private final @Nullable TimeSource time;

  private final ReentrantLock lock = new ReentrantLock();
  private final Findings findings = new Findings();
  private final AtomicLong collected = new AtomicLong();
  private volatile long interval;
  private volatile boolean closed;
  private volatile int suspects;
  private boolean alerted;

  /** Whether the timer stands or a sweep is under way that will set it again. */
  private volatile boolean sweeping;

  private @Nullable Timer timer;
  private @Nullable Registration ownersEnd;

  private LeakDetector(Builder builder, @Nullable TimeSource time) {
    this.name = builder.name;
    this.sampleOneIn = builder.sampleOneIn;
    this.frames = builder.frames;
    this.maxReports = builder.maxReports;
    this.alertAbove = builder.alertAbove;
    this.olderThan = Durations.toNanos(builder.olderThan);
    this.exempt = builder.exempt;
    this.listener = builder.listener;
    this.contexts = new TrackedContexts(builder.maxTracked, this::startSweeping);
    this.interval = Durations.toNanos(builder.sweepEvery);
    this.time = time;
  }

  /**
   * A detector for tests: it follows every context and never sweeps; {@link #unfinished} says what
   * is left.
   */
  public static LeakDetector strict() {
    return new LeakDetector(builder("strict").sampleOneIn(1).maxTracked(Integer.MAX_VALUE), null);
  }

  /**
   * Returns a builder with all defaults set.
   *
   * @param name for the log and JMX, not blank
   */
  public static Builder builder(String name) {
    return new Builder(name);
  }

  /** The name given to the builder. */
  public String name() {
    return name;
  }

  /** What has been found until now. */
  public LeakSnapshot snapshot() {
    return new LeakSnapshot(name, contexts.size(), suspects, collected.get(), contexts.untracked());
  }

  /**
   * The followed contexts that have not ended by now, whatever their age, by the place that derived
   * them; those that were collected meanwhile are among them until a sweep has taken them.
   */
  public List<Leak> unfinished() {
    Findings all = new Findings();
    for (TrackedContext context : contexts.all()) {
      all.add(context.get() == null ? Leak.Kind.COLLECTED : Leak.Kind.OLD, context);
    }
    return all.take(Integer.MAX_VALUE);
  }

  /** Looks at all followed contexts now, and reports, as the timer does. */
  public void sweep() {
    List<Leak> reports;
    boolean alert;
    lock.lock();
    try {
      if (closed || !contexts.isOn()) {
        return;
      }
      reports = search();
      alert = suspects > alertAbove && !alerted;
      alerted = suspects > alertAbove;
    } finally {
      lock.unlock();
    }
    for (Leak leak : reports) {
      contained(() -> listener.onLeak(leak));
    }
    if (alert) {
      contained(() -> listener.onAlert(snapshot()));
    }
  }

  private List<Leak> search() {
    List<TrackedContext> forgotten = contexts.takeCollected();
    forgotten.forEach(context -> findings.add(Leak.Kind.COLLECTED, context));
    collected.addAndGet(forgotten.size());
    int old = 0;
    for (TrackedContext context : contexts.all()) {
      if (context.ageNanos() > olderThan) {
        old++;
        if (!context.suspect) {
          context.suspect = true;
          findings.add(Leak.Kind.OLD, context);
        }
      }
    }
    suspects = old + forgotten.size();
    return findings.take(maxReports);
  }

  private void contained(Runnable report) {
    try {
      report.run();
    } catch (Throwable failure) {
      SafeText.log(LOG, Level.WARNING, "A listener of leaks failed", failure);
    }
  }

  /**
   * Publishes this detector by JMX, as {@code dev.resilience:type=LeakDetector,name=...} on the
   * platform's server, until the handle is closed; see {@link LeakDetectorMXBean}.
   *
   * @throws IllegalStateException if that name is taken
   */
  public ManagementHandle publish() {
    return ManagementHandle.register("LeakDetector", name, new ManagedDetector(this));
  }

  // ---- the timer

  /** Sets the timer for the first context that is followed. */
  private void startSweeping() {
    TimeSource source = time;
    if (sweeping || source == null) {
      return;
    }
    lock.lock();
    try {
      if (!sweeping && !closed && contexts.isOn()) {
        sweeping = true;
        setTimer(source);
      }
    } finally {
      lock.unlock();
    }
  }

  private void setTimer(TimeSource source) {
    timer =
        source.startTimer(source.nanoTime() + interval, () -> source.execute(() -> turn(source)));
  }

  private void turn(TimeSource source) {
    try {
      sweep();
    } finally {
      lock.lock();
      try {
        timer = null;
        sweeping = !closed && contexts.isOn() && !contexts.isEmpty();
        if (sweeping) {
          setTimer(source);
        }
      } finally {
        lock.unlock();
      }
      if (!sweeping && !contexts.isEmpty()) {
        // One came between the look and the flag.
        startSweeping();
      }
    }
  }

  private void stopSweeping() {
    Timer standing;
    lock.lock();
    try {
      standing = timer;
      timer = null;
      sweeping = false;
      suspects = 0;
      alerted = false;
      findings.clear();
    } finally {
      lock.unlock();
    }
    if (standing != null) {
      standing.cancel();
    }
  }

  /**
   * Changes how often it sweeps, from the next sweep on.
   *
   * @param newInterval positive
   */
  public void sweepEvery(Duration newInterval) {
    interval = Durations.toNanos(Durations.requirePositive(newInterval, "newInterval"));
  }

  /** Follows nothing from now on, and forgets what it did: contexts are cheap again. */
  public void pause() {
    contexts.switchOff();
    stopSweeping();
  }

  /** Follows a sample of the contexts that are derived from now on. Nothing if closed. */
  public void resume() {
    if (!closed) {
      contexts.switchOn();
    }
  }

  /** Whether contexts are followed. */
  public boolean isPaused() {
    return !contexts.isOn();
  }

  /** As {@link #pause}, for good. Comes with the end of the owner. */
  @Override
  public void close() {
    closed = true;
    pause();
    Registration registered = ownersEnd;
    if (registered != null) {
      registered.withdraw();
    }
  }

  // ---- observing

  /** {@inheritDoc} */
  @Override
  public @Nullable ContextObserver observerOf(Context context, Context parent) {
    if (!contexts.isOn() || !isInSample(context) || exempt.test(context) || !contexts.hasRoom()) {
      return null;
    }
    return new TrackedContext(context, contexts, Creation.here(context, frames));
  }

  private boolean isInSample(Context context) {
    return sampleOneIn == 1 || context.timeSource().random().nextInt(sampleOneIn) == 0;
  }

  @Override
  public String toString() {
    return "leak detector '" + name + "' (" + contexts.size() + " contexts)";
  }

  /** Writes to the log of the detector. */
  private static final class Log implements LeakListener {

    @Override
    public void onLeak(Leak leak) {
      LOG.log(Level.WARNING, () -> "Leak: " + leak);
    }

    @Override
    public void onAlert(LeakSnapshot snapshot) {
      LOG.log(Level.ERROR, () -> "Contexts leak: " + snapshot);
    }
  }

  /** Builds a {@link LeakDetector}. Not thread-safe. */
  public static final class Builder {

    private final String name;
    private int sampleOneIn = 128;
    private int frames = 16;
    private int maxTracked = 10_000;
    private int maxReports = 5;
    private int alertAbove = 10;
    private Duration olderThan = Duration.ofMinutes(5);
    private Duration sweepEvery = Duration.ofSeconds(30);
    private Predicate<? super Context> exempt = context -> false;
    private LeakListener listener = new Log();

    private Builder(String name) {
      this.name = SafeText.name(name);
    }

    /** Of how many contexts one is followed, chosen by chance; at least 1: all. Default: 128. */
    public Builder sampleOneIn(int newSampleOneIn) {
      sampleOneIn = Arguments.requireAtLeastOne(newSampleOneIn, "sampleOneIn");
      return this;
    }

    /** How many frames of the creator's stack are kept, at least 1. Default: 16. */
    public Builder frames(int newFrames) {
      frames = Arguments.requireAtLeastOne(newFrames, "frames");
      return this;
    }

    /** How many contexts are followed at once, at least 1. Default: 10,000. */
    public Builder maxTracked(int newMaxTracked) {
      maxTracked = Arguments.requireAtLeastOne(newMaxTracked, "maxTracked");
      return this;
    }

    /** From which age on a context is a suspect; positive. Default: 5 min. */
    public Builder olderThan(Duration newOlderThan) {
      olderThan = Durations.requirePositive(newOlderThan, "olderThan");
      return this;
    }

    /** How often it looks; positive. Default: 30 s. */
    public Builder sweepEvery(Duration newSweepEvery) {
      sweepEvery = Durations.requirePositive(newSweepEvery, "sweepEvery");
      return this;
    }

    /** How many places a sweep reports at most, at least 1. Default: 5. */
    public Builder maxReports(int newMaxReports) {
      maxReports = Arguments.requireAtLeastOne(newMaxReports, "maxReports");
      return this;
    }

    /** Above how many suspects it raises an alert, at least 0. Default: 10. */
    public Builder alertAbove(int newAlertAbove) {
      alertAbove = Arguments.requireNotNegative(newAlertAbove, "alertAbove");
      return this;
    }

    /**
     * Contexts that live long on purpose, such as that of the whole service: these are not
     * followed. Asked of those in the sample; what it throws is logged, and the context not
     * followed. Default: none.
     */
    public Builder exempt(Predicate<? super Context> newExempt) {
      exempt = requireNonNull(newExempt, "exempt");
      return this;
    }

    /** Who hears of leaks. Default: the log of this class. */
    public Builder listener(LeakListener newListener) {
      listener = requireNonNull(newListener, "listener");
      return this;
    }

    /**
     * Opens the detector.
     *
     * @param owner whose end closes it, and on whose time it sweeps
     */
    public LeakDetector open(Context owner) {
      LeakDetector detector = new LeakDetector(this, requireNonNull(owner, "owner").timeSource());
      detector.ownersEnd = owner.onDone(detector::close);
      return detector;
    }
  }
}
