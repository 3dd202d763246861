package dev.resilience.discovery.health;

import dev.resilience.context.Context;
import dev.resilience.context.Registration;
import dev.resilience.discovery.registry.ServiceInstance;
import dev.resilience.error.Failures;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Sends a request, and looks at the status of the response. */
final class HttpCheck implements HealthCheck {

  private final HttpClient client;
  private final Function<? super ServiceInstance, HttpRequest> request;

  HttpCheck(HttpClient client, Function<? super ServiceInstance, HttpRequest> request) {
    this.client = client;
    this.request = request;
  }

  static HttpCheck of(String path) {
    if (!Objects.requireNonNull(path, "path").startsWith("/")) {
      throw new IllegalArgumentException("path: " + path + " (expected: with a slash in front)");
    }
    // Refused now if it is no path.
    uri("localhost:80", path);
    return new HttpCheck(
        HttpClient.newHttpClient(),
        instance -> HttpRequest.newBuilder(uri(instance.id(), path)).GET().build());
  }

  private static URI uri(String place, String path) {
    return URI.create("http://" + place.replace("%", "%25") + path);
  }

  @Override
  public CompletionStage<@Nullable Void> check(Context ctx, ServiceInstance instance) {
    CompletableFuture<HttpResponse<Void>> response =
        client.sendAsync(request.apply(instance), BodyHandlers.discarding());
    Registration end = ctx.onDone(() -> response.cancel(true));
    return response.handle(
        (answer, wrong) -> {
          end.withdraw();
          if (wrong != null) {
            throw new CompletionException(Failures.unwrap(wrong));
          }
          if (answer.statusCode() < 200 || answer.statusCode() > 299) {
            throw new UnhealthyException("it answers with status " + answer.statusCode());
          }
          return null;
        });
  }
}
