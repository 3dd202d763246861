package dev.resilience.timeout;

import dev.resilience.context.Context;
import dev.resilience.policy.Classifier;
import dev.resilience.policy.Verdict;
import dev.resilience.text.SafeText;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ConcurrentMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Shows how well time limits fit: for each operation how many calls were fast, close to the limit,
 * or timed out, and how long they took.
 *
 * <pre>{@code
 * TimeoutMonitor monitor = TimeoutMonitor.create();
 * var timeout = FixedTimeout.builder("quotes", ofMillis(200)).monitor(monitor).build();
 * ...
 * monitor.statistics("quotes").ifPresent(q -> log.log(INFO, q.toString()));
 * }</pre>
 *
 * <p>Many close calls: the limit is about to fail good calls. Hardly any that are not fast: a
 * shorter limit would free callers sooner when the dependency hangs.
 *
 * <p>An operation is the name of a time-out policy; several of the same name are counted together.
 * Operations are never forgotten, so use names, not addresses with ids in them. Thread-safe. A call
 * costs one reading of the clock and about 20 ns, an operation some 20 kB.
 */
public final class TimeoutMonitor {

  private static final Logger LOG = System.getLogger(TimeoutMonitor.class.getName());

  private final ConcurrentMap<String, OperationGauge> operations = new ConcurrentHashMap<>();
  private final Queue<NewOperations> listeners = new ConcurrentLinkedQueue<>();

  private TimeoutMonitor() {}

  /** An empty monitor. */
  public static TimeoutMonitor create() {
    return new TimeoutMonitor();
  }

  /** All operations, by name. */
  public List<TimeoutStatistics> operations() {
    return operations.keySet().stream()
        .sorted()
        .map(this::statistics)
        .flatMap(Optional::stream)
        .toList();
  }

  /** One operation, if a policy of that name was built with this monitor. */
  public Optional<TimeoutStatistics> statistics(String operation) {
    OperationGauge gauge = operations.get(Objects.requireNonNull(operation, "operation"));
    return gauge == null ? Optional.empty() : Optional.of(gauge.statistics());
  }

  /**
   * Tells of each operation once: now of those that are known, later of the others when a policy of
   * that name is built. For what shows them elsewhere.
   *
   * @param listener gets the name; what it throws is logged
   */
  public void onOperation(Consumer<? super String> listener) {
    NewOperations told = new NewOperations(Objects.requireNonNull(listener, "listener"));
    listeners.add(told);
    operations.keySet().stream().sorted().forEach(told::tell);
  }

  AttemptListener gauge(String operation) {
    OperationGauge gauge = operations.get(operation);
    if (gauge != null) {
      return gauge;
    }
    OperationGauge known = operations.computeIfAbsent(operation, OperationGauge::new);
    listeners.forEach(listener -> listener.tell(operation));
    return known;
  }

  /** A listener, and what it has heard: an operation may be found twice while it is new. */
  private static final class NewOperations {

    private final Consumer<? super String> listener;
    private final Set<String> told = ConcurrentHashMap.newKeySet();

    NewOperations(Consumer<? super String> listener) {
      this.listener = listener;
    }

    void tell(String operation) {
      if (told.add(operation)) {
        try {
          listener.accept(operation);
        } catch (Throwable failure) {
          SafeText.log(LOG, Level.WARNING, "A listener failed on a new operation", failure);
        }
      }
    }
  }

  /** The counts of an operation. */
  private static final class OperationGauge implements AttemptListener {

    private final OutcomeCounts counts;

    OperationGauge(String operation) {
      this.counts = new OutcomeCounts(operation);
    }

    TimeoutStatistics statistics() {
      return counts.statistics();
    }

    @Override
    public void returned(@Nullable Object result, Duration limit, long ran, long now) {
      counts.succeeded(limit, ran);
    }

    @Override
    public void failed(Context caller, Throwable thrown, Duration limit, long ran, long now) {
      Verdict verdict = Classifier.ofDefaults().judge(caller, thrown);
      switch (verdict) {
        case TIMED_OUT -> counts.timedOut(limit);
        case DEADLINE_EXCEEDED, DEADLINE_EXCEEDED_EARLY -> counts.callerTimedOut();
        case FAILURE, FATAL -> counts.failed();
        default -> {
          // The caller left, or the dependency was not called: nothing about its time.
        }
      }
    }
  }
}
