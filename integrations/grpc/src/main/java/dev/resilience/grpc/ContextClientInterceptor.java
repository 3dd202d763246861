package dev.resilience.grpc;

import static java.util.Objects.requireNonNull;

import dev.resilience.Resilience;
import dev.resilience.context.Context;
import dev.resilience.propagation.Propagation;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptor;
import io.grpc.Deadline;
import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.MethodType;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Makes the calls of a channel end with their contexts, and puts a stack of policies around unary
 * ones.
 *
 * <pre>{@code
 * Channel channel = ClientInterceptors.intercept(
 *     transport, ContextClientInterceptor.forRpc("quotes"));
 *
 * Quote quote = QuotesGrpc.newBlockingStub(channel)
 *     .withOption(GrpcContexts.CONTEXT, ctx)
 *     .quote(request);
 * }</pre>
 *
 * <ul>
 *   <li>The context of a call is the option {@link GrpcContexts#CONTEXT}, else {@link
 *       GrpcContexts#current}: inside of a request, its calls end with it.
 *   <li>When the context ends, a call of any kind is cancelled, and so is the server's. It fails
 *       with CANCELLED or DEADLINE_EXCEEDED, by whose end it was; the cause is that of the context.
 *       A call whose context has ended is not sent.
 *   <li>The deadline of a call is the earlier one of its context's and its options'. gRPC tells the
 *       server the time left, anew for each attempt.
 * </ul>
 *
 * <h2>Policies for unary calls</h2>
 *
 * Each attempt is a call of its own in gRPC, with its own deadline and headers. A failure that the
 * stack itself makes, such as an open circuit, becomes a status by {@link GrpcStatuses#of}. A call
 * with a streamed request or answer goes to the server once: nobody can tell which part of it may
 * be repeated.
 *
 * <p>Switch gRPC's own retries off ({@code ManagedChannelBuilder.disableRetry}), or each attempt
 * counts twice.
 *
 * <p>Immutable and thread-safe. Costs a callback in the context for the time of the call.
 */
public final class ContextClientInterceptor implements ClientInterceptor {

  private final Function<MethodDescriptor<?, ?>, @Nullable Resilience> stacks;

  private final Outgoing outgoing;

  private ContextClientInterceptor(
      Function<MethodDescriptor<?, ?>, @Nullable Resilience> stacks, Outgoing outgoing) {
    this.stacks = stacks;
    this.outgoing = outgoing;
  }

  /** Contexts alone: no policies, each call is one attempt. */
  public static ContextClientInterceptor ofDefaults() {
    return new ContextClientInterceptor(method -> null, Outgoing.NOTHING);
  }

  /**
   * The preset for remote procedure calls around unary calls, with statuses judged and pushback
   * obeyed. Methods that their descriptor says are safe or idempotent are retried and hedged; all
   * others are only tried again where the server refused them before work, or was not reached. One
   * circuit and one limit serve all methods.
   *
   * @param service its name, in events, reports and messages; not blank
   */
  public static ContextClientInterceptor forRpc(String service) {
    return new ContextClientInterceptor(RpcStacks.of(service), Outgoing.NOTHING);
  }

  /**
   * A stack of your own around all unary calls, also those that must not be repeated.
   *
   * @param stack best with {@link GrpcStatuses#classifier} in its policies
   */
  public static ContextClientInterceptor of(Resilience stack) {
    requireNonNull(stack, "stack");
    return new ContextClientInterceptor(method -> stack, Outgoing.NOTHING);
  }

  /**
   * A stack of your own for each method.
   *
   * @param stacks asked for each unary call; null: no policies. Must be thread-safe
   */
  public static ContextClientInterceptor of(
      Function<MethodDescriptor<?, ?>, @Nullable Resilience> stacks) {
    requireNonNull(stacks, "stacks");
    return new ContextClientInterceptor(stacks, Outgoing.NOTHING);
  }

  /**
   * This interceptor, which also writes the request id, the trace, the criticality and what else
   * travels with a request into the headers. The time left travels in gRPC's own header: let the
   * propagation {@code writes()} none.
   *
   * <p>It measures unary calls then, and refuses one whose time left is shorter than calls usually
   * take: DEADLINE_EXCEEDED, and nothing is sent. Best one interceptor for each service.
   */
  public ContextClientInterceptor withPropagation(Propagation wire) {
    return new ContextClientInterceptor(stacks, new Outgoing(requireNonNull(wire, "wire")));
  }

  @Override
  public <Q, A> ClientCall<Q, A> interceptCall(
      MethodDescriptor<Q, A> method, CallOptions options, Channel next) {
    Context given = options.getOption(GrpcContexts.CONTEXT);
    Context ctx = given != null ? given : GrpcContexts.current();
    Executor executor = options.getExecutor() != null ? options.getExecutor() : Runnable::run;
    boolean isUnary = method.getType() == MethodType.UNARY;
    UnaryClientCall.Attempts<Q, A> attempts =
        (attempt, number) ->
            new ContextClientCall<>(
                next.newCall(method, within(attempt, options)),
                attempt,
                executor,
                outgoing,
                number,
                isUnary);
    Resilience stack = isUnary ? stacks.apply(method) : null;
    return stack == null
        ? attempts.of(ctx, 1)
        : new UnaryClientCall<>(stack, ctx, attempts, executor);
  }

  /** The options, with the deadline of a context where that is earlier. */
  private static CallOptions within(Context ctx, CallOptions options) {
    if (ctx.deadline().isEmpty()) {
      return options;
    }
    Deadline ours = GrpcContexts.deadlineOf(ctx);
    Deadline theirs = options.getDeadline();
    // Compared by what is left: gRPC refuses to compare deadlines of different clocks.
    boolean isEarlier =
        theirs == null
            || ours.timeRemaining(TimeUnit.NANOSECONDS)
                < theirs.timeRemaining(TimeUnit.NANOSECONDS);
    return isEarlier ? options.withDeadline(ours) : options;
  }
}
