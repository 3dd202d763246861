package dev.resilience.examples.pipeline;

import dev.resilience.context.Context;
import dev.resilience.context.Registration;
import dev.resilience.examples.program.NamedThreads;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutorService;

/**
 * HTTP requests under a context: it travels along in the headers, and when it ends, the request is
 * aborted and its connection closed. A status of 400 or more is a failure.
 */
final class HttpCalls implements AutoCloseable {

  private final ExecutorService threads;
  private final HttpClient client;

  HttpCalls(String name) {
    threads = NamedThreads.pool(name + "-client", 8);
    client =
        HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .followRedirects(HttpClient.Redirect.NEVER)
            .executor(threads)
            .build();
  }

  /**
   * Waits for the answer.
   *
   * @throws Exception an {@link java.io.IOException}, or an {@link InterruptedException} from
   *     outside
   */
  String post(Context ctx, URI uri, String body) throws Exception {
    HttpRequest request = request(ctx, uri).POST(BodyPublishers.ofString(body)).build();
    return answerOf(ctx.interruptibly(() -> client.send(request, BodyHandlers.ofString())));
  }

  CompletionStage<String> postAsync(Context ctx, URI uri, String body) {
    return send(
        ctx,
        request(ctx, uri).POST(BodyPublishers.ofString(body)).build(),
        BodyHandlers.ofString());
  }

  /** Reads the body, and does not keep it: it may be of any size. */
  CompletionStage<String> getAsync(Context ctx, URI uri) {
    return send(ctx, request(ctx, uri).GET().build(), BodyHandlers.replacing(""));
  }

  private CompletionStage<String> send(
      Context ctx, HttpRequest request, HttpResponse.BodyHandler<String> body) {
    var sent = client.sendAsync(request, body);
    // Only the future that the client returned aborts the request, none that was derived from it.
    Registration abort = ctx.onDone(() -> sent.cancel(true));
    return sent.whenComplete((response, failure) -> abort.withdraw())
        .thenCompose(HttpCalls::stageOf);
  }

  private static HttpRequest.Builder request(Context ctx, URI uri) {
    HttpRequest.Builder request = HttpRequest.newBuilder(uri);
    Wire.write(ctx, request::setHeader);
    return request;
  }

  private static CompletionStage<String> stageOf(HttpResponse<String> response) {
    try {
      return CompletableFuture.completedFuture(answerOf(response));
    } catch (HttpStatusException | ServerBusyException failure) {
      return CompletableFuture.failedFuture(failure);
    }
  }

  private static String answerOf(HttpResponse<String> response) throws HttpStatusException {
    int status = response.statusCode();
    if (status < 400) {
      return response.body();
    }
    String retryAfter = response.headers().firstValue("Retry-After").orElse("");
    if ((status == 429 || status == 503) && retryAfter.matches("[0-9]{1,4}")) {
      throw new ServerBusyException(status, Duration.ofSeconds(Long.parseLong(retryAfter)));
    }
    throw new HttpStatusException(status, response.body());
  }

  @Override
  public void close() {
    NamedThreads.end(threads);
  }
}
