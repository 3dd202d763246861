package dev.resilience.discovery;

import dev.resilience.context.Context;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.util.Objects;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Finds out whether an instance is well. How often, for how long and how many times in a row are
 * the business of {@link HealthChecks}.
 *
 * <p>Implementations are thread-safe and do not block: they return a stage, and stop what they have
 * begun when the context ends.
 */
@FunctionalInterface
public interface HealthCheck {

  /**
   * Begins to check.
   *
   * @param ctx ends when the time for this check is up, or nobody wants to know any more
   * @return completes normally if the instance is well, and with what is wrong if it is not
   * @throws Exception counts as a stage that failed
   */
  CompletionStage<? extends @Nullable Object> check(Context ctx, ServiceInstance instance)
      throws Exception;

  /**
   * Well is who answers a GET over plain HTTP with a status of 200 to 299.
   *
   * @param path with a slash in front: {@code /health}
   */
  static HealthCheck http(String path) {
    return HttpCheck.of(path);
  }

  /**
   * Well is who answers with a status of 200 to 299.
   *
   * @param client with the user's own settings, for example for TLS
   * @param request what to send
   */
  static HealthCheck http(
      HttpClient client, Function<? super ServiceInstance, HttpRequest> request) {
    return new HttpCheck(
        Objects.requireNonNull(client, "client"), Objects.requireNonNull(request, "request"));
  }

  /** Well is who accepts a connection, which is closed again at once. */
  static HealthCheck tcp() {
    return new TcpCheck();
  }

  /**
   * Well is of whom a function says so that may block. Each check has a thread of the time source's
   * executor, which is interrupted when the time is up; while a function ignores that, its instance
   * counts as unwell and is not checked again.
   */
  static HealthCheck blocking(BlockingHealthCheck function) {
    return new FunctionCheck(Objects.requireNonNull(function, "function"));
  }
}
