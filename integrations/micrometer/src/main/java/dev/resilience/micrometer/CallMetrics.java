package dev.resilience.micrometer;

import dev.resilience.error.CircuitOpenException;
import dev.resilience.error.ConcurrencyLimitExceededException;
import dev.resilience.error.NoTimeLeftException;
import dev.resilience.error.RateLimitExceededException;
import dev.resilience.error.RejectedException;
import dev.resilience.observe.PolicyEvent;
import dev.resilience.observe.PolicyListener;
import dev.resilience.policy.Verdict;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;

/**
 * Counts and times calls, successes with their latency, too: a listener for stacks and policies.
 *
 * <pre>{@code
 * CallMetrics metrics = CallMetrics.of(registry);
 * Resilience quotes = Preset.http("quotes").listener(metrics).build();
 * Resilience byHand = Resilience.of(retry, breaker).named("payments").withListener(metrics);
 * }</pre>
 *
 * <table>
 *   <caption>Meters</caption>
 *   <tr><td>{@code resilience.calls}</td><td>a timer; {@code stack}, {@code outcome} (the verdict:
 *       {@code success}, {@code failure}, {@code timed_out}, {@code caller_cancelled}, …)</td></tr>
 *   <tr><td>{@code resilience.retries}</td><td>further attempts; {@code policy}</td></tr>
 *   <tr><td>{@code resilience.retry.waits}</td><td>a timer of the waits before them; {@code policy}
 *       </td></tr>
 *   <tr><td>{@code resilience.retry.calls}</td><td>calls with more than one attempt, or that were
 *       given up; {@code policy}, {@code outcome}: {@code success} or {@code failure}</td></tr>
 *   <tr><td>{@code resilience.timeouts}</td><td>attempts that passed a policy's own limit; {@code
 *       policy}</td></tr>
 *   <tr><td>{@code resilience.rejections}</td><td>{@code policy}, {@code reason}</td></tr>
 *   <tr><td>{@code resilience.queue.waits}</td><td>a timer of the waits in line; {@code policy}</td>
 *       </tr>
 *   <tr><td>{@code resilience.circuit.changes}</td><td>{@code policy}, {@code to}</td></tr>
 *   <tr><td>{@code resilience.hedges}</td><td>{@code policy}</td></tr>
 *   <tr><td>{@code resilience.fallbacks}</td><td>{@code policy}, {@code outcome}: {@code success} or
 *       {@code failure}</td></tr>
 *   <tr><td>{@code resilience.late.results}</td><td>work that came to its end after its time;
 *       {@code policy}</td></tr>
 * </table>
 *
 * <p>At most a number of distinct names become values of tags; further ones are counted as {@code
 * other}. Thread-safe. A call costs two look-ups in a table and what the registry's timer costs.
 */
public final class CallMetrics implements PolicyListener {

  private final MeterRegistry registry;
  private final TagValues names;
  private final boolean histogram;
  private final Map<String, Map<Verdict, Timer>> calls = new ConcurrentHashMap<>();
  private final Map<String, Timer> timers = new ConcurrentHashMap<>();
  private final Map<String, Counter> counters = new ConcurrentHashMap<>();

  private CallMetrics(MeterRegistry registry, Builder builder) {
    this.registry = registry;
    this.names = new TagValues(builder.maxNames);
    this.histogram = builder.histogram;
  }

  /** With all defaults. */
  public static CallMetrics of(MeterRegistry registry) {
    return builder().build(registry);
  }

  /** Returns a builder with all defaults set. */
  public static Builder builder() {
    return new Builder();
  }

  @Override
  public void on(PolicyEvent event) {
    if (event instanceof PolicyEvent.CallCompleted call) {
      timer(call.policy(), call.verdict()).record(call.time());
    } else {
      onOther(event);
    }
  }

  private void onOther(PolicyEvent event) {
    String policy = names.of(event.policy());
    if (event instanceof PolicyEvent.RetryScheduled retry) {
      count("resilience.retries", "attempts", policy);
      timer("resilience.retry.waits", policy).record(retry.delay());
    } else if (event instanceof PolicyEvent.RetrySucceeded) {
      count("resilience.retry.calls", "calls", policy, "outcome", "success");
    } else if (event instanceof PolicyEvent.RetriesStopped) {
      count("resilience.retry.calls", "calls", policy, "outcome", "failure");
    } else if (event instanceof PolicyEvent.TimedOut) {
      count("resilience.timeouts", "attempts", policy);
    } else if (event instanceof PolicyEvent.Rejected rejected) {
      count("resilience.rejections", "calls", policy, "reason", reason(rejected.rejection()));
    } else if (event instanceof PolicyEvent.Waited waited) {
      timer("resilience.queue.waits", policy).record(waited.time());
    } else if (event instanceof PolicyEvent.CircuitChanged change) {
      count("resilience.circuit.changes", "", policy, "to", lower(change.to()));
    } else if (event instanceof PolicyEvent.HedgeStarted) {
      count("resilience.hedges", "attempts", policy);
    } else if (event instanceof PolicyEvent.FallbackAnswered) {
      count("resilience.fallbacks", "calls", policy, "outcome", "success");
    } else if (event instanceof PolicyEvent.FallbackFailed) {
      count("resilience.fallbacks", "calls", policy, "outcome", "failure");
    } else if (event instanceof PolicyEvent.LateResult) {
      count("resilience.late.results", "attempts", policy);
    }
    // The others are gauges of the policies themselves.
  }

  private static String reason(RejectedException rejection) {
    if (rejection instanceof CircuitOpenException) {
      return "circuit_open";
    }
    if (rejection instanceof RateLimitExceededException) {
      return "rate_limit";
    }
    if (rejection instanceof ConcurrencyLimitExceededException) {
      return "concurrency_limit";
    }
    return rejection instanceof NoTimeLeftException ? "no_time_left" : TagValues.OTHER;
  }

  private static String lower(Enum<?> value) {
    return value.name().toLowerCase(Locale.ROOT);
  }

  private Timer timer(String stack, Verdict verdict) {
    Map<Verdict, Timer> known = calls.get(stack);
    Timer timer = known == null ? null : known.get(verdict);
    return timer != null ? timer : newTimer(stack, verdict);
  }

  private Timer newTimer(String stack, Verdict verdict) {
    String value = names.of(stack);
    Timer timer =
        Timer.builder("resilience.calls")
            .description("Calls of a stack, as their callers saw them")
            .tags("stack", value, "outcome", lower(verdict))
            .publishPercentileHistogram(histogram)
            .register(registry);
    if (value.equals(stack)) { // only so many are remembered, too
      calls.computeIfAbsent(stack, s -> new ConcurrentHashMap<>()).put(verdict, timer);
    }
    return timer;
  }

  private Timer timer(String name, String policy) {
    return cached(
        timers,
        name + ' ' + policy,
        key -> Timer.builder(name).tags("policy", policy).register(registry));
  }

  private void count(String name, String unit, String policy, String... more) {
    String key = name + ' ' + policy + (more.length == 0 ? "" : ' ' + more[1]);
    cached(
            counters,
            key,
            k ->
                Counter.builder(name)
                    .baseUnit(unit.isEmpty() ? null : unit)
                    .tags("policy", policy)
                    .tags(more)
                    .register(registry))
        .increment();
  }

  /** The registry may run foreign code: not under the lock of the table. */
  private static <M> M cached(Map<String, M> meters, String key, Function<String, M> make) {
    M known = meters.get(key);
    if (known != null) {
      return known;
    }
    M made = make.apply(key);
    meters.put(key, made);
    return made;
  }

  /** Builds {@link CallMetrics}. Not thread-safe. */
  public static final class Builder {

    private int maxNames = 100;
    private boolean histogram;

    private Builder() {}

    /**
     * How many distinct names of stacks and policies become values of tags.
     *
     * @param names 1 to 100,000. Default: 100
     */
    public Builder maxNames(int names) {
      maxNames = TagValues.checked(names, "maxNames");
      return this;
    }

    /**
     * Publishes the buckets of {@code resilience.calls} from which a monitoring system computes
     * percentiles over all machines. Costs some 70 series for each stack and outcome. Default: no.
     */
    public Builder withHistogram() {
      histogram = true;
      return this;
    }

    /** The listener. */
    public CallMetrics build(MeterRegistry registry) {
      return new CallMetrics(Objects.requireNonNull(registry, "registry"), this);
    }
  }
}
