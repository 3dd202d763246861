package dev.resilience.discovery.health;

import dev.resilience.context.Context;
import dev.resilience.discovery.registry.ServiceInstance;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.util.Objects;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Checks once whether an instance is healthy. How often, for how long and how many times in a row
 * are settings of {@link HealthChecks}.
 *
 * <p>Implementations are thread-safe and do not block: they return a stage, and stop what they have
 * begun when the context ends. A {@link java.util.concurrent.CompletableFuture} is cancelled then.
 * The next check of the same instance begins after the stage has completed.
 */
@FunctionalInterface
public interface HealthCheck {

  /**
   * Begins to check.
   *
   * @param ctx ends when the time for this check is up, or the result is not wanted any more
   * @return completes normally if the instance is healthy, and with the reason if it is not
   * @throws Exception counts as a stage that failed
   */
  CompletionStage<? extends @Nullable Object> check(Context ctx, ServiceInstance instance)
      throws Exception;

  /**
   * Healthy is an instance that answers a GET over plain HTTP/1.1 with a status of 200 to 299. Each
   * check has a connection of its own.
   *
   * @param path with a slash in front: {@code /health}
   */
  static HealthCheck http(String path) {
    return new HttpGetCheck(path);
  }

  /**
   * Healthy is an instance that answers with a status of 200 to 299.
   *
   * @param client with the user's own settings, for example for TLS
   * @param request what to send
   */
  static HealthCheck http(
      HttpClient client, Function<? super ServiceInstance, HttpRequest> request) {
    return new HttpCheck(
        Objects.requireNonNull(client, "client"), Objects.requireNonNull(request, "request"));
  }

  /** Healthy is an instance that accepts a connection, which is closed again at once. */
  static HealthCheck tcp() {
    return new TcpCheck();
  }

  /**
   * Healthy is an instance of which a function says so; it may block. Each check has a thread of
   * the time source's executor, which is interrupted when the time is up.
   */
  static HealthCheck blocking(BlockingHealthCheck function) {
    return new BlockingCheck(Objects.requireNonNull(function, "function"));
  }
}
