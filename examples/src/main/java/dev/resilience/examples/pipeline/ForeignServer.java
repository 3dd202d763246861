package dev.resilience.examples.pipeline;

import dev.resilience.Resilience;
import dev.resilience.context.CancellableContext;
import dev.resilience.context.Context;
import dev.resilience.context.ContextCancelledException;
import dev.resilience.context.DeadlineExceededException;
import dev.resilience.error.Failures;
import java.io.IOException;
import java.io.PrintStream;
import java.net.ConnectException;
import java.net.URI;
import java.nio.channels.UnresolvedAddressException;
import java.util.List;
import java.util.concurrent.ExecutionException;

/** The same callers and policies, around a server that is not ours. */
final class ForeignServer {

  private static final String NAME = "server";

  private ForeignServer() {}

  static void run(Context ctx, Options options, URI url, PrintStream out) throws IOException {
    try (var http = new HttpCalls("callers")) {
      mustBeReachable(ctx, http, url);
      var ledger = new Ledger(ctx.timeSource(), List.of(NAME), List.of());
      var report = new Report(out, ledger);
      report.introduce(options, url);
      Resilience stack = Policies.foreign(ledger.dependency(NAME));
      FaultScript calm = FaultScript.none();
      var callers = new Callers(ledger, calm, stack, n -> c -> http.getAsync(c, url));
      try (var progress = Progress.shown(ctx, ledger, calm, out)) {
        callers.placeOrders(
            ctx, (int) options.length().toSeconds() * options.rate(), options.rate());
      } catch (InterruptedException stop) {
        Thread.currentThread().interrupt();
      }
      report.foreign(ctx);
    }
  }

  /** Any answer will do, an error too. */
  private static void mustBeReachable(Context ctx, HttpCalls http, URI url) throws IOException {
    try (CancellableContext look = ctx.withTimeout(Callers.PATIENCE)) {
      look.await(http.getAsync(look, url));
    } catch (DeadlineExceededException end) {
      throw unreachable(url, "no answer within " + Callers.PATIENCE.toSeconds() + " s", end);
    } catch (ContextCancelledException interrupted) {
      // The run will notice.
    } catch (ExecutionException failed) {
      Throwable failure = Failures.unwrap(failed);
      if (!(failure instanceof HttpStatusException || failure instanceof ServerBusyException)) {
        throw unreachable(url, reason(failure), failure);
      }
    } catch (InterruptedException stop) {
      Thread.currentThread().interrupt();
    }
  }

  private static IOException unreachable(URI url, String reason, Throwable cause) {
    return new IOException("cannot reach " + url + ": " + reason, cause);
  }

  /** The JDK's client leaves most of its messages empty. */
  private static String reason(Throwable failure) {
    for (Throwable t = failure; t != null; t = t.getCause()) {
      if (t instanceof UnresolvedAddressException) {
        return "unknown host";
      }
      if (t instanceof ConnectException) {
        return "connection refused";
      }
    }
    return failure.toString();
  }
}
