package dev.resilience.examples.pipeline;

import dev.resilience.context.CancellableContext;
import dev.resilience.context.Context;
import dev.resilience.context.ContextCancelledException;
import dev.resilience.context.DeadlineExceededException;
import dev.resilience.http.client.HttpConnectionException;
import dev.resilience.http.client.ResilientHttpClient;
import java.io.IOException;
import java.io.PrintStream;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandler;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.List;

/** The same callers and policies, around a server that is not ours. */
final class ForeignServer {

  private static final String NAME = "server";

  /** Reads the body, and does not keep it: it may be of any size. */
  private static final BodyHandler<String> UNREAD = BodyHandlers.replacing("");

  private ForeignServer() {}

  static void run(Context ctx, Options options, URI url, PrintStream out) throws IOException {
    try (var clients = new Clients("callers", name -> url)) {
      var ledger = new Ledger(ctx.timeSource(), List.of(NAME), List.of());
      ResilientHttpClient http = clients.to(ledger.dependency(NAME), Policies::foreign).http();
      HttpRequest request = HttpRequest.newBuilder(url).build();
      mustBeReachable(ctx, clients.plain(NAME), request);
      var report = new Report(out, ledger);
      report.introduce(options, url);
      FaultScript calm = FaultScript.none();
      var callers = new Callers(ledger, calm, (c, n) -> http.sendAsync(c, request, UNREAD));
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
  private static void mustBeReachable(Context ctx, ResilientHttpClient http, HttpRequest request)
      throws IOException {
    try (CancellableContext look = ctx.withTimeout(Callers.PATIENCE)) {
      http.send(look, request, UNREAD);
    } catch (DeadlineExceededException end) {
      throw unreachable(
          request.uri(), "no answer within " + Callers.PATIENCE.toSeconds() + " s", end);
    } catch (ContextCancelledException interrupted) {
      // The run will notice.
    } catch (HttpConnectionException failed) {
      throw unreachable(request.uri(), reason(failed), failed);
    }
  }

  private static IOException unreachable(URI url, String reason, Throwable cause) {
    return new IOException("cannot reach " + url + ": " + reason, cause);
  }

  private static String reason(HttpConnectionException failed) {
    return switch (failed.kind()) {
      case UNKNOWN_HOST -> "unknown host";
      case REFUSED -> "connection refused";
      default -> String.valueOf(failed.getMessage());
    };
  }
}
