package dev.resilience.propagation;

/**
 * The names on the wire. HTTP compares them in any case; where a protocol does not, {@link
 * Carriers} does.
 */
public final class HeaderNames {

  /** The time left, as gRPC writes it. */
  public static final String GRPC_TIMEOUT = "grpc-timeout";

  /** The time left in milliseconds, as Envoy writes it. */
  public static final String ENVOY_TIMEOUT = "x-envoy-expected-rq-timeout-ms";

  /** The time left in milliseconds; the name can be changed. */
  public static final String TIMEOUT_MS = "X-Request-Timeout-Ms";

  /** The time left, and how much the request has used up before. */
  public static final String BUDGET = "X-Request-Budget";

  /** W3C Trace Context: the trace and the caller's span. */
  public static final String TRACEPARENT = "traceparent";

  /** W3C Trace Context: what vendors add. */
  public static final String TRACESTATE = "tracestate";

  /** W3C Baggage. */
  public static final String BAGGAGE = "baggage";

  /** The id of one request through all services. */
  public static final String REQUEST_ID = "X-Request-ID";

  /** The trace, for systems without W3C Trace Context. */
  public static final String TRACE_ID = "X-Trace-ID";

  /** The user on whose behalf the request is made. */
  public static final String USER_ID = "X-User-ID";

  /** How much the request matters. */
  public static final String CRITICALITY = "X-Criticality";

  /** Which attempt this is; the first is 1. */
  public static final String ATTEMPT = "X-Attempt";

  /** The same, as Envoy counts; only read. */
  public static final String ENVOY_ATTEMPT = "x-envoy-attempt-count";

  /** The attempts before this one, as gRPC counts; only read. */
  public static final String GRPC_PREVIOUS_ATTEMPTS = "grpc-previous-rpc-attempts";

  /** The services that the request has come through, the oldest first. */
  public static final String SERVICE_PATH = "X-Service-Path";

  /**
   * In a response: the server has refused the request before it did any work, so that whatever the
   * method, it may be tried again. The value is a word that says why; see {@link HttpOutcome}.
   */
  public static final String REFUSED = "X-Refused-Before-Work";

  /** In a response: how busy the server is; see {@link ReportedLoad}. */
  public static final String SERVER_LOAD = "X-Server-Load";

  /** In a request: an id by which it can be cancelled; see {@link CancelMessage}. */
  public static final String CANCEL_ID = "X-Cancel-ID";

  private HeaderNames() {}
}
