package dev.resilience.propagation;

import static java.util.Objects.requireNonNull;

import dev.resilience.context.Context;
import dev.resilience.context.Key;
import dev.resilience.text.SafeText;
import java.util.HexFormat;
import java.util.Optional;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * A position in a trace: W3C Trace Context, the headers {@code traceparent} and {@code tracestate}.
 *
 * <pre>{@code
 * TraceContext trace = ctx.getOrDefault(TraceContext.KEY, TraceContext.start(ctx));
 * Context span = ctx.withValue(TraceContext.KEY, trace.child(ctx));
 * }</pre>
 *
 * <p>Without a tracing library the position is passed on as it came. Immutable. Costs one object
 * beside the ids or the text of the header.
 */
public final class TraceContext {

  /** The key under which a context carries its position in the trace. Shown. */
  public static final Key<TraceContext> KEY = Key.of("trace-context", TraceContext.class).shown();

  /** The longest {@code tracestate} that is carried, in characters, and the most members of it. */
  static final int MAX_STATE_LENGTH = 512;

  static final int MAX_STATE_MEMBERS = 32;

  /** Version, trace id, span id and flags, with three dashes. */
  private static final int LENGTH = 55;

  /** Future versions may be longer; nothing that long is looked at. */
  private static final int MAX_LENGTH = 256;

  /** The ids of a position that was not made of a text; else null. */
  private final @Nullable String traceId;

  private final @Nullable String spanId;
  private final byte flags;
  private final @Nullable String tracestate;

  /** Put together when it is asked for: most positions are on no wire. Any thread may do that. */
  private @Nullable String traceparent;

  private TraceContext(String traceparent, @Nullable String tracestate) {
    this.traceId = null;
    this.spanId = null;
    this.flags = 0;
    this.traceparent = traceparent;
    this.tracestate = tracestate;
  }

  private TraceContext(String traceId, String spanId, byte flags, @Nullable String tracestate) {
    this.traceId = traceId;
    this.spanId = spanId;
    this.flags = flags;
    this.tracestate = tracestate;
  }

  /**
   * A position, as the header has it.
   *
   * @param traceparent as in W3C Trace Context, section 3.2
   * @throws IllegalArgumentException if it is malformed
   */
  public static TraceContext of(String traceparent) {
    if (!isTraceparent(requireNonNull(traceparent, "traceparent"))) {
      throw new IllegalArgumentException(
          "traceparent: "
              + SafeText.of(traceparent)
              + " (expected: as 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01)");
    }
    return new TraceContext(traceparent, null);
  }

  /**
   * A position, as both headers have it.
   *
   * @param traceparent as in W3C Trace Context, section 3.2
   * @param tracestate as in section 3.3; left out if it is empty, malformed or too long, as that
   *     section allows
   * @throws IllegalArgumentException if {@code traceparent} is malformed
   */
  public static TraceContext of(String traceparent, String tracestate) {
    TraceContext position = of(traceparent);
    return isTracestate(requireNonNull(tracestate, "tracestate"))
        ? new TraceContext(traceparent, tracestate)
        : position;
  }

  /**
   * A position whose ids another library has made. The text of the header is put together when it
   * is asked for.
   *
   * @param traceId 32 lower-case hexadecimal digits, not all zero
   * @param spanId 16 lower-case hexadecimal digits, not all zero
   * @param flags as in W3C Trace Context, section 3.2.2.5; 1: recorded
   * @param tracestate as in section 3.3; empty: none
   * @throws IllegalArgumentException if an id is malformed
   */
  public static TraceContext of(String traceId, String spanId, byte flags, String tracestate) {
    requireId(traceId, 32, "traceId");
    requireId(spanId, 16, "spanId");
    String state = isTracestate(requireNonNull(tracestate, "tracestate")) ? tracestate : null;
    return new TraceContext(traceId, spanId, flags, state);
  }

  private static void requireId(String id, int digits, String argument) {
    if (requireNonNull(id, argument).length() != digits
        || !hasHex(id, 0, digits)
        || hasZeros(id, 0, digits)) {
      throw new IllegalArgumentException(
          argument
              + ": "
              + SafeText.of(id)
              + " (expected: "
              + digits
              + " lower-case hexadecimal digits, not all zero)");
    }
  }

  /** The root of a new trace that is recorded, with random ids. */
  public static TraceContext start(Context ctx) {
    RandomGenerator random = ctx.timeSource().random();
    StringBuilder text = new StringBuilder(LENGTH).append("00-");
    hex(text, random.nextLong());
    hex(text, nonZero(random));
    text.append('-');
    hex(text, nonZero(random));
    return new TraceContext(text.append("-01").toString(), null);
  }

  /** A position below this one in the same trace, with a new span id. */
  public TraceContext child(Context ctx) {
    StringBuilder text = new StringBuilder(LENGTH).append("00-").append(traceId()).append('-');
    hex(text, nonZero(ctx.timeSource().random()));
    return new TraceContext(
        text.append('-').append(traceparent(), LENGTH - 2, LENGTH).toString(), tracestate);
  }

  /** A position as it came in; null: malformed. */
  static @Nullable TraceContext read(String traceparent, @Nullable String tracestate) {
    return isTraceparent(traceparent) ? new TraceContext(traceparent, tracestate) : null;
  }

  /** The id of the trace: 32 hexadecimal digits. */
  public String traceId() {
    return traceId != null ? traceId : traceparent().substring(3, 35);
  }

  /** The id of the span, the caller's where it came in: 16 hexadecimal digits. */
  public String spanId() {
    return spanId != null ? spanId : traceparent().substring(36, 52);
  }

  /** Whether the caller may have recorded the trace. */
  public boolean isSampled() {
    int low = traceId != null ? flags : Ascii.lowerHex(traceparent().charAt(LENGTH - 1));
    return (low & 1) != 0;
  }

  /** The value of {@code traceparent}. */
  public String traceparent() {
    String text = traceparent;
    if (text == null) {
      text = "00-" + traceId + "-" + spanId + "-" + HexFormat.of().toHexDigits(flags);
      traceparent = text;
    }
    return text;
  }

  /** The value of {@code tracestate}, if there is one. */
  public Optional<String> tracestate() {
    return Optional.ofNullable(tracestate);
  }

  @Nullable String state() {
    return tracestate;
  }

  @Override
  public boolean equals(Object object) {
    return object instanceof TraceContext other && traceparent().equals(other.traceparent());
  }

  @Override
  public int hashCode() {
    return traceparent().hashCode();
  }

  /** As {@link #traceparent}. */
  @Override
  public String toString() {
    return traceparent();
  }

  private static boolean isTraceparent(String text) {
    int length = text.length();
    if (length < LENGTH
        || length > MAX_LENGTH
        || text.charAt(2) != '-'
        || text.charAt(35) != '-'
        || text.charAt(52) != '-') {
      return false;
    }
    boolean isFirstVersion = text.startsWith("00");
    if (text.startsWith("ff") || (isFirstVersion && length != LENGTH)) {
      return false;
    }
    return hasHex(text, 0, 2)
        && hasHex(text, 3, 35)
        && hasHex(text, 36, 52)
        && hasHex(text, 53, LENGTH)
        && !hasZeros(text, 3, 35)
        && !hasZeros(text, 36, 52)
        && (length == LENGTH || (text.charAt(LENGTH) == '-' && Ascii.isPrintable(text)));
  }

  /** Whether a {@code tracestate} can be passed on: of members {@code key=value}, not too many. */
  static boolean isTracestate(String text) {
    if (text.isEmpty() || text.length() > MAX_STATE_LENGTH || !Ascii.isPrintable(text)) {
      return false;
    }
    int members = 0;
    int from = 0;
    while (from <= text.length()) {
      int comma = text.indexOf(',', from);
      int to = comma < 0 ? text.length() : comma;
      int start = Ascii.start(text, from, to);
      int end = Ascii.end(text, start, to);
      if (start < end) {
        int equals = text.indexOf('=', start);
        if (equals <= start || equals >= end - 1 || ++members > MAX_STATE_MEMBERS) {
          return false;
        }
      }
      from = to + 1;
    }
    return members > 0;
  }

  private static boolean hasHex(String text, int from, int to) {
    for (int i = from; i < to; i++) {
      if (Ascii.lowerHex(text.charAt(i)) < 0) {
        return false;
      }
    }
    return true;
  }

  private static boolean hasZeros(String text, int from, int to) {
    for (int i = from; i < to; i++) {
      if (text.charAt(i) != '0') {
        return false;
      }
    }
    return true;
  }

  private static long nonZero(RandomGenerator random) {
    long id = random.nextLong();
    return id == 0 ? 1 : id;
  }

  private static void hex(StringBuilder text, long bits) {
    for (int shift = 60; shift >= 0; shift -= 4) {
      text.append(Character.forDigit((int) (bits >>> shift) & 15, 16));
    }
  }
}
