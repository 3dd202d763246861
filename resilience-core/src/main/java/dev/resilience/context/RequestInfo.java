package dev.resilience.context;

import java.time.Instant;
import java.util.Objects;
import java.util.Optional;

/**
 * Metadata of a request, carried by a context: ready-made keys, and this bundle of all of them.
 *
 * <pre>{@code
 * Context ctx = RequestInfo.builder().requestId("r-17").userId("u-4").build().in(parent);
 * String user = ctx.getOrDefault(RequestInfo.USER_ID, "anonymous");
 * }</pre>
 *
 * <p>Ids are 1 to 128 visible ASCII characters, other texts 1 to 512 characters without control
 * characters: what comes from a header may go to a log. Immutable.
 */
public final class RequestInfo {

  /** The id of one request through all services. Shown in dumps and logs. */
  public static final Key<String> REQUEST_ID = id("request-id").shown();

  /** The user on whose behalf the request is made. Not shown. */
  public static final Key<String> USER_ID = id("user-id");

  /** The trace that the request belongs to. Shown in dumps and logs. */
  public static final Key<String> TRACE_ID = id("trace-id").shown();

  /** When the request arrived. Shown in dumps and logs. */
  public static final Key<Instant> START_TIME = Key.of("start-time", Instant.class).shown();

  /** The program that asks. Not shown. */
  public static final Key<String> USER_AGENT = text("user-agent");

  /** Where the request came from. Not shown. */
  public static final Key<String> CLIENT_ADDRESS = text("client-address");

  /** The session of the user. Whoever has it is the user: a credential. */
  public static final Key<Credential> SESSION_ID = Key.credential("session-id", Credential.class);

  /** What the request proved its sender with, such as a bearer token: a credential. */
  public static final Key<Credential> CREDENTIAL = Key.credential("credential", Credential.class);

  private final Values values;

  private RequestInfo(Values values) {
    this.values = values;
  }

  private static Key<String> id(String name) {
    return Key.of(name, String.class)
        .checked("1 to 128 visible ASCII characters", RequestInfo::isId);
  }

  private static Key<String> text(String name) {
    return Key.of(name, String.class)
        .checked(
            "1 to 512 characters without control characters",
            text ->
                !text.isEmpty()
                    && text.length() <= 512
                    && text.chars().noneMatch(Character::isISOControl));
  }

  private static boolean isId(String text) {
    int length = text.length();
    if (length == 0 || length > 128) {
      return false;
    }
    for (int i = 0; i < length; i++) {
      char c = text.charAt(i);
      if (c <= ' ' || c >= 0x7f) {
        return false;
      }
    }
    return true;
  }

  /** An empty bundle to be filled. */
  public static Builder builder() {
    return new Builder();
  }

  /** Reads the bundle from a context. */
  public static RequestInfo of(Context ctx) {
    Objects.requireNonNull(ctx, "ctx");
    Builder builder = builder();
    builder.copy(REQUEST_ID, ctx);
    builder.copy(USER_ID, ctx);
    builder.copy(TRACE_ID, ctx);
    builder.copy(START_TIME, ctx);
    builder.copy(USER_AGENT, ctx);
    builder.copy(CLIENT_ADDRESS, ctx);
    builder.copy(SESSION_ID, ctx);
    builder.copy(CREDENTIAL, ctx);
    return builder.build();
  }

  /** A child of a context that carries all of this; what is not set here stays as it is there. */
  public Context in(Context ctx) {
    Node node = (Node) Objects.requireNonNull(ctx, "ctx");
    return node.withValues(values.orElse(node.values));
  }

  /** The id of the request. */
  public Optional<String> requestId() {
    return value(REQUEST_ID);
  }

  /** The user on whose behalf the request is made. */
  public Optional<String> userId() {
    return value(USER_ID);
  }

  /** The trace. */
  public Optional<String> traceId() {
    return value(TRACE_ID);
  }

  /** When the request arrived. */
  public Optional<Instant> startTime() {
    return value(START_TIME);
  }

  /** The program that asks. */
  public Optional<String> userAgent() {
    return value(USER_AGENT);
  }

  /** Where the request came from. */
  public Optional<String> clientAddress() {
    return value(CLIENT_ADDRESS);
  }

  /** The session of the user. */
  public Optional<Credential> sessionId() {
    return value(SESSION_ID);
  }

  /** What the request proved its sender with. */
  public Optional<Credential> credential() {
    return value(CREDENTIAL);
  }

  private <T> Optional<T> value(Key<T> key) {
    return Optional.ofNullable(values.get(key)).map(key.type()::cast);
  }

  /** Only what may be shown. */
  @Override
  public String toString() {
    return "RequestInfo[requestId="
        + requestId().orElse("-")
        + ", traceId="
        + traceId().orElse("-")
        + ", startTime="
        + startTime().map(Instant::toString).orElse("-")
        + "]";
  }

  /** Collects the parts. Each is checked when it is set. Not thread-safe. */
  public static final class Builder {

    private Values values = Values.NONE;

    private Builder() {}

    /** Sets the id of the request. */
    public Builder requestId(String requestId) {
      return set(REQUEST_ID, requestId);
    }

    /** Sets the user on whose behalf the request is made. */
    public Builder userId(String userId) {
      return set(USER_ID, userId);
    }

    /** Sets the trace. */
    public Builder traceId(String traceId) {
      return set(TRACE_ID, traceId);
    }

    /** Sets when the request arrived. */
    public Builder startTime(Instant startTime) {
      return set(START_TIME, startTime);
    }

    /** Sets the program that asks. */
    public Builder userAgent(String userAgent) {
      return set(USER_AGENT, userAgent);
    }

    /** Sets where the request came from. */
    public Builder clientAddress(String clientAddress) {
      return set(CLIENT_ADDRESS, clientAddress);
    }

    /** Sets the session of the user. */
    public Builder sessionId(Credential sessionId) {
      return set(SESSION_ID, sessionId);
    }

    /** Sets what the request proved its sender with. */
    public Builder credential(Credential credential) {
      return set(CREDENTIAL, credential);
    }

    /** Builds the bundle. */
    public RequestInfo build() {
      return new RequestInfo(values);
    }

    private <T> Builder set(Key<T> key, T value) {
      values = values.with(key, key.check(value));
      return this;
    }

    private <T> void copy(Key<T> key, Context ctx) {
      T value = ctx.get(key);
      if (value != null) {
        values = values.with(key, value);
      }
    }
  }
}
