package dev.resilience.timeout;

import dev.resilience.context.Context;
import dev.resilience.error.NoTimeLeftException;
import dev.resilience.observe.PolicyListener;
import dev.resilience.policy.ContextPolicy;
import dev.resilience.text.DurationText;
import dev.resilience.text.SafeText;
import dev.resilience.time.Durations;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * A time limit for each service, and one for those that are not listed. On top of it comes an
 * overhead for the network, and the time that the caller has left bounds both.
 *
 * <pre>{@code
 * var limits = ServiceTimeouts.builder()
 *     .service("inventory", ofMillis(300))
 *     .service("payment", ofSeconds(1))
 *     .otherwise(ofMillis(500))
 *     .networkOverhead(ofMillis(20)).build();
 *
 * Resilience payments = Resilience.of(retry, limits.forService("payment"));   // 1.02 s an attempt
 * payments.call(ctx, c -> api.pay(c, order, limits.timeFor(c, "payment")));   // tell it what it has
 * }</pre>
 *
 * <p>A call whose caller has no more time left than the network takes is refused with a {@link
 * NoTimeLeftException} and not dispatched: the answer could not be back in time. What happens at
 * the limit is told at {@link FixedTimeout}; the policy's name is the service's.
 *
 * <p>Immutable and thread-safe. A call costs what it costs with a {@link FixedTimeout}, and one
 * more reading of the clock where there is a deadline and an overhead.
 */
public final class ServiceTimeouts {

  private final TimeoutConfig enforcement;
  private final Map<String, Duration> limits;
  private final Map<String, ContextPolicy> policies;
  private final Duration otherwise;
  private final Duration overhead;

  private ServiceTimeouts(Builder builder) {
    this.enforcement = builder.enforcement.copy();
    this.limits = Map.copyOf(builder.limits);
    this.otherwise = builder.otherwise;
    this.overhead = builder.overhead;
    this.policies =
        limits.keySet().stream().collect(Collectors.toUnmodifiableMap(s -> s, this::policy));
  }

  /** Limits to be listed. */
  public static Builder builder() {
    return new Builder();
  }

  /**
   * How long a service may take, without the network; the default if it is not listed.
   *
   * @param service its name
   */
  public Duration limit(String service) {
    return limits.getOrDefault(Objects.requireNonNull(service, "service"), otherwise);
  }

  /** What the network takes. */
  public Duration networkOverhead() {
    return overhead;
  }

  /**
   * What a service has for a call that begins now: its limit, or what the caller's time leaves of
   * it after the network. For the header that tells it so.
   *
   * @param ctx the caller's context
   * @param service its name
   * @throws NoTimeLeftException if nothing is left
   */
  public Duration timeFor(Context ctx, String service) {
    Duration limit = limit(service);
    if (ctx.deadline().isEmpty()) {
      return limit;
    }
    Duration left = ctx.timeLeft();
    Duration here = Durations.minus(left, overhead);
    if (here.isNegative() || here.isZero()) {
      throw noTimeLeft(service, left);
    }
    return here.compareTo(limit) < 0 ? here : limit;
  }

  /**
   * The policy that keeps the limit of a service; the same object each time if the service is
   * listed, otherwise a new one.
   *
   * @param service its name
   */
  public ContextPolicy forService(String service) {
    ContextPolicy listed = policies.get(Objects.requireNonNull(service, "service"));
    return listed != null ? listed : policy(service);
  }

  private ContextPolicy policy(String service) {
    return new ServiceTimeout(this, service, Durations.plus(limit(service), overhead), enforcement);
  }

  NoTimeLeftException noTimeLeft(String service, Duration left) {
    return new NoTimeLeftException(
        service
            + ": "
            + DurationText.of(left)
            + " left (expected: more than "
            + DurationText.of(overhead)
            + ", the network's)");
  }

  /** All limits. */
  @Override
  public String toString() {
    return new TreeMap<>(limits)
            .entrySet().stream()
                .map(limit -> SafeText.of(limit.getKey()) + "=" + DurationText.of(limit.getValue()))
                .collect(Collectors.joining(", ", "{", "}"))
        + ", otherwise "
        + DurationText.of(otherwise)
        + ", network "
        + DurationText.of(overhead);
  }

  /** Says how long services may take. Not thread-safe. */
  public static final class Builder {

    private final TimeoutConfig enforcement = new TimeoutConfig("service");
    private final Map<String, Duration> limits = new TreeMap<>();
    private Duration otherwise = Duration.ofSeconds(1);
    private Duration overhead = Duration.ZERO;

    private Builder() {}

    /**
     * How long a service may take, without the network.
     *
     * @param name of the service; said twice, the last one counts
     * @param limit positive
     */
    public Builder service(String name, Duration limit) {
      limits.put(Objects.requireNonNull(name, "name"), Durations.requirePositive(limit, "limit"));
      return this;
    }

    /**
     * How long a service may take that is not listed.
     *
     * @param limit positive. Default: 1 s
     */
    public Builder otherwise(Duration limit) {
      otherwise = Durations.requirePositive(limit, "otherwise");
      return this;
    }

    /**
     * What the way there and back takes.
     *
     * @param newOverhead zero or more. Default: zero
     */
    public Builder networkOverhead(Duration newOverhead) {
      overhead = Durations.requireNotNegative(newOverhead, "networkOverhead");
      return this;
    }

    /** As {@link FixedTimeout.Builder#isolated}. Default: the caller's thread. */
    public Builder isolated() {
      enforcement.isolated();
      return this;
    }

    /**
     * As {@link FixedTimeout.Builder#maxThreads}, for each service.
     *
     * @param newMaxThreads at least 1. Default: 256
     */
    public Builder maxThreads(int newMaxThreads) {
      enforcement.maxThreads(newMaxThreads);
      return this;
    }

    /** Hears of limits that passed, of abandoned work and of late results. Default: nobody. */
    public Builder listener(PolicyListener newListener) {
      enforcement.listener(newListener);
      return this;
    }

    /** Is told how long each call took, by the name of the service. Default: nobody. */
    public Builder monitor(TimeoutMonitor newMonitor) {
      enforcement.monitor(newMonitor);
      return this;
    }

    /** The limits. */
    public ServiceTimeouts build() {
      return new ServiceTimeouts(this);
    }
  }
}
