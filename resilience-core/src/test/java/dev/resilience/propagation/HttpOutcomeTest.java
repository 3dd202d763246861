package dev.resilience.propagation;

import static java.time.Duration.ofDays;
import static java.time.Duration.ofMillis;
import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;

import dev.resilience.policy.Verdict;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class HttpOutcomeTest {

  private static Verdict verdict(int status, Map<String, String> headers) {
    return HttpOutcome.verdict(status, headers, Carriers.map());
  }

  private static Optional<Duration> retryAfter(Map<String, String> headers) {
    return HttpOutcome.retryAfter(headers, Carriers.map());
  }

  @Nested
  class A_status {

    @ParameterizedTest
    @CsvSource({
      "200,SUCCESS", "204,SUCCESS", "304,SUCCESS", "400,SUCCESS", "404,SUCCESS", "409,SUCCESS",
      "429,REJECTED", "500,FAILURE", "502,FAILURE", "503,FAILURE", "504,FAILURE", "599,FAILURE"
    })
    void means_the_same_for_every_client(int status, Verdict verdict) {
      assertThat(verdict(status, Map.of())).isEqualTo(verdict);
    }

    @Test
    void of_503_that_says_when_to_come_again_is_a_refusal_before_work() {
      assertThat(verdict(503, Map.of("Retry-After", "1"))).isEqualTo(Verdict.REJECTED);
      assertThat(verdict(503, Map.of("x-amz-retry-after", "90"))).isEqualTo(Verdict.REJECTED);
    }

    @ParameterizedTest
    @ValueSource(ints = {408, 429, 500, 503, 504})
    void that_is_marked_as_refused_before_work_is_that(int status) {
      assertThat(verdict(status, Map.of(HeaderNames.REFUSED, "overloaded")))
          .isEqualTo(Verdict.REJECTED);
    }
  }

  @Nested
  class When_to_come_again {

    @Test
    void is_said_in_seconds() {
      assertThat(retryAfter(Map.of("Retry-After", " 3 "))).contains(ofSeconds(3));
    }

    /** Nobody's clock but the server's own matters. */
    @Test
    void is_said_by_a_date_against_the_servers_own() {
      assertThat(
              retryAfter(
                  Map.of(
                      "Retry-After", "Fri, 31 Dec 1999 23:59:59 GMT",
                      "Date", "Fri, 31 Dec 1999 23:59:29 GMT")))
          .contains(ofSeconds(30));
      assertThat(retryAfter(Map.of("Retry-After", "Fri, 31 Dec 1999 23:59:59 GMT"))).isEmpty();
    }

    @Test
    void is_said_by_amazon_in_milliseconds() {
      assertThat(retryAfter(Map.of("x-amz-retry-after", "250", "Retry-After", "9")))
          .contains(ofMillis(250));
    }

    @Test
    void is_said_by_the_drafts_where_nothing_remains() {
      assertThat(retryAfter(Map.of("RateLimit", "\"burst\";r=0;t=30"))).contains(ofSeconds(30));
      assertThat(retryAfter(Map.of("RateLimit", "\"burst\";r=5;t=30"))).isEmpty();
      assertThat(retryAfter(Map.of("RateLimit-Remaining", "0", "RateLimit-Reset", "7")))
          .contains(ofSeconds(7));
      assertThat(retryAfter(Map.of("RateLimit-Remaining", "1", "RateLimit-Reset", "7"))).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "0", "-1", "soon", "1e3", "1.5", "٣"})
    void is_not_said_by_nonsense(String value) {
      assertThat(retryAfter(Map.of("Retry-After", value))).isEmpty();
    }

    /** Found by fuzzing: the difference in nanoseconds does not fit into a long. */
    @Test
    void is_not_said_by_a_date_of_the_middle_ages() {
      assertThat(
              retryAfter(
                  Map.of(
                      "Retry-After", "Wed, 1 Jan 1000 00:00:00 GMT",
                      "Date", "Fri, 31 Dec 1999 23:59:29 GMT")))
          .isEmpty();
    }

    @Test
    void is_at_most_a_day() {
      assertThat(retryAfter(Map.of("Retry-After", "9".repeat(30)))).contains(ofDays(1));
      assertThat(
              retryAfter(
                  Map.of(
                      "Retry-After", "Tue, 31 Dec 2999 23:59:59 GMT",
                      "Date", "Fri, 31 Dec 1999 23:59:29 GMT")))
          .contains(ofDays(1));
    }
  }
}
