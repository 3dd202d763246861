package dev.resilience.okhttp;

import static dev.resilience.http.client.RawServer.response;
import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;

import dev.resilience.context.CancellableContext;
import dev.resilience.context.Context;
import dev.resilience.http.client.RawServer;
import dev.resilience.propagation.HeaderNames;
import dev.resilience.propagation.Propagation;
import java.io.IOException;
import java.util.concurrent.CompletionStage;
import okhttp3.OkHttpClient;
import okhttp3.Request;
import okhttp3.Response;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The blocks of docs/okhttp.md. */
@Timeout(60)
class PageTest {

  private final Context parent = Context.background();

  @Test
  void the_page_is_true() throws IOException {
    try (RawServer server = new RawServer(request -> request.send(response(200, "42")))) {
      String url = server.uri("/quote").toString();
      assertThat(quote(new Request.Builder().url(url).build())).isEqualTo("42");
      later(OkHttpCalls.of("quotes", new OkHttpClient()), new Request.Builder().url(url).build());
      tagged(url);
      assertThat(server.request(3).header(HeaderNames.ATTEMPT)).isEqualTo("1");
    }
  }

  private String quote(Request request) throws IOException {
    OkHttpCalls quotes = OkHttpCalls.of("quotes", new OkHttpClient());
    try (CancellableContext ctx = parent.withTimeout(ofSeconds(2));
        Response response = quotes.execute(ctx, request)) {
      return response.body().string();
    }
  }

  private void later(OkHttpCalls quotes, Request request) {
    try (CancellableContext ctx = parent.withTimeout(ofSeconds(60))) {
      CompletionStage<Response> later = quotes.executeAsync(ctx, request);
      later.toCompletableFuture().join().close();
    }
  }

  private void tagged(String url) throws IOException {
    Context ctx = parent;
    OkHttpClient client =
        new OkHttpClient.Builder()
            .addInterceptor(ContextInterceptor.of(Propagation.of("orders")))
            .build();
    Request tagged = new Request.Builder().url(url).tag(Context.class, ctx).build();
    client.newCall(tagged).execute().close();
  }
}
