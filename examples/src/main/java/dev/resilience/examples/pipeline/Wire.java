package dev.resilience.examples.pipeline;

import dev.resilience.context.CancellableContext;
import dev.resilience.context.Context;
import dev.resilience.context.Key;
import dev.resilience.context.RequestInfo;
import java.time.Duration;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.BiConsumer;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * How a context travels in headers: the time left, the request, the user, and the hops so far. The
 * time left is a duration and no moment, because two machines agree on how long a second is and not
 * on what time it is.
 *
 * <p>What comes in is not trusted: a bad value is left out and counted, and no header gives a
 * server more time than it gives itself.
 */
final class Wire {

  /** The services that a request came through, as in {@code caller>gateway>auth}. */
  static final Key<String> HOPS =
      Key.of("hops", String.class)
          .checked(
              "at most 8 names of letters and digits with '>' between them",
              hops -> hops.matches("[a-z0-9]{1,32}(>[a-z0-9]{1,32}){0,7}"))
          .shown();

  static final String TIME_LEFT = "X-Time-Left-Ms";
  static final String REQUEST_ID = "X-Request-Id";
  static final String USER_ID = "X-User-Id";
  static final String HOP_PATH = "X-Hops";

  private final LongAdder malformed = new LongAdder();

  /** How many headers were left out because they made no sense. */
  long malformed() {
    return malformed.sum();
  }

  static void write(Context ctx, BiConsumer<String, String> header) {
    ctx.deadline()
        .ifPresent(end -> header.accept(TIME_LEFT, "" + Math.max(0, end.timeLeft().toMillis())));
    ctx.find(RequestInfo.REQUEST_ID).ifPresent(id -> header.accept(REQUEST_ID, id));
    ctx.find(RequestInfo.USER_ID).ifPresent(user -> header.accept(USER_ID, user));
    ctx.find(HOPS).ifPresent(hops -> header.accept(HOP_PATH, hops));
  }

  /**
   * The context of a request that has come in.
   *
   * @param connection what it came in on, with which it ends
   * @param self the name of this hop
   * @param ownLimit how long this hop lets a request take
   * @param header the value of a header, or null
   */
  CancellableContext read(
      Context connection, String self, Duration ownLimit, UnaryOperator<@Nullable String> header) {
    Context ctx = connection.withName(self);
    ctx = with(ctx, RequestInfo.REQUEST_ID, header.apply(REQUEST_ID));
    ctx = with(ctx, RequestInfo.USER_ID, header.apply(USER_ID));
    String hops = header.apply(HOP_PATH);
    Context arrived = with(ctx, HOPS, hops == null ? self : hops + ">" + self);
    Duration callerWaits = timeLeft(header.apply(TIME_LEFT));
    return arrived.withTimeout(
        callerWaits != null && callerWaits.compareTo(ownLimit) < 0 ? callerWaits : ownLimit);
  }

  private Context with(Context ctx, Key<String> key, @Nullable String value) {
    if (value == null) {
      return ctx;
    }
    try {
      return ctx.withValue(key, value);
    } catch (IllegalArgumentException refused) {
      malformed.increment();
      return ctx;
    }
  }

  private @Nullable Duration timeLeft(@Nullable String millis) {
    if (millis == null) {
      return null;
    }
    if (!millis.matches("[0-9]{1,9}")) {
      malformed.increment();
      return null;
    }
    return Duration.ofMillis(Long.parseLong(millis));
  }
}
