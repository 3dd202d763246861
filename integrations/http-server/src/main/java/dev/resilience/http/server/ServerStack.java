package dev.resilience.http.server;

import static java.util.Objects.requireNonNull;

import dev.resilience.concurrent.GracefulShutdown;
import dev.resilience.concurrent.ShutdownParticipant;
import dev.resilience.context.CancelReason;
import dev.resilience.context.CancellableContext;
import dev.resilience.context.Context;
import dev.resilience.context.Registration;
import dev.resilience.text.SafeText;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * What stands in front of the handlers of a server: filters, a context for each request, and what
 * ends that context.
 *
 * <pre>{@code
 * GracefulShutdown shutdown = GracefulShutdown.builder("orders").open();
 * ServerStack stack = ServerStack.standard("orders").open(shutdown);        // all of it, or
 * ServerStack small = ServerStack.builder("orders")                         // chosen by hand
 *     .filter(IdHeader.requestId())                                         // outermost first
 *     .filter(TimeLimit.of(ofSeconds(5)))
 *     .open(shutdown);
 *
 * server.createContext("/orders", JdkServer.handler(stack, (ctx, exchange) -> { ... }));
 * }</pre>
 *
 * <h2>How the context of a request ends</h2>
 *
 * <ul>
 *   <li>The client leaves: cancelled with {@link CancelReason#USER}. Nothing is sent; logs and
 *       figures say 499. How that is heard is told by {@link Disconnects}.
 *   <li>A deadline passes, a filter's or one that the caller has sent: 504.
 *   <li>The process shuts down: cancelled with {@link CancelReason#SHUTDOWN}, 503. Before that, in
 *       its phase {@code DRAIN}, new requests are refused and those under way are waited for.
 *   <li>The exchange is over: closed.
 * </ul>
 *
 * <p>Whoever ends it, the answer is sent once and at once, also while the handler is still at work;
 * its thread is interrupted then, and what it still writes goes nowhere.
 *
 * <p>Thread-safe.
 */
public final class ServerStack implements AutoCloseable {

  private final String name;
  private final List<ServerFilter> filters;
  private final StatusTable statuses;
  private final Disconnects disconnects;
  private final boolean interrupts;
  private final CancellableContext root;
  private final Set<ServerExchange> inFlight = ConcurrentHashMap.newKeySet();
  private final Map<ExchangeEnd.Reason, LongAdder> ended = new EnumMap<>(ExchangeEnd.Reason.class);
  private final CompletableFuture<@Nullable Void> idle = new CompletableFuture<>();
  private volatile boolean draining;
  private @Nullable Registration participation;

  @SuppressWarnings("MustBeClosed") // closed with the stack
  private ServerStack(Builder builder, Context owner) {
    this.name = builder.name;
    this.filters = List.copyOf(builder.filters);
    this.statuses = builder.statuses;
    this.disconnects = builder.disconnects;
    this.interrupts = builder.interrupts;
    this.root = owner.withCancel();
    for (ExchangeEnd.Reason reason : ExchangeEnd.Reason.values()) {
      ended.put(reason, new LongAdder());
    }
  }

  /**
   * Returns a builder without filters.
   *
   * @param name of the server, for logs and the shutdown; not blank
   */
  public static Builder builder(String name) {
    return new Builder(name);
  }

  /**
   * Returns a builder with the usual filters: access log, limits of size and time, what callers
   * propagate (trusted with nothing), ids, metadata, admission and a time limit of 30 s. Filters
   * that are added come after them.
   *
   * @param name of the server, for logs and the shutdown; not blank
   */
  public static Builder standard(String name) {
    return new Builder(name)
        .filter(AccessLog.ofDefaults())
        .filter(TransferLimits.ofDefaults())
        .filter(Propagated.ofDefaults())
        .filter(IdHeader.requestId())
        .filter(IdHeader.traceId())
        .filter(RequestMetadata.ofDefaults())
        .filter(TimeLimit.of(Duration.ofSeconds(30)))
        .filter(Admission.adaptive(name));
  }

  /** The name of the server. */
  public String name() {
    return name;
  }

  /** The context that those of all requests derive from. */
  public Context context() {
    return root;
  }

  /** How many exchanges are under way, those included whose handler runs on after its time. */
  public int inFlight() {
    return inFlight.size();
  }

  /** How many exchanges have ended so for this reason. */
  public long ended(ExchangeEnd.Reason reason) {
    return requireNonNull(ended.get(requireNonNull(reason, "reason"))).sum();
  }

  /**
   * Serves a request; for those who connect a container. Returns when the handler has returned,
   * which of an {@linkplain ServerExchange#isAsync asynchronous} one says nothing of its end.
   *
   * @param exchange not served before
   */
  public void serve(ServerExchange exchange, ServerHandler handler) {
    requireNonNull(handler, "handler");
    @SuppressWarnings("MustBeClosed") // closed when the exchange has ended
    CancellableContext request = root.withCancel();
    @SuppressWarnings("MustBeClosed") // likewise
    CancellableContext interrupter = root.detached().withCancel();
    exchange.begin(this, request, interrupter);
    inFlight.add(exchange);
    Registration watched = disconnects.watch(exchange);
    exchange.onEnd(
        end -> {
          watched.withdraw();
          requireNonNull(ended.get(end.reason())).increment();
        });
    Throwable failure = null;
    try {
      if (draining) {
        throw new RequestRefusedException(
            "shutdown", name + " is shutting down", Duration.ofSeconds(1));
      }
      next(0, handler).handle(request, exchange);
    } catch (Throwable thrown) {
      failure = thrown;
    }
    if (failure != null || !exchange.isAsync()) {
      exchange.finish(failure);
    }
  }

  private ServerHandler next(int index, ServerHandler handler) {
    return index == filters.size()
        ? (ctx, exchange) -> work(ctx, exchange, handler)
        : (ctx, exchange) -> {
          exchange.passed(requireNonNull(ctx, "ctx"));
          filters.get(index).filter(ctx, exchange, next(index + 1, handler));
        };
  }

  private void work(Context ctx, ServerExchange exchange, ServerHandler handler) throws Exception {
    exchange.passed(requireNonNull(ctx, "ctx"));
    ctx.throwIfDone();
    exchange.working(ctx);
    if (interrupts) {
      exchange
          .interrupter()
          .<Boolean, Exception>interruptibly(
              () -> {
                handler.handle(ctx, exchange);
                return true;
              });
    } else {
      handler.handle(ctx, exchange);
    }
  }

  StatusTable statuses() {
    return statuses;
  }

  void ended(ServerExchange exchange) {
    inFlight.remove(exchange);
    if (draining && inFlight.isEmpty()) {
      idle.complete(null);
    }
  }

  /** Cancels what is under way, with {@link CancelReason#SHUTDOWN}, and refuses what comes. */
  @Override
  public void close() {
    draining = true;
    if (participation != null) {
      participation.withdraw();
    }
    root.cancel(CancelReason.SHUTDOWN);
  }

  @Override
  public String toString() {
    return name + ", " + inFlight() + " requests under way";
  }

  private final class Participant implements ShutdownParticipant {

    @Override
    public String name() {
      return name;
    }

    @Override
    public void drain(Context ctx) throws InterruptedException, ExecutionException {
      awaitIdle(ctx);
    }

    /** Their contexts have ended: they have this much time to see it. */
    @Override
    public void cancel(Context ctx) throws InterruptedException, ExecutionException {
      awaitIdle(ctx);
    }

    private void awaitIdle(Context ctx) throws InterruptedException, ExecutionException {
      draining = true;
      if (!inFlight.isEmpty()) {
        ctx.await(idle);
      }
    }

    @Override
    public List<String> unfinished() {
      return inFlight.stream().map(exchange -> exchange + " still runs").toList();
    }
  }

  /** Builds a {@link ServerStack}. Not thread-safe. */
  public static final class Builder {

    private final String name;
    private final List<ServerFilter> filters = new ArrayList<>();
    private StatusTable statuses = StatusTable.ofDefaults();
    private Disconnects disconnects = Disconnects.ofDefaults();
    private boolean interrupts = true;

    private Builder(String name) {
      this.name = SafeText.name(name);
    }

    /** Adds a filter, inside of those that were added before. */
    public Builder filter(ServerFilter filter) {
      filters.add(requireNonNull(filter, "filter"));
      return this;
    }

    /** Which status a failure becomes. Default: {@link StatusTable#ofDefaults}. */
    public Builder statuses(StatusTable newStatuses) {
      statuses = requireNonNull(newStatuses, "statuses");
      return this;
    }

    /** How it is heard that a client leaves. Default: {@link Disconnects#ofDefaults}. */
    public Builder disconnects(Disconnects newDisconnects) {
      disconnects = requireNonNull(newDisconnects, "disconnects");
      return this;
    }

    /**
     * Leaves the threads of handlers alone: a handler hears of the end by its context only. For
     * handlers that do not bear an interrupt.
     */
    public Builder withoutInterrupts() {
      interrupts = false;
      return this;
    }

    /** Opens a stack whose requests end with a process, and which drains with it. */
    public ServerStack open(GracefulShutdown shutdown) {
      ServerStack stack = new ServerStack(this, shutdown.context());
      stack.participation = shutdown.register(stack.new Participant());
      return stack;
    }

    /** Opens a stack whose requests end with another context. */
    public ServerStack open(Context owner) {
      return new ServerStack(this, requireNonNull(owner, "owner"));
    }
  }
}
