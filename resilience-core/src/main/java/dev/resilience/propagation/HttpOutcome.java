package dev.resilience.propagation;

import dev.resilience.policy.Verdict;
import dev.resilience.time.Durations;
import java.time.Duration;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What a response says of a call by its status and headers, whatever the client (RFC 9110, RFC
 * 6585). Classified once, here:
 *
 * <table>
 *   <caption>Statuses</caption>
 *   <tr><th>response</th><th>verdict</th></tr>
 *   <tr><td>any with {@link HeaderNames#REFUSED}; 429; 503 that says when to come again</td>
 *       <td>{@link Verdict#REJECTED}: a refusal, in all likelihood before work; surely where {@link
 *       #isRefusedBeforeWork} says so</td></tr>
 *   <tr><td>500 to 599, also a 503 that says nothing</td>
 *       <td>{@link Verdict#FAILURE}: the work may have been done</td></tr>
 *   <tr><td>all others, also 400 to 499</td>
 *       <td>{@link Verdict#SUCCESS}: an answer; what is the client's fault comes again</td></tr>
 * </table>
 *
 * <p>When to come again is said by {@code Retry-After}, seconds or a date; by {@code
 * x-amz-retry-after}, milliseconds; by {@code RateLimit} or {@code RateLimit-Reset} of the IETF's
 * drafts, seconds, where nothing remains. A date is measured against the response's own {@code
 * Date}: this machine's clock does not matter. More than a day is cut to a day.
 */
public final class HttpOutcome {

  private static final int TOO_MANY_REQUESTS = 429;
  private static final int UNAVAILABLE = 503;
  private static final String RETRY_AFTER = "Retry-After";
  private static final String AMZ_RETRY_AFTER = "x-amz-retry-after";
  private static final int MAX_LENGTH = 256;
  private static final long LONGEST = Duration.ofDays(1).toNanos();
  private static final long NANOS_PER_MILLI = 1_000_000;
  private static final long NONE = -1;

  private HttpOutcome() {}

  /** What a response means for retries and breakers. */
  public static <C> Verdict verdict(int status, C headers, HeaderReader<C> reader) {
    if (status < 400) {
      return Verdict.SUCCESS;
    }
    if (isRefusedBeforeWork(status, headers, reader)
        || (status == UNAVAILABLE && saysWhen(headers, reader))) {
      return Verdict.REJECTED;
    }
    return status >= 500 && status <= 599 ? Verdict.FAILURE : Verdict.SUCCESS;
  }

  /**
   * Whether the server did surely nothing, so that also what must not be done twice may be sent
   * again: it says so by {@link HeaderNames#REFUSED}, or by 429. A 503 with {@code Retry-After}
   * leaves it open: the circuit that was open may have been the second that a handler met.
   */
  public static <C> boolean isRefusedBeforeWork(int status, C headers, HeaderReader<C> reader) {
    return status == TOO_MANY_REQUESTS
        || (status >= 400 && reader.first(headers, HeaderNames.REFUSED) != null);
  }

  private static <C> boolean saysWhen(C headers, HeaderReader<C> reader) {
    return reader.first(headers, RETRY_AFTER) != null
        || reader.first(headers, AMZ_RETRY_AFTER) != null;
  }

  /** When to come again, if the response says so: positive, at most a day. */
  public static <C> Optional<Duration> retryAfter(C headers, HeaderReader<C> reader) {
    long nanos = scaled(reader.first(headers, AMZ_RETRY_AFTER), NANOS_PER_MILLI);
    if (nanos < 0) {
      nanos = retryAfterHeader(headers, reader);
    }
    if (nanos < 0) {
      nanos = rateLimit(headers, reader);
    }
    return nanos <= 0 ? Optional.empty() : Optional.of(Duration.ofNanos(nanos));
  }

  private static <C> long retryAfterHeader(C headers, HeaderReader<C> reader) {
    String value = reader.first(headers, RETRY_AFTER);
    if (value == null || value.length() > MAX_LENGTH) {
      return NONE;
    }
    long seconds = scaled(value, 1_000 * NANOS_PER_MILLI);
    return seconds >= 0 ? seconds : untilDate(value, reader.first(headers, "Date"));
  }

  private static long untilDate(String when, @Nullable String now) {
    ZonedDateTime then = date(when);
    ZonedDateTime sent = date(now);
    if (then == null || sent == null) {
      return NONE; // of a clock that is not ours: left to the back-off
    }
    long delay = Durations.toNanos(Duration.between(sent, then)); // any year may stand there
    return Math.max(0, Math.min(LONGEST, delay));
  }

  private static @Nullable ZonedDateTime date(@Nullable String text) {
    if (text == null || text.length() > MAX_LENGTH) {
      return null;
    }
    try {
      return ZonedDateTime.parse(text.strip(), DateTimeFormatter.RFC_1123_DATE_TIME);
    } catch (DateTimeParseException none) {
      return null;
    }
  }

  /** {@code RateLimit: "burst";r=0;t=30}, or an older draft's three headers. */
  private static <C> long rateLimit(C headers, HeaderReader<C> reader) {
    String structured = reader.first(headers, "RateLimit");
    if (structured != null && structured.length() <= MAX_LENGTH) {
      return parameter(structured, 'r') == 0
          ? cut(parameter(structured, 't'), 1_000 * NANOS_PER_MILLI)
          : NONE;
    }
    return scaled(reader.first(headers, "RateLimit-Remaining"), 1) == 0
        ? scaled(reader.first(headers, "RateLimit-Reset"), 1_000 * NANOS_PER_MILLI)
        : NONE;
  }

  /** The number of a parameter of the first item of the list; negative: none. */
  private static long parameter(String list, char name) {
    for (int i = 0; i + 2 < list.length() && list.charAt(i) != ','; i++) {
      if (list.charAt(i) == ';') {
        int key = Ascii.start(list, i + 1, list.length());
        if (key + 1 < list.length() && list.charAt(key) == name && list.charAt(key + 1) == '=') {
          int from = key + 2;
          int to = from;
          while (to < list.length() && Ascii.isDigit(list.charAt(to))) {
            to++;
          }
          return digits(list, from, to);
        }
      }
    }
    return NONE;
  }

  /** Digits with blanks around, in a unit, cut to a day; negative: there are none. */
  private static long scaled(@Nullable String value, long unit) {
    if (value == null || value.length() > MAX_LENGTH) {
      return NONE;
    }
    int from = Ascii.start(value, 0, value.length());
    return cut(digits(value, from, Ascii.end(value, from, value.length())), unit);
  }

  private static long cut(long count, long unit) {
    return count < 0 ? NONE : count > LONGEST / unit ? LONGEST : count * unit;
  }

  private static long digits(String text, int from, int to) {
    long number = from == to ? NONE : 0;
    for (int i = from; i < to; i++) {
      if (!Ascii.isDigit(text.charAt(i))) {
        return NONE;
      }
      number = Math.min(LONGEST, number * 10 + (text.charAt(i) - '0'));
    }
    return number;
  }
}
