package dev.resilience.okhttp;

import static java.util.Objects.requireNonNull;

import dev.resilience.Preset;
import dev.resilience.Resilience;
import dev.resilience.context.CancellableContext;
import dev.resilience.context.Context;
import dev.resilience.context.DeadlineExceededException;
import dev.resilience.error.AttemptTimeoutException;
import dev.resilience.error.Failures;
import dev.resilience.policy.RetryBudget;
import dev.resilience.propagation.CallTimes;
import dev.resilience.propagation.ClientPropagation;
import dev.resilience.propagation.HeaderNames;
import dev.resilience.propagation.LoadListener;
import dev.resilience.propagation.Propagation;
import dev.resilience.stage.CallerFuture;
import dev.resilience.stage.Stages;
import dev.resilience.text.DurationText;
import dev.resilience.text.SafeText;
import dev.resilience.time.Deadline;
import dev.resilience.time.Durations;
import java.io.IOException;
import java.time.Duration;
import java.util.Queue;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;
import okhttp3.OkHttpClient;
import okhttp3.Request;
import okhttp3.Response;
import org.jspecify.annotations.Nullable;

/**
 * Calls with OkHttp to one service, under contexts and policies.
 *
 * <pre>{@code
 * OkHttpCalls quotes = OkHttpCalls.of("quotes", okHttpClient);
 *
 * try (Response response = quotes.execute(ctx, request)) {
 *   return response.body().string();
 * }
 * CompletionStage<Response> later = quotes.executeAsync(ctx, request);
 * }</pre>
 *
 * <p>When the context ends, the call is cancelled, also while its body is read. The headers of the
 * context are written for each attempt; what has less time left than even quick calls take is not
 * sent. The stack is that of {@link Resilience#forHttp}: GET, HEAD, OPTIONS, TRACE, PUT and DELETE
 * are retried and hedged, other methods only where the server has not seen the request or says that
 * it did no work. A body that can be sent once only ({@code RequestBody.isOneShot}) is sent once.
 * OkHttp's own {@code retryOnConnectionFailure}, which repeats a request of any method where a
 * connection broke that was used before, is switched off for what must not be done twice. Failures
 * are OkHttp's own. Close each response, as with OkHttp.
 *
 * <p>Immutable and thread-safe. One for each service.
 */
public final class OkHttpCalls {

  private final String name;
  private final OkHttpClient client;

  /** Sends what must not be done twice: OkHttp itself repeats a request of any method. */
  private final OkHttpClient sendingOnce;

  private final ClientPropagation wire;
  private final @Nullable Duration timeout;
  private final Resilience repeatable;
  private final Resilience unrepeatable;

  private OkHttpCalls(Builder builder, Resilience repeatable, Resilience unrepeatable) {
    this.name = builder.name;
    this.client = builder.client;
    this.sendingOnce = client.newBuilder().retryOnConnectionFailure(false).build();
    this.wire = builder.wire();
    this.timeout = builder.timeout;
    this.repeatable = repeatable;
    this.unrepeatable = unrepeatable;
  }

  /**
   * With all defaults.
   *
   * @param name of the service, in events, reports and messages; not blank
   * @param client sends the requests
   */
  public static OkHttpCalls of(String name, OkHttpClient client) {
    return builder(name, client).build();
  }

  /**
   * Returns a builder with all defaults set.
   *
   * @param name of the service, in events, reports and messages; not blank
   * @param client sends the requests
   */
  public static Builder builder(String name, OkHttpClient client) {
    return new Builder(name, client);
  }

  /**
   * Sends a request and waits for the response, whatever its status.
   *
   * @param ctx the caller's context; bounds the body, too, until it is closed
   * @throws IOException of OkHttp, as it was thrown
   * @throws dev.resilience.context.ContextException if {@code ctx} ends first
   * @throws AttemptTimeoutException if the {@linkplain Builder#timeout time-out} passes first
   * @throws dev.resilience.error.RejectedException if a policy did not let the call through, or it
   *     has too little time left
   */
  public Response execute(Context ctx, Request request) throws IOException {
    Attempts attempts = new Attempts(ctx, request);
    try (CancellableContext call = attempts.open()) {
      Response response;
      try {
        response = attempts.stack.call(call, c -> attempts.next(c).execute());
      } catch (Throwable failure) {
        attempts.endAll(null);
        throw OkHttpCalls.<IOException>rethrown(attempts.explained(call, failure));
      }
      return attempts.handedOver(call, response);
    }
  }

  /**
   * Sends a request and returns at once. The stage fails with the same exceptions as {@link
   * #execute}, not wrapped; to cancel its future cancels the call.
   */
  public CompletionStage<Response> executeAsync(Context ctx, Request request) {
    Attempts attempts = new Attempts(ctx, request);
    CancellableContext call = attempts.open();
    CallerFuture<Response> result = new CallerFuture<>(call);
    Stages.watch(
        attempts.stack.callAsync(call, c -> attempts.next(c).enqueue()),
        result,
        (response, failure) -> {
          if (failure == null) {
            Response bound = attempts.handedOver(call, response);
            if (!result.settle(bound, null)) { // the caller has left in the last moment
              attempts.endAll(null);
              bound.close();
            }
          } else {
            attempts.endAll(null);
            result.settle(null, attempts.explained(call, failure));
          }
        });
    return result;
  }

  /** What is known of the times of calls. */
  public CallTimes times() {
    return wire.times();
  }

  /** The stack for methods that may be repeated, in one line. */
  @Override
  public String toString() {
    return name + ": " + repeatable.describe();
  }

  /** Throws what the work threw, of whatever type: {@code X} is what the compiler is told. */
  private static <X extends Throwable> AssertionError rethrown(Throwable failure) throws X {
    throw Failures.<X>asThrown(failure);
  }

  static boolean isRepeatable(Request request) {
    boolean isIdempotent =
        switch (request.method()) {
          case "GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE" -> true;
          default -> false;
        };
    var body = request.body();
    return isIdempotent && (body == null || !body.isOneShot());
  }

  /** A request in a message: method and address, without query and user, which may be secret. */
  static String textOf(Request request) {
    var url = request.url();
    return request.method()
        + " "
        + SafeText.of(url.scheme() + "://" + url.host() + ":" + url.port() + url.encodedPath());
  }

  /** The attempts of one call, of which one response is handed over. */
  private final class Attempts {

    private final Context caller;
    private final Request request;
    final Resilience stack;
    private final OkHttpClient sender;
    private final long begun;
    private final AtomicInteger numbers = new AtomicInteger();
    private final Queue<OkHttpExchange> exchanges = new ConcurrentLinkedQueue<>();

    /** Whether it is decided; an attempt that begins at that moment has nobody who waits. */
    private volatile boolean isOver;

    Attempts(Context caller, Request request) {
      this.caller = requireNonNull(caller, "ctx");
      this.request = requireNonNull(request, "request");
      boolean mayBeRepeated = isRepeatable(request);
      this.stack = mayBeRepeated ? repeatable : unrepeatable;
      this.sender = mayBeRepeated ? client : sendingOnce;
      this.begun = caller.timeSource().nanoTime();
    }

    @SuppressWarnings("MustBeClosed") // by the caller
    CancellableContext open() {
      return timeout == null ? caller.withCancel() : caller.withTimeout(timeout);
    }

    OkHttpExchange next(Context ctx) {
      OkHttpExchange exchange =
          OkHttpExchange.of(sender, ctx, request, numbers.incrementAndGet(), wire);
      exchanges.add(exchange);
      if (isOver) {
        exchange.discard();
      }
      return exchange;
    }

    Response handedOver(CancellableContext call, Response response) {
      OkHttpExchange winner = null;
      for (OkHttpExchange exchange : exchanges) {
        if (exchange.hasReturned(response)) {
          winner = exchange;
        }
      }
      endAll(winner);
      Deadline until = timeout == null ? null : call.deadline().orElse(null);
      return winner == null ? response : winner.handOver(response, caller, until);
    }

    void endAll(@Nullable OkHttpExchange winner) {
      isOver = true;
      for (OkHttpExchange exchange : exchanges) {
        if (exchange != winner) {
          exchange.discard();
        }
      }
    }

    Throwable explained(CancellableContext call, Throwable failure) {
      if (!(failure instanceof DeadlineExceededException)) {
        return failure;
      }
      Throwable told;
      if (timeout != null && call.isTimedOut()) {
        told =
            new AttemptTimeoutException(
                textOf(request) + " (time-out of client '" + name + "')", timeout);
      } else {
        Duration ran = Duration.ofNanos(caller.timeSource().nanoTime() - begun);
        boolean hasHeaders = exchanges.stream().anyMatch(OkHttpExchange::hasHeaders);
        told =
            new DeadlineExceededException(
                textOf(request)
                    + ": the caller's deadline has passed, after "
                    + DurationText.of(ran)
                    + (hasHeaders ? ", while the body was read" : ""),
                failure.getCause());
      }
      Failures.suppress(told, failure);
      return told;
    }
  }

  /** Builds {@link OkHttpCalls}. Not thread-safe. */
  public static final class Builder {

    private final String name;
    private final OkHttpClient client;
    private Propagation propagation = Propagation.of("client");
    private CallTimes times = CallTimes.ofDefaults();
    private @Nullable Duration timeout;
    private boolean cancelMessages;
    private @Nullable LoadListener loads;
    private UnaryOperator<Preset> preset = UnaryOperator.identity();
    private @Nullable Resilience repeatable;
    private @Nullable Resilience unrepeatable;

    private Builder(String name, OkHttpClient client) {
      this.name = SafeText.name(name);
      this.client = requireNonNull(client, "client");
    }

    /** Writes the headers. Default: {@link Propagation#of}, to a service that is not trusted. */
    public Builder propagation(Propagation wire) {
      propagation = requireNonNull(wire, "propagation");
      return this;
    }

    /** What is known of the times of calls. Default: measured by this client. */
    public Builder times(CallTimes known) {
      times = requireNonNull(known, "times");
      return this;
    }

    /**
     * The most time for a call, all its attempts and the body together; the caller's deadline may
     * be earlier. Default: none.
     */
    public Builder timeout(Duration limit) {
      timeout = Durations.requirePositive(limit, "timeout");
      return this;
    }

    /**
     * Tells servers of our own, by a request of its own, that a call was broken off: for servers
     * that do not hear a connection close ({@link dev.resilience.propagation.CancelMessage}). Costs
     * a header ({@link HeaderNames#CANCEL_ID}) for each attempt. Default: not.
     */
    public Builder cancelMessages() {
      cancelMessages = true;
      return this;
    }

    /** Hears how busy servers say they are. Default: nobody. */
    public Builder onLoad(LoadListener listener) {
      loads = requireNonNull(listener, "listener");
      return this;
    }

    private ClientPropagation wire() {
      ClientPropagation wire = ClientPropagation.of(propagation, times);
      wire = loads != null ? wire.onLoad(loads) : wire;
      return cancelMessages ? wire.withCancelMessages() : wire;
    }

    /** Changes the default stack, for all methods. */
    public Builder preset(UnaryOperator<Preset> changes) {
      preset = requireNonNull(changes, "changes");
      return this;
    }

    /**
     * Other stacks in place of the default ones.
     *
     * @param forRepeatable for methods that may be repeated
     * @param forOthers for those that must not
     */
    public Builder stacks(Resilience forRepeatable, Resilience forOthers) {
      repeatable = requireNonNull(forRepeatable, "forRepeatable");
      unrepeatable = requireNonNull(forOthers, "forOthers");
      return this;
    }

    /** Builds it. */
    public OkHttpCalls build() {
      if (repeatable != null && unrepeatable != null) {
        return new OkHttpCalls(this, repeatable, unrepeatable);
      }
      RetryBudget budget = RetryBudget.ofDefaults();
      Resilience reads = preset.apply(OkHttpStack.preset(name).budget(budget)).build();
      Resilience writes =
          preset
              .apply(OkHttpStack.preset(name).budget(budget))
              .unrepeatable(NeverSent::is)
              .limitsOf(reads)
              .build();
      return new OkHttpCalls(this, reads, writes);
    }
  }
}
