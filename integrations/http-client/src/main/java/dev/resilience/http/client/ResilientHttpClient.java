package dev.resilience.http.client;

import static java.util.Objects.requireNonNull;

import dev.resilience.Preset;
import dev.resilience.Resilience;
import dev.resilience.concurrent.Task;
import dev.resilience.concurrent.TaskGroup;
import dev.resilience.concurrent.TaskGroup.Ending;
import dev.resilience.context.Context;
import dev.resilience.error.CallInterruptedException;
import dev.resilience.error.Failures;
import dev.resilience.hedge.FirstSuccess;
import dev.resilience.policy.Call;
import dev.resilience.policy.Classifier;
import dev.resilience.policy.RetryBudget;
import dev.resilience.policy.Verdict;
import dev.resilience.propagation.CallTimes;
import dev.resilience.propagation.HeaderNames;
import dev.resilience.propagation.LoadListener;
import dev.resilience.propagation.Propagation;
import dev.resilience.text.Arguments;
import dev.resilience.text.SafeText;
import dev.resilience.time.Durations;
import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandler;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * The JDK's HTTP client for one service, under contexts and policies.
 *
 * <pre>{@code
 * ResilientHttpClient quotes = ResilientHttpClient.of("quotes");
 *
 * HttpResponse<String> response = quotes.send(ctx, request, BodyHandlers.ofString());
 * CompletionStage<HttpResponse<String>> later = quotes.sendAsync(ctx, request, BodyHandlers.ofString());
 * try (InputStream rows = quotes.fetch(ctx, request, BodyHandlers.ofInputStream())) { ... }
 * }</pre>
 *
 * <ul>
 *   <li>When the context ends, the exchange is broken off, <em>the body included</em>: a streamed
 *       body too, after the response was returned. The JDK's own timer stops at the headers. The
 *       connection is closed (HTTP/1.1) or the stream reset (HTTP/2), so that the server can hear
 *       it; for servers that cannot, there is {@link Builder#cancelMessages}.
 *   <li>The time left is the limit of the call. A {@linkplain Builder#timeout time-out of the
 *       client} limits all attempts of a call together, a {@linkplain HttpRequest#timeout time-out
 *       of the request} each attempt; the exception says which limit it was.
 *   <li>The headers of the context are written for each attempt ({@link Propagation}). What has
 *       less time left than even quick calls take is not sent.
 *   <li>The stack is {@link Resilience#forHttp}. GET, HEAD, OPTIONS, TRACE, PUT and DELETE are
 *       retried and hedged; other methods only where the server has not seen the request or says
 *       that it did no work. Statuses are judged by {@link dev.resilience.propagation.HttpOutcome}.
 *       Of a call that was retried in vain the last response is returned.
 *   <li>A response that was replaced by a later one, and what a hedge has overtaken, is ended.
 * </ul>
 *
 * <p>Redirects are not followed by default. A JDK client that follows them takes all headers along,
 * also to other hosts.
 *
 * <p>Immutable but for its counts, and thread-safe. One for each service: its circuit breaker and
 * its limit are that service's.
 */
public final class ResilientHttpClient {

  private static final FirstSuccess RACE =
      FirstSuccess.builder("first success")
          .onDiscard(HttpResponse.class, late -> discard(late.body()))
          .build();

  /** A request that the server says it has not processed is no mark against it. */
  private static final Classifier CLASSIFIER =
      Classifier.ofDefaults()
          .onFailure(
              HttpConnectionException.class,
              broken -> broken.kind().isRefused() ? Verdict.REJECTED : Verdict.FAILURE);

  private final ClientConfig config;

  private ResilientHttpClient(ClientConfig config) {
    this.config = config;
  }

  /**
   * With all defaults.
   *
   * @param name of the service, in events, reports and messages; not blank
   */
  public static ResilientHttpClient of(String name) {
    return builder(name).build();
  }

  /**
   * Returns a builder with all defaults set.
   *
   * @param name of the service, in events, reports and messages; not blank
   */
  public static Builder builder(String name) {
    return new Builder(name);
  }

  /**
   * Sends a request and waits for the response.
   *
   * @param ctx the caller's context
   * @param handler of the body; one that streams it is bound to {@code ctx} until the end is read
   * @return the response, whatever its status
   * @throws HttpConnectionException if there is no whole response
   * @throws dev.resilience.context.ContextException if {@code ctx} ends first
   * @throws dev.resilience.error.AttemptTimeoutException if a time-out passes first
   * @throws dev.resilience.error.RejectedException if a policy did not let the call through, or it
   *     has too little time left
   * @throws CallInterruptedException if this thread was interrupted from outside; the flag is set
   */
  public <T extends @Nullable Object> HttpResponse<T> send(
      Context ctx, HttpRequest request, BodyHandler<T> handler) throws IOException {
    requireNonNull(request, "request");
    return send(ctx, c -> request, handler);
  }

  /** As {@link #send(Context, HttpRequest, BodyHandler)}, with a new request for each attempt. */
  public <T extends @Nullable Object> HttpResponse<T> send(
      Context ctx, RequestFactory request, BodyHandler<T> handler) throws IOException {
    return call(ctx, ctx, request, handler).send();
  }

  private <T extends @Nullable Object> HttpCall<T> call(
      Context ctx, Context reader, RequestFactory request, BodyHandler<T> handler)
      throws IOException {
    requireNonNull(ctx, "ctx");
    requireNonNull(request, "request");
    requireNonNull(handler, "handler");
    return new HttpCall<>(config, ctx, reader, request, handler);
  }

  /**
   * Sends a request and returns at once. The stage fails with the same exceptions as {@link #send},
   * not wrapped; to cancel its future breaks the exchange off.
   */
  public <T extends @Nullable Object> CompletionStage<HttpResponse<T>> sendAsync(
      Context ctx, HttpRequest request, BodyHandler<T> handler) {
    requireNonNull(request, "request");
    return sendAsync(ctx, c -> request, handler);
  }

  /** As {@link #sendAsync(Context, HttpRequest, BodyHandler)}, with a new request each time. */
  public <T extends @Nullable Object> CompletionStage<HttpResponse<T>> sendAsync(
      Context ctx, RequestFactory request, BodyHandler<T> handler) {
    requireNonNull(ctx, "ctx");
    requireNonNull(request, "request");
    requireNonNull(handler, "handler");
    HttpCall<T> call;
    try {
      call = call(ctx, ctx, request, handler);
    } catch (Throwable noRequest) {
      return CompletableFuture.failedFuture(noRequest);
    }
    return call.start();
  }

  /**
   * Sends a request and waits for the body of a response of status 200 to 299.
   *
   * @throws HttpStatusException if the status is another one
   */
  public <T extends @Nullable Object> T fetch(
      Context ctx, HttpRequest request, BodyHandler<T> handler) throws IOException {
    return body(send(ctx, request, handler));
  }

  private static <T extends @Nullable Object> T body(HttpResponse<T> response)
      throws HttpStatusException {
    int status = response.statusCode();
    if (status >= 200 && status <= 299) {
      return response.body();
    }
    discard(response.body());
    throw new HttpStatusException(RequestText.of(response.request()), status);
  }

  /** A stream that nobody reads. */
  private static void discard(@Nullable Object body) {
    if (body instanceof AutoCloseable stream) {
      try {
        stream.close();
      } catch (Throwable broken) {
        // There is nothing in it for anybody.
      }
    }
  }

  /**
   * Sends many requests, at most {@link Builder#maxConcurrent} at once, and waits for all.
   *
   * @return a result for each, in the order of the requests; a failure of one ends no other
   * @throws CallInterruptedException if this thread was interrupted from outside; the flag is set
   */
  public <T extends @Nullable Object> List<HttpResult<T>> sendAll(
      Context ctx, List<HttpRequest> requests, BodyHandler<T> handler) {
    List<HttpRequest> all = List.copyOf(requests);
    try (TaskGroup<HttpResponse<T>> group =
        TaskGroup.builder(config.name)
            .ending(Ending.COLLECT_ALL)
            .maxConcurrent(config.maxConcurrent)
            .open(ctx)) {
      for (HttpRequest request : all) {
        group.fork(c -> call(c, ctx, attempt -> request, handler).send());
      }
      List<HttpResult<T>> results = new ArrayList<>(all.size());
      for (Task<? extends HttpResponse<T>> task : group.join().tasks()) {
        HttpRequest request = all.get(results.size());
        results.add(
            task.isDone()
                ? new HttpResult<>(request, task.result(), null)
                : new HttpResult<>(request, null, task.failure()));
      }
      return List.copyOf(results);
    } catch (InterruptedException interrupted) {
      throw Failures.interrupted(ctx, interrupted);
    }
  }

  /**
   * Sends several requests at once, of which the first response of status 200 to 299 wins; the
   * others are broken off.
   *
   * @param requests at least one
   * @throws IOException of the request that failed last, with the others suppressed
   */
  public <T extends @Nullable Object> HttpResponse<T> firstSuccess(
      Context ctx, List<HttpRequest> requests, BodyHandler<T> handler) throws IOException {
    List<Call<HttpResponse<T>, IOException>> calls = new ArrayList<>();
    for (HttpRequest request : requests) {
      calls.add(
          c -> {
            HttpResponse<T> response = call(c, ctx, attempt -> request, handler).send();
            body(response);
            return response;
          });
    }
    return race(ctx, calls);
  }

  @SuppressWarnings({"unchecked", "rawtypes"}) // an array of generic calls
  private static <T extends @Nullable Object> HttpResponse<T> race(
      Context ctx, List<Call<HttpResponse<T>, IOException>> calls) throws IOException {
    Call<HttpResponse<T>, IOException>[] array = calls.toArray(new Call[0]);
    return RACE.call(ctx, array);
  }

  /** The name of the service. */
  public String name() {
    return config.name;
  }

  /** What is known of the times of calls. */
  public CallTimes times() {
    return config.wire.times();
  }

  /** The counts, since it was built. */
  public HttpClientSnapshot snapshot() {
    return new HttpClientSnapshot(config.counters);
  }

  /** The stack for methods that may be repeated, in one line. */
  @Override
  public String toString() {
    return config.name + ": " + config.repeatable.describe();
  }

  /** Builds a {@link ResilientHttpClient}. Not thread-safe. */
  public static final class Builder {

    final String name;
    @Nullable HttpClient http;
    @Nullable Propagation propagation;
    CallTimes times = CallTimes.ofDefaults();
    @Nullable Duration timeout;
    long maxBodySize = Long.MAX_VALUE;
    int maxConcurrent = 32;
    boolean cancelMessages;
    @Nullable LoadListener loads;
    private UnaryOperator<Preset> preset = UnaryOperator.identity();
    private @Nullable Resilience repeatable;
    private @Nullable Resilience unrepeatable;

    private Builder(String name) {
      this.name = SafeText.name(name);
    }

    /** Sends the requests. Default: a new client that follows no redirects. */
    public Builder http(HttpClient client) {
      http = requireNonNull(client, "client");
      return this;
    }

    /** Writes the headers. Default: {@link Propagation#of}, to a service that is not trusted. */
    public Builder propagation(Propagation wire) {
      propagation = requireNonNull(wire, "propagation");
      return this;
    }

    /**
     * What is known of the times of calls. Default: measured by this client.
     *
     * @param known best one for each service
     */
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

    /** A body that is longer is broken off. Default: no limit. */
    public Builder maxBodySize(long bytes) {
      maxBodySize = Arguments.requireAtLeastOne(bytes, "maxBodySize");
      return this;
    }

    /** How many requests of {@link #sendAll} run at once. Default: 32. */
    public Builder maxConcurrent(int requests) {
      maxConcurrent = Arguments.requireAtLeastOne(requests, "maxConcurrent");
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

    /** Changes the default stack, for all methods. */
    public Builder preset(UnaryOperator<Preset> changes) {
      preset = requireNonNull(changes, "changes");
      return this;
    }

    /**
     * Other stacks in place of the default ones.
     *
     * @param forRepeatable for methods that may be repeated
     * @param forOthers for those that must not; best with the same breaker and limit ({@link
     *     Preset#limitsOf})
     */
    public Builder stacks(Resilience forRepeatable, Resilience forOthers) {
      repeatable = requireNonNull(forRepeatable, "forRepeatable");
      unrepeatable = requireNonNull(forOthers, "forOthers");
      return this;
    }

    /** Builds it. */
    public ResilientHttpClient build() {
      if (repeatable != null && unrepeatable != null) {
        return new ResilientHttpClient(new ClientConfig(this, repeatable, unrepeatable));
      }
      RetryBudget budget = RetryBudget.ofDefaults();
      Resilience reads = preset.apply(usual(budget)).build();
      Resilience writes =
          preset.apply(usual(budget)).unrepeatable(Builder::isNeverSent).limitsOf(reads).build();
      return new ResilientHttpClient(new ClientConfig(this, reads, writes));
    }

    private Preset usual(RetryBudget budget) {
      return Preset.http(name).budget(budget).classifier(CLASSIFIER);
    }

    private static boolean isNeverSent(Exception failure) {
      return failure instanceof HttpConnectionException broken && broken.kind().isNeverSent();
    }
  }
}
