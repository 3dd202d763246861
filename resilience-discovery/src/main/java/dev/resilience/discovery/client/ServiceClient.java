package dev.resilience.discovery.client;

import com.google.errorprone.annotations.CheckReturnValue;
import dev.resilience.Resilience;
import dev.resilience.context.CancelReason;
import dev.resilience.context.CancellableContext;
import dev.resilience.context.Context;
import dev.resilience.discovery.Checks;
import dev.resilience.discovery.balance.Balancer;
import dev.resilience.discovery.balance.Candidate;
import dev.resilience.discovery.balance.CandidateFilter;
import dev.resilience.discovery.balance.ServerLoad;
import dev.resilience.discovery.health.HealthChecks;
import dev.resilience.discovery.registry.ServiceInstance;
import dev.resilience.discovery.registry.ServiceRegistry;
import dev.resilience.policy.Classifier;
import dev.resilience.retry.Backoff;
import dev.resilience.retry.Retry;
import dev.resilience.text.SafeText;
import dev.resilience.time.Durations;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * Calls a service at the instance that is best just now: client-side load balancing over a
 * registry.
 *
 * <pre>{@code
 * try (ServiceClient orders = ServiceClient.builder("orders", registry)
 *     .balancer(Balancer.leastLoaded())
 *     .healthChecks(HealthChecks.of(HealthCheck.http("/health")))
 *     .perAttempt(Resilience.of(FixedTimeout.of(ofMillis(300))))
 *     .open(ctx)) {
 *   Order order = orders.call(ctx, (c, instance) -> fetch(c, instance));
 * }
 * }</pre>
 *
 * <h2>How it decides</h2>
 *
 * <ol>
 *   <li>The registry is watched: instances that are registered and do not drain. While it is away
 *       the last answer counts.
 *   <li>{@link HealthChecks}, if given, take out the unhealthy; where too many look unhealthy, the
 *       checks are not trusted. While no instance of a new set has been checked, the previous set
 *       is used.
 *   <li>An instance that fails its callers is ejected for a while ({@link Ejection}), never more
 *       than half of all. Judged by a {@link Classifier}, with the context of the attempt: callers
 *       that give up eject no instance.
 *   <li>The {@link Balancer} picks. Another attempt of the same call, which a {@link Retry} in
 *       {@link Builder#perCall} makes, goes to an instance that this call has not tried, as long as
 *       there is one.
 * </ol>
 *
 * {@link #explain} tells for each instance why it is in or out.
 *
 * <p>A call that comes before anything is known waits for it, for a bounded time and within its own
 * deadline. Where no instance can be called, a call fails with a {@link
 * dev.resilience.error.NoInstanceException} that tells why.
 *
 * <p>Thread-safe. A call costs two readings of the clock, a pick and three small objects; no lock.
 * What runs in the background ends when the client is closed, or with the context that it was
 * opened under.
 */
public final class ServiceClient implements AutoCloseable {

  private final String service;
  private final CancellableContext life;
  private final Resilience perCall;
  private final Resilience perAttempt;
  private final Calls calls;
  private final Membership membership;

  @SuppressWarnings("MustBeClosed") // closed by close()
  private ServiceClient(Builder builder, Context owner) {
    this.service = builder.service;
    this.perCall = builder.perCall;
    this.perAttempt = builder.perAttempt;
    this.life = owner.withCancel();
    FirstSelectionWaiters waiters = new FirstSelectionWaiters(builder.initialWait);
    this.membership =
        new Membership(
            service,
            life,
            builder.balancer,
            new Membership.Rules(
                builder.checks,
                builder.ejection,
                builder.zone,
                List.copyOf(builder.early),
                List.copyOf(builder.filters)),
            waiters);
    this.calls =
        new Calls(service, life, membership, waiters, builder.ejection, builder.classifier);
    life.onDone(waiters::wakeAll);
    builder.registry.watch(life, service, membership::update);
  }

  /**
   * Returns a builder with all defaults set.
   *
   * @param service the name of the service
   * @param registry where its instances are found
   */
  public static Builder builder(String service, ServiceRegistry registry) {
    return new Builder(Checks.service(service), Objects.requireNonNull(registry, "registry"));
  }

  /** The name of the service. */
  public String service() {
    return service;
  }

  /**
   * Does the work on an instance, on this thread.
   *
   * @param ctx the caller's context
   * @param work may be called several times, or not at all
   * @throws X what the work throws, as it was thrown
   * @throws dev.resilience.context.ContextException if {@code ctx} has ended and the work had no
   *     result
   * @throws dev.resilience.error.NoInstanceException if no instance can be called, or the client is
   *     closed
   * @throws dev.resilience.error.ResilienceException if a policy made the call fail
   * @throws IllegalArgumentException if {@code ctx} is on another clock than this client
   */
  public <T extends @Nullable Object, X extends Throwable> T call(
      Context ctx, InstanceCall<T, X> work) throws X {
    Objects.requireNonNull(work, "work");
    checkClock(ctx);
    return perCall.call(ctx, new SyncAttempts<>(calls, perAttempt, work));
  }

  /**
   * Starts the work on an instance and returns at once; otherwise as {@link #call}, and as {@link
   * Resilience#callAsync}.
   *
   * @param ctx the caller's context
   * @param work may be called several times, or not at all
   */
  public <T extends @Nullable Object> CompletionStage<T> callAsync(
      Context ctx, AsyncInstanceCall<T> work) {
    Objects.requireNonNull(work, "work");
    checkClock(ctx);
    return perCall.callAsync(ctx, new AsyncAttempts<>(calls, perAttempt, work));
  }

  /**
   * The instances that get calls now: registered, healthy and not ejected. Before anything is known
   * this waits for it, as a call does.
   *
   * @param ctx the caller's context
   * @return empty if no instance gets calls; {@link #explain} tells why
   * @throws dev.resilience.context.ContextException if {@code ctx} has ended or ends first
   */
  public List<ServiceInstance> instances(Context ctx) {
    checkClock(ctx);
    ctx.throwIfDone();
    return calls.known(ctx).candidates().stream().map(Candidate::instance).toList();
  }

  /**
   * Takes what an instance has said of its load, for example in a header of its response. It counts
   * for a second, with a balancer that asks for it ({@link Balancer#hotCold}).
   *
   * <pre>{@code
   * orders.call(ctx, (c, instance) -> {
   *   Response response = fetch(c, instance);
   *   orders.reportLoad(instance, ServerLoad.of(response.inFlight(), response.latency()));
   *   return response;
   * });
   * }</pre>
   *
   * @param instance as the call got it; of one that is not known any more nothing is kept
   */
  public void reportLoad(ServiceInstance instance, ServerLoad load) {
    Objects.requireNonNull(instance, "instance");
    Objects.requireNonNull(load, "load");
    membership.reportLoad(instance, load);
  }

  /** Which instances get calls, and why. Does not wait. */
  public Explanation explain() {
    return membership.explain();
  }

  /**
   * Ends what runs in the background, and lets go of the registry. Calls that are under way go on.
   */
  @Override
  public void close() {
    life.cancel(CancelReason.CLOSED);
    life.close();
  }

  private void checkClock(Context ctx) {
    if (ctx.timeSource() != life.timeSource()) {
      throw new IllegalArgumentException(
          "ctx: a context on "
              + SafeText.of(ctx.timeSource())
              + " (expected: on "
              + SafeText.of(life.timeSource())
              + ")");
    }
  }

  @Override
  public String toString() {
    return explain().toString();
  }

  /** Builds a {@link ServiceClient}. Not thread-safe. */
  public static final class Builder {

    private final String service;
    private final ServiceRegistry registry;
    private Balancer balancer = Balancer.leastLoaded();
    private @Nullable HealthChecks checks;
    private @Nullable ZonePreference zone;
    private final List<CandidateFilter> early = new ArrayList<>();
    private final List<CandidateFilter> filters = new ArrayList<>();
    private Ejection ejection = Ejection.ofDefaults();
    private Classifier classifier = Classifier.ofDefaults();
    private Resilience perCall =
        Resilience.of(
            Retry.builder()
                .backoff(
                    Backoff.exponential(Duration.ofMillis(10), Duration.ofMillis(200))
                        .withFullJitter())
                .build());
    private Resilience perAttempt = Resilience.of();
    private Duration initialWait = Duration.ofSeconds(1);

    private Builder(String service, ServiceRegistry registry) {
      this.service = service;
      this.registry = registry;
    }

    /** Chooses the instance for the next call. Default: {@link Balancer#leastLoaded}. */
    public Builder balancer(Balancer newBalancer) {
      balancer = Objects.requireNonNull(newBalancer, "balancer");
      return this;
    }

    /** Active health checks. Default: none, each registered instance counts as healthy. */
    public Builder healthChecks(HealthChecks newChecks) {
      checks = Objects.requireNonNull(newChecks, "healthChecks");
      return this;
    }

    /** The zone that calls stay in as long as it has the capacity. Default: zones do not count. */
    public Builder zone(ZonePreference newZone) {
      zone = Objects.requireNonNull(newZone, "zone");
      return this;
    }

    /**
     * Adds a filter, for canaries, versions or regions. It is asked after health checks and
     * ejection and before the zone, after the filters that were added before.
     */
    public Builder filter(CandidateFilter filter) {
      filters.add(NamedFilter.of(Objects.requireNonNull(filter, "filter")));
      return this;
    }

    /**
     * Adds a filter that is asked before health checks and ejection, which then reckon with what it
     * has left: whether the checks are trusted, and how many may be ejected.
     */
    public Builder filterFirst(CandidateFilter filter) {
      early.add(NamedFilter.of(Objects.requireNonNull(filter, "filter")));
      return this;
    }

    /** When an instance is ejected. Default: {@link Ejection#ofDefaults}. */
    public Builder ejection(Ejection newEjection) {
      ejection = Objects.requireNonNull(newEjection, "ejection");
      return this;
    }

    /** Judges what a call says of its instance. Default: {@link Classifier#ofDefaults}. */
    public Builder classifier(Classifier newClassifier) {
      classifier = Objects.requireNonNull(newClassifier, "classifier");
      return this;
    }

    /**
     * The policies around the choice: each attempt that they make chooses anew. Default: a {@link
     * Retry} of three attempts, after up to 10 ms, then 20 ms; while there is nobody to call it
     * looks again up to ten times, after up to 200 ms.
     */
    public Builder perCall(Resilience newPerCall) {
      perCall = Objects.requireNonNull(newPerCall, "perCall");
      return this;
    }

    /** The policies around the work on one instance: a time limit belongs here. Default: none. */
    public Builder perAttempt(Resilience newPerAttempt) {
      perAttempt = Objects.requireNonNull(newPerAttempt, "perAttempt");
      return this;
    }

    /**
     * How long a call waits while nothing is known yet, not even that there is no instance.
     *
     * @param newInitialWait positive. Default: 1 s
     */
    public Builder initialWait(Duration newInitialWait) {
      initialWait = Durations.requirePositive(newInitialWait, "initialWait");
      return this;
    }

    /**
     * Opens the client: it watches the registry from now on.
     *
     * @param owner when it ends, the client is closed
     * @throws dev.resilience.context.ContextException if {@code owner} has ended
     */
    @CheckReturnValue
    public ServiceClient open(Context owner) {
      Objects.requireNonNull(owner, "owner").throwIfDone();
      return new ServiceClient(this, owner);
    }
  }
}
