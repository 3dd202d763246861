package dev.resilience.http.server;

import dev.resilience.context.Context;
import dev.resilience.text.Arguments;
import dev.resilience.text.DurationText;
import dev.resilience.time.Durations;
import java.time.Duration;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * How large a request may be, and how long its client may take to send it and to take the answer.
 *
 * <p>Times count while the server waits for the client in a blocking read or write, all together; a
 * slow handler costs nothing of them. The time of the headers and of idle connections is the
 * container's (docs/http-server.md says where to set it).
 *
 * <p>What is exceeded ends the request: 431 for headers, 414 for the path and the query, 413 for
 * the size of the body, 408 for the time of the body. If the time of the answer is up, the
 * connection is broken off. Thread-safe.
 */
public final class TransferLimits implements ServerFilter {

  static final TransferLimits NONE = new TransferLimits(new Builder().withoutLimits());

  private final int headerSize;
  private final int headerCount;
  private final int pathSize;
  private final long bodySize;
  private final @Nullable Duration bodyTime;
  private final @Nullable Duration writeTime;
  private final LongAdder refused = new LongAdder();

  private TransferLimits(Builder builder) {
    this.headerSize = builder.headerSize;
    this.headerCount = builder.headerCount;
    this.pathSize = builder.pathSize;
    this.bodySize = builder.bodySize;
    this.bodyTime = builder.bodyTime;
    this.writeTime = builder.writeTime;
  }

  /** All defaults. */
  public static TransferLimits ofDefaults() {
    return builder().build();
  }

  /** Returns a builder with all defaults set. */
  public static Builder builder() {
    return new Builder();
  }

  /** How many requests were refused, at once or while they were read. */
  public long refused() {
    return refused.sum();
  }

  @Override
  public void filter(Context ctx, ServerExchange exchange, ServerHandler next) throws Exception {
    checkHead(exchange);
    exchange.limit(this);
    next.handle(ctx, exchange);
  }

  private void checkHead(ServerExchange exchange) throws TransferException {
    int path = exchange.path().length() + exchange.query().map(String::length).orElse(0);
    if (path > pathSize) {
      throw refusal(414, "URI too long");
    }
    int count = 0;
    long size = 0;
    for (String name : exchange.headerNames()) {
      for (String value : exchange.headers(name)) {
        count++;
        size += name.length() + value.length() + 4; // ": " and the line's end
        if (count > headerCount || size > headerSize) {
          throw refusal(431, "Request header fields too large");
        }
      }
    }
    if (exchange.header("Content-Length").filter(this::isTooLarge).isPresent()) {
      throw bodyTooLarge();
    }
  }

  /** A length that is none is the container's business. */
  private boolean isTooLarge(String length) {
    if (length.isEmpty() || !length.chars().allMatch(c -> c >= '0' && c <= '9')) {
      return false;
    }
    return length.length() > 18 || Long.parseLong(length) > bodySize;
  }

  long bodySize() {
    return bodySize;
  }

  @Nullable Duration bodyTime() {
    return bodyTime;
  }

  @Nullable Duration writeTime() {
    return writeTime;
  }

  TransferException bodyTooLarge() {
    return refusal(413, "Request body too large");
  }

  TransferException bodyTooSlow() {
    return refusal(408, "Request body did not arrive in time");
  }

  TransferException responseTooSlow() {
    return refusal(408, "Response was not taken in time");
  }

  private TransferException refusal(int status, String message) {
    refused.increment();
    return new TransferException(status, message);
  }

  @Override
  public String toString() {
    return "at most "
        + headerCount
        + " headers of "
        + headerSize
        + " bytes, a body of "
        + bodySize
        + " bytes"
        + (bodyTime == null ? "" : " in " + DurationText.of(bodyTime));
  }

  /** Builds {@link TransferLimits}. Not thread-safe. */
  public static final class Builder {

    private int headerSize = 16 * 1024;
    private int headerCount = 100;
    private int pathSize = 8 * 1024;
    private long bodySize = 1024 * 1024;
    private @Nullable Duration bodyTime = Duration.ofSeconds(30);
    private @Nullable Duration writeTime = Duration.ofSeconds(60);

    private Builder() {}

    private Builder withoutLimits() {
      headerSize = Integer.MAX_VALUE;
      headerCount = Integer.MAX_VALUE;
      pathSize = Integer.MAX_VALUE;
      bodySize = Long.MAX_VALUE;
      bodyTime = null;
      writeTime = null;
      return this;
    }

    /**
     * How large all headers may be together, and how many.
     *
     * @param bytes at least 1. Default: 16 KiB
     * @param count at least 1. Default: 100
     */
    public Builder headers(int bytes, int count) {
      headerSize = Arguments.requireAtLeastOne(bytes, "bytes");
      headerCount = Arguments.requireAtLeastOne(count, "count");
      return this;
    }

    /**
     * How long path and query may be together.
     *
     * @param bytes at least 1. Default: 8 KiB
     */
    public Builder path(int bytes) {
      pathSize = Arguments.requireAtLeastOne(bytes, "bytes");
      return this;
    }

    /**
     * How large the body of a request may be.
     *
     * @param bytes at least 1. Default: 1 MiB
     */
    public Builder bodySize(long bytes) {
      bodySize = Arguments.requireAtLeastOne(bytes, "bytes");
      return this;
    }

    /**
     * How long the server waits for the body, in all reads together.
     *
     * @param limit positive. Default: 30 s
     */
    public Builder bodyTime(Duration limit) {
      bodyTime = Durations.requirePositive(limit, "limit");
      return this;
    }

    /**
     * How long the server waits for the client to take the answer, in all writes together.
     *
     * @param limit positive. Default: 60 s
     */
    public Builder writeTime(Duration limit) {
      writeTime = Durations.requirePositive(limit, "limit");
      return this;
    }

    /** Builds the filter. */
    public TransferLimits build() {
      return new TransferLimits(this);
    }
  }
}
