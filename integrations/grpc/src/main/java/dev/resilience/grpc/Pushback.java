package dev.resilience.grpc;

import dev.resilience.propagation.HeaderNames;
import io.grpc.Metadata;
import java.time.Duration;
import java.util.Optional;

/** The trailers by which a server says when to come again, and that it has not begun. */
final class Pushback {

  static final Metadata.Key<String> KEY =
      Metadata.Key.of("grpc-retry-pushback-ms", Metadata.ASCII_STRING_MARSHALLER);

  /** Present on calls that were refused before work; the value says by what. */
  static final Metadata.Key<String> REFUSED =
      Metadata.Key.of(HeaderNames.REFUSED, Metadata.ASCII_STRING_MARSHALLER);

  private static final int MOST_DIGITS = 10;

  private Pushback() {}

  /** Rounded up, and cut to what fits into the int that clients expect. */
  static void write(Metadata trailers, Duration after) {
    long millis;
    try {
      millis = after.plusNanos(999_999).toMillis();
    } catch (ArithmeticException tooLong) {
      millis = Integer.MAX_VALUE;
    }
    trailers.discardAll(KEY);
    trailers.put(KEY, Long.toString(Math.max(0, Math.min(millis, Integer.MAX_VALUE))));
  }

  /** Empty: do not come again. That is what anything but a number of milliseconds means. */
  static Optional<Duration> read(String value) {
    if (value.isEmpty() || value.length() > MOST_DIGITS) {
      return Optional.empty();
    }
    long millis = 0;
    for (int i = 0; i < value.length(); i++) {
      int digit = value.charAt(i) - '0';
      if (digit < 0 || digit > 9) {
        return Optional.empty();
      }
      millis = millis * 10 + digit;
    }
    return millis > Integer.MAX_VALUE ? Optional.empty() : Optional.of(Duration.ofMillis(millis));
  }
}
