package dev.resilience.load;

import dev.resilience.context.CancellableContext;
import dev.resilience.context.Context;
import dev.resilience.observe.PolicyEvent;
import dev.resilience.observe.PolicyEvent.Circuit;
import dev.resilience.observe.PolicyListener;
import dev.resilience.simulation.Client;
import dev.resilience.simulation.Exchange;
import dev.resilience.simulation.Reply;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;

/**
 * A client of a library that knows no contexts: when the caller's ends, its future is cancelled,
 * and what becomes of the request is the library's business.
 */
final class PeerClient implements Client {

  private final Library library;

  PeerClient(Library library) {
    this.library = library;
  }

  /** What a library makes of a request. */
  @FunctionalInterface
  interface Library {

    /** Makes a call of which the request is each attempt. */
    CompletionStage<Reply> start(Supplier<CompletionStage<Reply>> request);
  }

  @Override
  public CompletionStage<Reply> call(Context ctx, Exchange exchange) {
    CompletableFuture<Reply> future =
        library.start(() -> cancellable(exchange)).toCompletableFuture();
    ctx.onDone(() -> future.cancel(true));
    return future;
  }

  /** A request whose future, when it is completed otherwise, gives the request up. */
  private static CompletableFuture<Reply> cancellable(Exchange exchange) {
    CancellableContext request = Context.background().withCancel();
    CompletableFuture<Reply> future = exchange.send(request).toCompletableFuture().copy();
    var unused = future.whenComplete((reply, failure) -> request.close());
    return future;
  }

  /** Tells the run that a circuit changed. */
  static void changed(PolicyListener listener, String name, Circuit to) {
    listener.on(new PolicyEvent.CircuitChanged(name, Circuit.CLOSED, to, "a peer's"));
  }
}
