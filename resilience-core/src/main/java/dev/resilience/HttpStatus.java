package dev.resilience;

import dev.resilience.policy.Classifier;
import dev.resilience.propagation.HeaderReader;
import dev.resilience.propagation.HttpOutcome;
import dev.resilience.retry.Retry;
import java.net.http.HttpHeaders;
import java.net.http.HttpResponse;

/** {@link HttpOutcome}, for the responses of the JDK's client. */
final class HttpStatus {

  private static final HeaderReader<HttpHeaders> READER =
      (headers, name) -> headers.firstValue(name).orElse(null);

  private HttpStatus() {}

  /** The classifier, with rules for responses. */
  static Classifier judgedIn(Classifier classifier) {
    return classifier.onResult(
        HttpResponse.class,
        response -> HttpOutcome.verdict(response.statusCode(), response.headers(), READER));
  }

  /** Whether it is a refusal that does not say that nothing was done. */
  static boolean isDoubtful(Object result) {
    return result instanceof HttpResponse<?> response
        && !HttpOutcome.isRefusedBeforeWork(response.statusCode(), response.headers(), READER);
  }

  /** A retry that waits as long as the server says. */
  static void retryAfter(Retry.Builder retry) {
    retry.retryAfter(
        HttpResponse.class, response -> HttpOutcome.retryAfter(response.headers(), READER));
  }
}
