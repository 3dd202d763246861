package dev.resilience.http.server;

import static java.util.Objects.requireNonNull;

import dev.resilience.context.Context;
import dev.resilience.context.Key;
import dev.resilience.context.RequestInfo;
import dev.resilience.propagation.HeaderNames;
import dev.resilience.text.SafeText;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * An id that comes with the request or is made, goes into the context, and is sent back in the same
 * header.
 *
 * <p>One from outside counts if it is 1 to 128 visible ASCII characters; otherwise it is ignored
 * and one is made.
 */
public final class IdHeader implements ServerFilter {

  private static final int LONGEST = 128;
  private static final SecureRandom RANDOM = new SecureRandom();

  private final Key<String> key;
  private final String header;
  private final boolean acceptsIncoming;
  private final Supplier<String> source;
  private final AtomicLong ignored = new AtomicLong();

  private IdHeader(
      Key<String> key, String header, boolean acceptsIncoming, Supplier<String> source) {
    this.key = key;
    this.header = header;
    this.acceptsIncoming = acceptsIncoming;
    this.source = source;
  }

  /**
   * {@link RequestInfo#REQUEST_ID} in {@code X-Request-ID}; made of {@code req-}, some characters
   * of this process, and a counter.
   */
  public static IdHeader requestId() {
    return requestId("req-");
  }

  /**
   * The same with another prefix.
   *
   * @param prefix at most 32 visible ASCII characters
   */
  public static IdHeader requestId(String prefix) {
    if (!isId(requireNonNull(prefix, "prefix") + "x") || prefix.length() > 32) {
      throw new IllegalArgumentException(
          "prefix: '" + SafeText.of(prefix) + "' (expected: at most 32 visible ASCII characters)");
    }
    String process = randomHex(4);
    AtomicLong counter = new AtomicLong();
    return new IdHeader(
        RequestInfo.REQUEST_ID,
        HeaderNames.REQUEST_ID,
        true,
        () -> prefix + process + "-" + counter.incrementAndGet());
  }

  /** {@link RequestInfo#TRACE_ID} in {@code X-Trace-ID}; made of 32 hexadecimal digits. */
  public static IdHeader traceId() {
    return new IdHeader(RequestInfo.TRACE_ID, HeaderNames.TRACE_ID, true, () -> randomHex(16));
  }

  /** The same, which makes an id for each request, whatever comes from outside. */
  public IdHeader alwaysNew() {
    return new IdHeader(key, header, false, source);
  }

  /** How many ids from outside were ignored because they are none. */
  public long ignored() {
    return ignored.get();
  }

  @Override
  public void filter(Context ctx, ServerExchange exchange, ServerHandler next) throws Exception {
    String id = incoming(ctx, exchange);
    if (id == null) {
      id = source.get();
    }
    exchange.setHeader(header, id);
    next.handle(ctx.withValue(key, id), exchange);
  }

  private @Nullable String incoming(Context ctx, ServerExchange exchange) {
    if (!acceptsIncoming) {
      return null;
    }
    String known = ctx.get(key); // by an outer filter, from another header
    if (known != null) {
      return known;
    }
    String sent = exchange.header(header).orElse(null);
    if (sent != null && !isId(sent)) {
      ignored.incrementAndGet();
      return null;
    }
    return sent;
  }

  private static boolean isId(String text) {
    return !text.isEmpty()
        && text.length() <= LONGEST
        && text.chars().allMatch(c -> c > ' ' && c < 0x7f);
  }

  private static String randomHex(int bytes) {
    byte[] random = new byte[bytes];
    RANDOM.nextBytes(random);
    return HexFormat.of().formatHex(random);
  }
}
