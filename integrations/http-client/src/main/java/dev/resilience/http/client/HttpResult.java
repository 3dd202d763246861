package dev.resilience.http.client;

import dev.resilience.text.SafeText;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What became of one of many requests: a response, whatever its status, or a failure. Immutable.
 *
 * @param <T> the type of the body
 */
public final class HttpResult<T extends @Nullable Object> {

  private final HttpRequest request;
  private final @Nullable HttpResponse<T> response;
  private final @Nullable Throwable failure;

  HttpResult(HttpRequest request, @Nullable HttpResponse<T> response, @Nullable Throwable failure) {
    this.request = request;
    this.response = response;
    this.failure = failure;
  }

  /** The request, as it was given. */
  public HttpRequest request() {
    return request;
  }

  /** The response, if there is one. */
  public Optional<HttpResponse<T>> response() {
    return Optional.ofNullable(response);
  }

  /** Why there is none. */
  public Optional<Throwable> failure() {
    return Optional.ofNullable(failure);
  }

  @Override
  public String toString() {
    return RequestText.of(request)
        + ": "
        + (response != null ? "status " + response.statusCode() : SafeText.of(failure));
  }
}
