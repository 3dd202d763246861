package dev.resilience.http.server;

import dev.resilience.context.Context;
import dev.resilience.propagation.CancelMessage;
import dev.resilience.propagation.HeaderNames;
import java.io.IOException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * The receiving side of {@link CancelMessage}: a client that cannot be heard leaving says so in a
 * request of its own, {@code POST /.well-known/resilience/cancel} with the id that it gave to the
 * request which it no longer wants. For proxies that keep their own connection, and for streams of
 * HTTP/2 where the container does not tell of a reset.
 *
 * <p>Answers 202 if such a request was under way, else 404. An id is 128 bits that only its client
 * knows, and holds for the time of its request; a second request with an id that is in use is
 * served without it. Place it before the filters that refuse, and route the path to the stack.
 * Thread-safe.
 */
public final class CancelMessages implements ServerFilter {

  private final ConcurrentMap<String, ServerExchange> underWay = new ConcurrentHashMap<>();
  private final LongAdder received = new LongAdder();

  private CancelMessages() {}

  /** A filter that knows no request yet. */
  public static CancelMessages of() {
    return new CancelMessages();
  }

  /** How many requests were cancelled so. */
  public long received() {
    return received.sum();
  }

  @Override
  public void filter(Context ctx, ServerExchange exchange, ServerHandler next) throws Exception {
    String id = CancelMessage.read(exchange.header(HeaderNames.CANCEL_ID).orElse(null));
    if (exchange.path().equals(CancelMessage.PATH) && exchange.method().equals("POST")) {
      cancel(id == null ? null : underWay.remove(id), exchange);
      return;
    }
    if (id != null && underWay.putIfAbsent(id, exchange) == null) {
      exchange.onEnd(end -> underWay.remove(id, exchange));
    }
    next.handle(ctx, exchange);
  }

  private void cancel(@Nullable ServerExchange unwanted, ServerExchange message)
      throws IOException {
    if (unwanted == null) {
      message.reply(404, "");
      return;
    }
    received.increment();
    unwanted.clientGone();
    message.reply(202, "");
  }
}
