package dev.resilience.propagation;

import dev.resilience.text.Arguments;
import dev.resilience.time.Durations;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * How busy a server says it is, in the header {@code X-Server-Load} of its responses: {@code
 * in-flight=12, latency=8.5, took=6.2}. Times are in milliseconds; each part may be left out.
 *
 * <pre>{@code
 * response.setHeader(HeaderNames.SERVER_LOAD, ReportedLoad.of(inFlight, latency).took(mine).toString());
 *
 * ReportedLoad load = ReportedLoad.read(value);          // null: malformed or not there
 * }</pre>
 *
 * <p>A balancer prefers idle servers by it, and a client learns from {@code took} what the network
 * takes. Immutable.
 */
public final class ReportedLoad {

  private static final int MAX_LENGTH = 128;
  private static final int MAX_IN_FLIGHT = 1_000_000;
  private static final long MAX_NANOS = Duration.ofHours(1).toNanos();

  private final int inFlight;
  private final long latency;
  private final long took;

  private ReportedLoad(int inFlight, long latency, long took) {
    this.inFlight = inFlight;
    this.latency = latency;
    this.took = took;
  }

  /**
   * A load.
   *
   * @param inFlight requests that the server works on, or that wait there; zero or more
   * @param latency how long requests take there just now; zero: not known
   */
  public static ReportedLoad of(int inFlight, Duration latency) {
    Arguments.requireNotNegative(inFlight, "inFlight");
    return new ReportedLoad(inFlight, notNegative(latency, "latency"), -1);
  }

  /** This load, with the time that the request at hand took in the server. */
  public ReportedLoad took(Duration time) {
    return new ReportedLoad(inFlight, latency, notNegative(time, "time"));
  }

  private static long notNegative(Duration time, String name) {
    return Durations.toNanos(Durations.requireNotNegative(time, name));
  }

  /** Requests that the server works on, or that wait there. */
  public int inFlight() {
    return inFlight;
  }

  /** How long requests take there just now; zero: not known. */
  public Duration latency() {
    return Duration.ofNanos(latency);
  }

  /** How long the request at hand took in the server, if it says so. */
  public Optional<Duration> took() {
    return took < 0 ? Optional.empty() : Optional.of(Duration.ofNanos(took));
  }

  /**
   * Reads a value of the header. Numbers beyond a million requests or an hour are cut.
   *
   * @return null: malformed, or not there
   */
  public static @Nullable ReportedLoad read(@Nullable String value) {
    if (value == null || value.isEmpty() || value.length() > MAX_LENGTH) {
      return null;
    }
    long inFlight = -1;
    long latency = 0;
    long took = -1;
    int from = 0;
    while (from < value.length()) {
      int comma = value.indexOf(',', from);
      int to = comma < 0 ? value.length() : comma;
      int equals = value.indexOf('=', from);
      if (equals < 0 || equals >= to) {
        return null;
      }
      String key = value.substring(from, equals).strip();
      long millis = TimeFormat.MILLIS.number(value, equals + 1, to);
      if (millis < 0) {
        return null;
      }
      switch (key) {
        case "in-flight" -> inFlight = Math.min(MAX_IN_FLIGHT, millis / 1_000_000);
        case "latency" -> latency = Math.min(MAX_NANOS, millis);
        case "took" -> took = Math.min(MAX_NANOS, millis);
        default -> {
          // Of a later version.
        }
      }
      from = to + 1;
    }
    return inFlight < 0 && took < 0
        ? null
        : new ReportedLoad((int) Math.max(0, inFlight), latency, took);
  }

  /** The value of the header. */
  @Override
  public String toString() {
    StringBuilder text = new StringBuilder("in-flight=").append(inFlight);
    if (latency > 0) {
      millis(text.append(", latency="), latency);
    }
    if (took >= 0) {
      millis(text.append(", took="), took);
    }
    return text.toString();
  }

  private static void millis(StringBuilder text, long nanos) {
    long micros = nanos / 1_000;
    text.append(micros / 1_000).append('.');
    long rest = micros % 1_000;
    text.append(rest / 100).append(rest / 10 % 10).append(rest % 10);
  }
}
