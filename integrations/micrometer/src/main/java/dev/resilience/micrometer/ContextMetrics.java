package dev.resilience.micrometer;

import dev.resilience.context.CancelReason;
import dev.resilience.context.Context;
import dev.resilience.context.ContextException;
import dev.resilience.context.ContextObserver;
import dev.resilience.context.DeadlineExceededException;
import dev.resilience.time.Deadline;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;

/**
 * Counts the contexts of an observed tree. Each is counted once when it is derived and once when it
 * ends, however often and by whomever it is watched.
 *
 * <pre>{@code
 * Context root = Context.observed(TimeSource.system(), ContextMetrics.of(registry));
 * try (var update = root.withName("update_user").withTimeout(ofSeconds(5))) { ... }
 * }</pre>
 *
 * <table>
 *   <caption>Meters; tag {@code operation}: the name of the context, or {@code none}</caption>
 *   <tr><td>{@code resilience.contexts.created}</td><td>{@code type}: {@code timeout} for one with a
 *       deadline of its own, else {@code cancel}</td></tr>
 *   <tr><td>{@code resilience.contexts.ended}</td><td>{@code reason}: {@code closed} (by the owner, the
 *       usual end), {@code cancelled}, {@code deadline}</td></tr>
 *   <tr><td>{@code resilience.contexts.active}</td><td>those that were derived and have not ended</td>
 *       </tr>
 *   <tr><td>{@code resilience.contexts.timeout}</td><td>a histogram of the time-outs given, with limits
 *       from 1 ms to 60 s</td></tr>
 * </table>
 *
 * <p>At most a number of distinct names become values of the tag; further ones are counted as
 * {@code other}. Thread-safe. An observed tree is eager, which has its {@linkplain Context#observed
 * price}; this adds two counters to each context.
 */
public final class ContextMetrics implements ContextObserver {

  /** The limits of the histogram of time-outs. */
  private static final Duration[] LIMITS = {
    Duration.ofMillis(1),
    Duration.ofMillis(10),
    Duration.ofMillis(100),
    Duration.ofSeconds(1),
    Duration.ofSeconds(5),
    Duration.ofSeconds(10),
    Duration.ofSeconds(30),
    Duration.ofSeconds(60)
  };

  private final MeterRegistry registry;
  private final TagValues names;
  private final Map<String, Operation> operations = new ConcurrentHashMap<>();
  private final Map<String, LongAdder> actives = new ConcurrentHashMap<>();

  private ContextMetrics(MeterRegistry registry, int maxOperations) {
    this.registry = Objects.requireNonNull(registry, "registry");
    this.names = new TagValues(TagValues.checked(maxOperations, "maxOperations"));
  }

  /** With at most 100 distinct operations. */
  public static ContextMetrics of(MeterRegistry registry) {
    return of(registry, 100);
  }

  /**
   * With a bound of one's own.
   *
   * @param maxOperations how many distinct names become values of the tag, 1 to 100,000
   */
  public static ContextMetrics of(MeterRegistry registry, int maxOperations) {
    return new ContextMetrics(registry, maxOperations);
  }

  @Override
  public void onDerived(Context context, Context parent, long nanos) {
    Operation operation = operation(context);
    operation.active.increment();
    Deadline own = context.deadline().orElse(null);
    if (own == null || parent.deadline().filter(own::equals).isPresent()) {
      operation.withCancel.increment();
    } else {
      operation.withTimeout.increment();
      operation.timeout.record(Duration.ofNanos(Math.max(0, own.nanos() - nanos)));
    }
  }

  @Override
  public void onEnded(Context context, ContextException error, long nanos) {
    Operation operation = operation(context);
    operation.active.decrement();
    if (error instanceof DeadlineExceededException) {
      operation.byDeadline.increment();
    } else if (context.cause() == CancelReason.CLOSED) {
      operation.closed.increment();
    } else {
      operation.cancelled.increment();
    }
  }

  private Operation operation(Context context) {
    String value = names.of(context.name());
    Operation known = operations.get(value);
    if (known != null) {
      return known;
    }
    LongAdder active = actives.computeIfAbsent(value, n -> new LongAdder());
    // The registry may run foreign code, not under the lock of a table; it knows the meters again.
    Operation operation = new Operation(registry, value, active);
    operations.put(value, operation); // at most as many as there are values
    return operation;
  }

  /** The meters of one operation. */
  private static final class Operation {

    private final LongAdder active;
    private final Counter withCancel;
    private final Counter withTimeout;
    private final Counter closed;
    private final Counter cancelled;
    private final Counter byDeadline;
    private final Timer timeout;

    Operation(MeterRegistry registry, String name, LongAdder active) {
      this.active = active;
      withCancel = created(registry, name, "cancel");
      withTimeout = created(registry, name, "timeout");
      closed = ended(registry, name, "closed");
      cancelled = ended(registry, name, "cancelled");
      byDeadline = ended(registry, name, "deadline");
      timeout =
          Timer.builder("resilience.contexts.timeout")
              .description("Time-outs that contexts were given")
              .tags("operation", name)
              .serviceLevelObjectives(LIMITS)
              .register(registry);
      Gauge.builder("resilience.contexts.active", active, LongAdder::sum)
          .baseUnit("contexts")
          .description("Contexts that were derived and have not ended")
          .tags("operation", name)
          .register(registry);
    }

    private static Counter created(MeterRegistry registry, String name, String type) {
      return Counter.builder("resilience.contexts.created")
          .baseUnit("contexts")
          .description("Contexts derived, by whether they have a deadline of their own")
          .tags("operation", name, "type", type)
          .register(registry);
    }

    private static Counter ended(MeterRegistry registry, String name, String reason) {
      return Counter.builder("resilience.contexts.ended")
          .baseUnit("contexts")
          .description("Contexts that have ended")
          .tags("operation", name, "reason", reason)
          .register(registry);
    }
  }
}
