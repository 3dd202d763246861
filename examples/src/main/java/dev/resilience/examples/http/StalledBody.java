package dev.resilience.examples.http;

import dev.resilience.context.CancellableContext;
import dev.resilience.context.Context;
import dev.resilience.context.DeadlineExceededException;
import dev.resilience.http.client.ResilientHttpClient;
import java.io.IOException;
import java.io.PrintStream;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * A server sends the headers and a part of the body, and stalls. The JDK's client with a time-out
 * for the request goes on waiting; ours is freed at its deadline, and the server sees it leave.
 * Then what a request costs that goes well, with the JDK's client alone and with ours, in turns.
 *
 * <pre>{@code
 * mvn -q -Pdemo -Dmain=http.StalledBody
 * }</pre>
 */
public final class StalledBody {

  private static final Duration LIMIT = Duration.ofMillis(200);

  private StalledBody() {}

  /** Runs the program against a server on loopback. */
  public static void main(String... args) throws IOException, InterruptedException {
    run(50, 5_000, System.out);
  }

  static void run(int stalls, int requests, PrintStream out)
      throws IOException, InterruptedException {
    HttpClient jdk = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    ResilientHttpClient client =
        ResilientHttpClient.builder("figures")
            .http(jdk)
            .preset(preset -> preset.withoutBreaker().withoutHedge()) // every call is to be seen
            .build();
    try (StallingServer server = new StallingServer()) {
      connect(jdk, server);
      out.println("a body that stalls, limit " + LIMIT.toMillis() + " ms");
      out.println("  JDK alone, time-out of the request: " + alone(jdk, server));
      stalled(client, server, stalls, out);
      out.println("a request that goes well");
      quick(jdk, client, server, requests, out);
    }
  }

  /** So that the time-out of the first request is not spent on classes and a connection. */
  private static void connect(HttpClient jdk, StallingServer server)
      throws IOException, InterruptedException {
    jdk.send(HttpRequest.newBuilder(server.uri("/quick")).build(), BodyHandlers.ofString());
  }

  private static String alone(HttpClient jdk, StallingServer server) throws InterruptedException {
    HttpRequest request = HttpRequest.newBuilder(server.uri("/stall")).timeout(LIMIT).build();
    CompletableFuture<HttpResponse<String>> sent = jdk.sendAsync(request, BodyHandlers.ofString());
    try {
      sent.get(1, TimeUnit.SECONDS);
      return "a response";
    } catch (TimeoutException stillWaiting) {
      return "still waiting after 1 s";
    } catch (java.util.concurrent.ExecutionException freed) {
      return "freed, " + freed.getCause();
    } finally {
      sent.cancel(true);
      server.left().poll(10, TimeUnit.SECONDS);
    }
  }

  private static void stalled(
      ResilientHttpClient client, StallingServer server, int stalls, PrintStream out)
      throws IOException, InterruptedException {
    HttpRequest request = HttpRequest.newBuilder(server.uri("/stall")).build();
    int before = server.connections();
    long[] freed = new long[stalls];
    long[] seen = new long[stalls];
    for (int i = 0; i < stalls; i++) {
      long deadline = System.nanoTime() + LIMIT.toNanos();
      try (CancellableContext ctx = Context.background().withTimeout(LIMIT)) {
        client.send(ctx, request, BodyHandlers.ofString());
      } catch (DeadlineExceededException expected) {
        freed[i] = System.nanoTime() - deadline;
      }
      Long left = server.left().poll(10, TimeUnit.SECONDS);
      seen[i] = left == null ? Long.MAX_VALUE : left - deadline;
    }
    Arrays.sort(freed);
    Arrays.sort(seen);
    out.println("  ours, caller freed after the deadline: " + spread(freed));
    out.println("  ours, seen by the server: " + spread(seen));
    out.println(
        "  connections used again: "
            + (stalls - (server.connections() - before))
            + " of "
            + stalls);
  }

  private static String spread(long[] sorted) {
    return String.format(
        "median %.1f ms, longest %.1f ms of %d",
        sorted[sorted.length / 2] / 1e6, sorted[sorted.length - 1] / 1e6, sorted.length);
  }

  private static void quick(
      HttpClient jdk,
      ResilientHttpClient client,
      StallingServer server,
      int requests,
      PrintStream out)
      throws IOException, InterruptedException {
    HttpRequest request = HttpRequest.newBuilder(server.uri("/quick")).build();
    long[] alone = new long[requests];
    long[] ours = new long[requests];
    for (int turn = -requests; turn < requests; turn++) {
      int i = Math.max(0, turn); // those before are for the compiler
      long start = System.nanoTime();
      jdk.send(request, BodyHandlers.ofString());
      long middle = System.nanoTime();
      try (CancellableContext ctx = Context.background().withTimeout(Duration.ofSeconds(30))) {
        client.send(ctx, request, BodyHandlers.ofString());
      }
      alone[i] = middle - start;
      ours[i] = System.nanoTime() - middle;
    }
    Arrays.sort(alone);
    Arrays.sort(ours);
    out.printf(
        "  median: JDK alone %.1f µs, ours %.1f µs%n",
        alone[requests / 2] / 1e3, ours[requests / 2] / 1e3);
  }
}
