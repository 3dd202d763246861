package dev.resilience.configuration;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.time.Duration;
import java.time.format.DateTimeParseException;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Durations as people write them: {@code 250ms}, {@code 2 s}, {@code 1m30s}, {@code 1.5h}, and as
 * ISO 8601 does: {@code PT2S}.
 */
final class DurationSyntax {

  private static final long NANOS = 1_000_000_000L;

  /** The largest first, as they are written. */
  private static final Map<String, Long> UNITS = new LinkedHashMap<>();

  static {
    UNITS.put("d", 86_400 * NANOS);
    UNITS.put("h", 3_600 * NANOS);
    UNITS.put("m", 60 * NANOS);
    UNITS.put("s", NANOS);
    UNITS.put("ms", 1_000_000L);
    UNITS.put("us", 1_000L);
    UNITS.put("ns", 1L);
  }

  private static final Map<String, String> OTHER_NAMES =
      Map.of("min", "m", "sec", "s", "\u00b5s", "us", "\u03bcs", "us");

  private static final Pattern PART =
      Pattern.compile("\\s*(\\d{1,19}(?:\\.\\d{1,9})?)\\s*([a-z\u00b5\u03bc]{1,3})\\s*");

  private static final Duration LONGEST = Duration.ofNanos(Long.MAX_VALUE);

  /** Longer texts are no durations. */
  private static final int MOST_CHARACTERS = 100;

  private DurationSyntax() {}

  /** The duration, or nothing if the text is none that a clock in nanoseconds could measure. */
  static Optional<Duration> read(String text) {
    String lower = text.strip().toLowerCase(Locale.ROOT);
    if (lower.isEmpty() || lower.length() > MOST_CHARACTERS) {
      return Optional.empty();
    }
    return lower.startsWith("p") ? readIso(lower) : readParts(lower);
  }

  private static Optional<Duration> readIso(String text) {
    try {
      return measurable(Duration.parse(text));
    } catch (DateTimeParseException none) {
      return Optional.empty();
    }
  }

  /** The duration, if a clock in nanoseconds can measure it: 292 years. */
  static Optional<Duration> measurable(Duration duration) {
    return Optional.of(duration)
        .filter(d -> d.compareTo(LONGEST) <= 0 && d.compareTo(LONGEST.negated()) >= 0);
  }

  private static Optional<Duration> readParts(String text) {
    Matcher part = PART.matcher(text);
    BigDecimal nanos = BigDecimal.ZERO;
    int at = 0;
    long smallest = Long.MAX_VALUE;
    while (at < text.length()) {
      if (!part.find(at) || part.start() != at) {
        return Optional.empty();
      }
      String name = part.group(2);
      Long unit = UNITS.get(OTHER_NAMES.getOrDefault(name, name));
      // The larger unit first: 1s30m is more likely an error than an hour.
      if (unit == null || unit >= smallest) {
        return Optional.empty();
      }
      smallest = unit;
      nanos = nanos.add(new BigDecimal(part.group(1)).multiply(BigDecimal.valueOf(unit)));
      at = part.end();
    }
    try {
      return Optional.of(
          Duration.ofNanos(nanos.setScale(0, RoundingMode.UNNECESSARY).longValueExact()));
    } catch (ArithmeticException none) { // below a nanosecond, or beyond 292 years
      return Optional.empty();
    }
  }

  /** A text that reads as this duration: {@code 1m30s}. */
  static String write(Duration duration) {
    long left = duration.toNanos();
    StringBuilder text = new StringBuilder();
    for (Map.Entry<String, Long> unit : UNITS.entrySet()) {
      long count = left / unit.getValue();
      if (count > 0) {
        text.append(count).append(unit.getKey());
        left -= count * unit.getValue();
      }
    }
    return text.isEmpty() ? "0s" : text.toString();
  }
}
