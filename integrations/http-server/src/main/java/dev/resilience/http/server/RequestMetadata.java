package dev.resilience.http.server;

import static java.util.Objects.requireNonNull;

import dev.resilience.context.Context;
import dev.resilience.context.RequestInfo;
import java.util.Optional;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * Puts what is known of a request into its context: {@link RequestInfo#START_TIME}, {@link
 * RequestInfo#USER_AGENT}, {@link RequestInfo#CLIENT_ADDRESS} and, where it is told how, {@link
 * RequestInfo#USER_ID}. The request id and the trace id are an {@link IdHeader}'s.
 *
 * <p>The client's address is the other end of the connection; behind proxies that are trusted it is
 * what they say. A value that may not stand in a log is ignored and counted. Immutable but for that
 * count, thread-safe.
 */
public final class RequestMetadata implements ServerFilter {

  private final TrustedProxies proxies;
  private final Function<? super ServerExchange, Optional<String>> userIds;
  private final LongAdder ignored = new LongAdder();

  private RequestMetadata(
      TrustedProxies proxies, Function<? super ServerExchange, Optional<String>> userIds) {
    this.proxies = proxies;
    this.userIds = userIds;
  }

  /** Trusts no proxy, and knows no users. */
  public static RequestMetadata ofDefaults() {
    return new RequestMetadata(TrustedProxies.none(), exchange -> Optional.empty());
  }

  /** The same behind proxies. */
  public RequestMetadata behind(TrustedProxies newProxies) {
    return new RequestMetadata(requireNonNull(newProxies, "proxies"), userIds);
  }

  /**
   * The same with users, by a token or a session that was verified.
   *
   * @param newUserIds empty: nobody is logged in; what it throws fails the request
   */
  public RequestMetadata userId(Function<? super ServerExchange, Optional<String>> newUserIds) {
    return new RequestMetadata(proxies, requireNonNull(newUserIds, "userIds"));
  }

  /** How many values were ignored. */
  public long ignored() {
    return ignored.sum() + proxies.ignored();
  }

  @Override
  public void filter(Context ctx, ServerExchange exchange, ServerHandler next) throws Exception {
    RequestInfo.Builder info = RequestInfo.builder().startTime(ctx.timeSource().instant());
    exchange.header("User-Agent").ifPresent(agent -> setIfValid(info::userAgent, agent));
    proxies.clientOf(exchange).ifPresent(address -> setIfValid(info::clientAddress, address));
    userIds.apply(exchange).ifPresent(info::userId);
    next.handle(info.build().in(ctx), exchange);
  }

  private void setIfValid(Consumer<String> setter, String value) {
    try {
      setter.accept(value);
    } catch (IllegalArgumentException unfit) {
      ignored.increment();
    }
  }
}
