package dev.resilience.discovery;

import dev.resilience.Resilience;
import dev.resilience.context.CancelReason;
import dev.resilience.context.CancellableContext;
import dev.resilience.context.Context;
import dev.resilience.policy.Classifier;
import dev.resilience.retry.Backoff;
import dev.resilience.retry.Retry;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * Calls a service, whichever of its instances is the right one just now.
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
 *   <li>The registry is watched: who is registered and does not drain. While it is away the last
 *       answer counts.
 *   <li>{@link HealthChecks}, if given, take out who is unwell; where too many look unwell, none of
 *       it is believed. While of a new set nobody has been checked, the previous one is used.
 *   <li>Who fails its callers is set aside for a while ({@link Ejection}), never more than half of
 *       all. Judged by a {@link Classifier}, with the context of the attempt: callers that give up
 *       set nobody aside.
 *   <li>The {@link Balancer} picks. Another attempt of the same call, which a {@link Retry} in
 *       {@link Builder#perCall} makes, goes to an instance that this call has not tried, as long as
 *       there is one.
 * </ol>
 *
 * {@link #explain} tells for each instance why it is in or out.
 *
 * <p>A call that comes before anything is known waits for it, for a bounded time and within its own
 * deadline. Where nobody can be called, a call fails with a {@link
 * dev.resilience.error.NoInstanceException} that says why.
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
  private final Roster roster;

  private ServiceClient(Builder builder, Context owner) {
    this.service = builder.service;
    this.perCall = builder.perCall;
    this.perAttempt = builder.perAttempt;
    this.life = owner.withCancel();
    Waiters waiters = new Waiters(builder.firstAnswer);
    this.roster =
        new Roster(
            service,
            life,
            builder.balancer,
            new Roster.Rules(builder.checks, builder.ejection, builder.zone),
            waiters);
    this.calls = new Calls(service, life, roster, waiters, builder.ejection, builder.classifier);
    life.onDone(waiters::wakeAll);
    builder.registry.watch(life, service, roster::update);
  }

  /**
   * A client for a service.
   *
   * @param service its name
   * @param registry where its instances are found
   */
  public static Builder builder(String service, ServiceRegistry registry) {
    return new Builder(Names.service(service), Objects.requireNonNull(registry, "registry"));
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
   * @throws dev.resilience.error.NoInstanceException if nobody can be called, or the client is
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
   * Who gets calls now: registered, well, and not set aside. Before anything is known this waits
   * for it, as a call does.
   *
   * @param ctx the caller's context
   * @return empty if nobody gets calls; {@link #explain} says why
   * @throws dev.resilience.context.ContextException if {@code ctx} has ended or ends first
   */
  public List<ServiceInstance> instances(Context ctx) {
    checkClock(ctx);
    ctx.throwIfDone();
    return calls.known(ctx).candidates().stream().map(Candidate::instance).toList();
  }

  /** Why it calls whom it calls. Does not wait. */
  public Explanation explain() {
    return roster.explain();
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
          "ctx: a context on " + ctx.timeSource() + " (expected: on " + life.timeSource() + ")");
    }
  }

  @Override
  public String toString() {
    return explain().toString();
  }

  /** Says what a {@link ServiceClient} does. Not thread-safe. */
  public static final class Builder {

    private final String service;
    private final ServiceRegistry registry;
    private Balancer balancer = Balancer.leastLoaded();
    private @Nullable HealthChecks checks;
    private @Nullable ZonePreference zone;
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
    private Duration firstAnswer = Duration.ofSeconds(1);

    private Builder(String service, ServiceRegistry registry) {
      this.service = service;
      this.registry = registry;
    }

    /** Who is next. Default: {@link Balancer#leastLoaded}. */
    public Builder balancer(Balancer newBalancer) {
      balancer = Objects.requireNonNull(newBalancer, "balancer");
      return this;
    }

    /** Whether instances are well. Default: who is registered is. */
    public Builder healthChecks(HealthChecks newChecks) {
      checks = Objects.requireNonNull(newChecks, "healthChecks");
      return this;
    }

    /** Which zone calls stay in, as long as it can take them. Default: zones do not count. */
    public Builder zone(ZonePreference newZone) {
      zone = Objects.requireNonNull(newZone, "zone");
      return this;
    }

    /** When an instance is set aside. Default: {@link Ejection#ofDefaults}. */
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
     * How long a call waits when nothing is known yet, not even that nobody is there.
     *
     * @param limit positive. Default: 1 s
     */
    public Builder firstAnswerWithin(Duration limit) {
      firstAnswer = ServiceRegistryBuilder.positive("firstAnswerWithin", limit);
      return this;
    }

    /**
     * The client; it begins to watch the registry.
     *
     * @param owner when it ends, the client is closed
     * @throws dev.resilience.context.ContextException if {@code owner} has ended
     */
    public ServiceClient open(Context owner) {
      Objects.requireNonNull(owner, "owner").throwIfDone();
      return new ServiceClient(this, owner);
    }
  }
}
