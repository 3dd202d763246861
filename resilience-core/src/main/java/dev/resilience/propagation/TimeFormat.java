package dev.resilience.propagation;

import java.util.concurrent.TimeUnit;

/**
 * How the time left is written. All of them are relative: nobody's wall clock matters. All are read
 * leniently, with blanks around and with a unit or a fraction where a format has none ({@code "250
 * ms"}, {@code "0.25s"}); each is written as its specification has it.
 *
 * <p>Milliseconds are rounded up to at least one, since Envoy takes 0 for "no limit".
 */
public enum TimeFormat {
  /** {@code grpc-timeout: 250m}: at most eight digits and a unit (gRPC over HTTP/2). */
  GRPC(HeaderNames.GRPC_TIMEOUT) {
    @Override
    String write(long left, long elapsed) {
      if (left < DIGITS) {
        return left + "n";
      }
      if (left / 1_000 < DIGITS) {
        return left / 1_000 + "u";
      }
      long millis = left / NANOS_PER_MILLI;
      if (millis < DIGITS) {
        return millis + "m";
      }
      return millis / 1_000 < DIGITS ? millis / 1_000 + "S" : millis / 3_600_000 + "H";
    }

    @Override
    long unit(String text, int from, int to) {
      if (to - from == 1) {
        return switch (text.charAt(from)) {
          case 'H' -> TimeUnit.HOURS.toNanos(1);
          case 'M' -> TimeUnit.MINUTES.toNanos(1);
          case 'S' -> TimeUnit.SECONDS.toNanos(1);
          case 'm' -> NANOS_PER_MILLI;
          case 'u' -> 1_000;
          case 'n' -> 1;
          default -> NONE;
        };
      }
      return to == from ? NONE : super.unit(text, from, to);
    }
  },

  /** {@code x-envoy-expected-rq-timeout-ms: 250}. */
  ENVOY(HeaderNames.ENVOY_TIMEOUT),

  /** {@code X-Request-Timeout-Ms: 250}; the name can be changed. */
  MILLIS(HeaderNames.TIMEOUT_MS),

  /**
   * {@code X-Request-Budget: left=250, elapsed=50}: tells also how much of its time the request has
   * used up before, all services together, in milliseconds.
   */
  BUDGET(HeaderNames.BUDGET) {
    @Override
    String write(long left, long elapsed) {
      return elapsed < 0
          ? "left=" + millis(left)
          : "left=" + millis(left) + ", elapsed=" + elapsed / NANOS_PER_MILLI;
    }

    @Override
    long parse(String text) {
      return member(text, "left");
    }

    @Override
    long parseElapsed(String text) {
      return member(text, "elapsed");
    }

    /** One member of the list, wherever it stands. */
    private long member(String text, String key) {
      int from = 0;
      while (from < text.length()) {
        int comma = text.indexOf(',', from);
        int to = comma < 0 ? text.length() : comma;
        int equals = text.indexOf('=', from);
        if (equals >= 0 && equals < to && isKey(text, from, equals, key)) {
          return number(text, equals + 1, to);
        }
        from = to + 1;
      }
      return NONE;
    }

    private boolean isKey(String text, int from, int to, String key) {
      int start = Ascii.start(text, from, to);
      int end = Ascii.end(text, start, to);
      return end - start == key.length() && text.regionMatches(true, start, key, 0, end - start);
    }
  };

  /** What {@link #parse} returns where there is no time. */
  static final long NONE = -1;

  /** Longer values are no times, and are not looked at. */
  static final int MAX_LENGTH = 64;

  /** What counts as for ever, and leaves room for arithmetic. */
  static final long MAX_NANOS = Long.MAX_VALUE / 4;

  private static final long DIGITS = 100_000_000;
  private static final long NANOS_PER_MILLI = 1_000_000;

  private final String header;

  TimeFormat(String header) {
    this.header = header;
  }

  /** The name of the header. */
  public String header() {
    return header;
  }

  /**
   * A value for the wire.
   *
   * @param left in nanoseconds, positive
   * @param elapsed in nanoseconds; negative: not known
   */
  String write(long left, long elapsed) {
    return Long.toString(millis(left));
  }

  private static long millis(long nanos) {
    return Math.max(1, nanos / NANOS_PER_MILLI);
  }

  /** The nanoseconds of a value from the wire, cut to {@link #MAX_NANOS}; negative: malformed. */
  long parse(String text) {
    return number(text, 0, text.length());
  }

  /** The elapsed time in nanoseconds; negative: not told. */
  long parseElapsed(String text) {
    return NONE;
  }

  /** A decimal number and perhaps a unit. */
  final long number(String text, int begin, int limit) {
    int start = Ascii.start(text, begin, limit);
    int end = Ascii.end(text, start, limit);
    int at = start;
    long whole = 0;
    while (at < end && Ascii.isDigit(text.charAt(at))) {
      whole = Math.min(MAX_NANOS, whole * 10 + (text.charAt(at) - '0'));
      if (whole >= MAX_NANOS / 10) {
        whole = MAX_NANOS / 10;
      }
      at++;
    }
    if (at == start) {
      return NONE;
    }
    long billionths = 0;
    if (at < end && text.charAt(at) == '.') {
      int first = ++at;
      long weight = 100_000_000;
      while (at < end && Ascii.isDigit(text.charAt(at))) {
        billionths += weight * (text.charAt(at) - '0');
        weight /= 10;
        at++;
      }
      if (at == first) {
        return NONE;
      }
    }
    at = Ascii.start(text, at, end);
    long unit = unit(text, at, end);
    if (unit < 0) {
      return NONE;
    }
    long nanos = whole > MAX_NANOS / unit ? MAX_NANOS : whole * unit;
    return Math.min(MAX_NANOS, nanos + (long) (billionths / 1e9 * unit));
  }

  /** The nanoseconds of a unit; negative: there is no such unit. */
  long unit(String text, int from, int to) {
    int length = to - from;
    if (length == 0 || (length == 2 && text.startsWith("ms", from))) {
      return NANOS_PER_MILLI;
    }
    if (length == 1) {
      return text.charAt(from) == 's' ? TimeUnit.SECONDS.toNanos(1) : NONE;
    }
    if (length == 2) {
      return text.startsWith("us", from) ? 1_000 : text.startsWith("ns", from) ? 1 : NONE;
    }
    return NONE;
  }
}
