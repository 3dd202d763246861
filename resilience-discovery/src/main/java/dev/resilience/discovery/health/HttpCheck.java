package dev.resilience.discovery.health;

import dev.resilience.context.Context;
import dev.resilience.context.Registration;
import dev.resilience.discovery.registry.ServiceInstance;
import dev.resilience.error.Failures;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Sends the user's request with the user's client, and looks at the status of the response. */
final class HttpCheck implements HealthCheck {

  private final HttpClient client;
  private final Function<? super ServiceInstance, HttpRequest> request;

  HttpCheck(HttpClient client, Function<? super ServiceInstance, HttpRequest> request) {
    this.client = client;
    this.request = request;
  }

  @Override
  public CompletionStage<@Nullable Void> check(Context ctx, ServiceInstance instance) {
    ThreadHeld result = new ThreadHeld();
    ctx.timeSource()
        .executor()
        .execute(
            () -> {
              try {
                HttpRequest made = request.apply(instance);
                lookUp(made);
                send(ctx, made, result);
              } catch (Throwable wrong) {
                result.completeExceptionally(wrong);
              }
            });
    return result;
  }

  /**
   * The client looks a name up on a thread of its own, which a cancelled request does not free. So
   * it is looked up here first, where a name service that hangs holds one thread and no more; the
   * client then finds it in the cache of the JVM. A proxy would do the look-up itself.
   */
  private void lookUp(HttpRequest made) throws UnknownHostException {
    String host = made.uri().getHost();
    if (host != null && client.proxy().isEmpty()) {
      Objects.requireNonNull(InetAddress.getByName(host), "address");
    }
  }

  private void send(Context ctx, HttpRequest made, ThreadHeld result) {
    CompletableFuture<HttpResponse<Void>> response =
        client.sendAsync(made, BodyHandlers.discarding());
    Registration end = ctx.onDone(() -> response.cancel(true));
    CompletionStage<HttpResponse<Void>> answered = response;
    answered.handle(
        (answer, wrong) -> {
          end.withdraw();
          if (wrong != null) {
            result.completeExceptionally(Failures.unwrap(wrong));
          } else if (answer.statusCode() < 200 || answer.statusCode() > 299) {
            result.completeExceptionally(
                new UnhealthyException("it answers with status " + answer.statusCode()));
          } else {
            result.complete(null);
          }
          return null;
        });
  }
}
