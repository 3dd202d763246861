package dev.resilience;

import dev.resilience.policy.Classifier;
import dev.resilience.policy.Verdict;
import dev.resilience.retry.Retry;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.Optional;

/** What the status of an HTTP response says of a call (RFC 9110, section 15; RFC 6585). */
final class HttpStatus {

  private static final int TOO_MANY_REQUESTS = 429;
  private static final int UNAVAILABLE = 503;

  private HttpStatus() {}

  /** The classifier, with rules for responses. */
  static Classifier judgedIn(Classifier classifier) {
    return classifier.onResult(HttpResponse.class, response -> verdict(response.statusCode()));
  }

  /** What the client has done wrong is an answer: the service is well, and would say it again. */
  private static Verdict verdict(int status) {
    if (status == TOO_MANY_REQUESTS || status == UNAVAILABLE) {
      return Verdict.REJECTED;
    }
    return status >= 500 && status <= 599 ? Verdict.FAILURE : Verdict.SUCCESS;
  }

  /** A retry that waits as long as the server says. */
  static void retryAfter(Retry.Builder retry) {
    retry.retryAfter(HttpResponse.class, HttpStatus::retryAfter);
  }

  /** Delay in seconds; a date, of a clock that is not ours, is left to the back-off. */
  private static Optional<Duration> retryAfter(HttpResponse<?> response) {
    return response
        .headers()
        .firstValue("Retry-After")
        .filter(value -> value.matches("\\d{1,9}"))
        .map(value -> Duration.ofSeconds(Long.parseLong(value)));
  }
}
