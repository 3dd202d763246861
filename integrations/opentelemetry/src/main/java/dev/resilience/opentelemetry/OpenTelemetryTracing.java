package dev.resilience.opentelemetry;

import dev.resilience.context.Context;
import dev.resilience.context.Key;
import dev.resilience.context.RequestInfo;
import dev.resilience.text.SafeText;
import dev.resilience.trace.ActiveSpan;
import dev.resilience.trace.SpanRole;
import dev.resilience.trace.SpanSource;
import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanBuilder;
import io.opentelemetry.api.trace.SpanContext;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.Tracer;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;

/**
 * Spans of OpenTelemetry for whatever the library traces: calls and attempts of stacks that were
 * built with {@code withSpans()}, and spans of one's own by {@link dev.resilience.trace.Tracing}.
 *
 * <pre>{@code
 * OpenTelemetryTracing tracing = OpenTelemetryTracing.of(openTelemetry);
 * Resilience payments = Resilience.forHttp("payments").withSpans();
 *
 * Context request = tracing.in(ctx);           // ctx with the traceparent that came in, if any
 * payments.call(request, c -> api.charge(c, order));
 * }</pre>
 *
 * <p>The parent of a span is that of its context; where the thread has a span of the same trace
 * current, that one, so spans that other libraries start in between have their place. The first one
 * hangs from the caller elsewhere ({@link dev.resilience.propagation.TraceContext}) or from what is
 * current on the thread. Calls to elsewhere name the innermost span as their parent: {@code
 * dev.resilience.propagation} writes it.
 *
 * <p>By the semantic conventions: a failure is status {@code ERROR} with {@code error.type}; what
 * the caller cancelled is none, and marked {@code resilience.cancelled}. The verdict of the call is
 * {@code resilience.verdict}, the number of the attempt {@code resilience.attempt}, and what
 * policies decided are events.
 *
 * <p>Thread-safe. A span costs what OpenTelemetry's costs, and a context.
 */
public final class OpenTelemetryTracing implements SpanSource {

  private static final String NAME = "dev.resilience";

  private record Attribute(AttributeKey<String> name, Key<?> value) {}

  private final Tracer tracer;
  private final Attribute[] attributes;

  private OpenTelemetryTracing(OpenTelemetry openTelemetry, Map<String, Key<?>> attributes) {
    this.tracer = openTelemetry.getTracer(NAME);
    this.attributes =
        attributes.entrySet().stream()
            .map(each -> new Attribute(AttributeKey.stringKey(each.getKey()), each.getValue()))
            .toArray(Attribute[]::new);
  }

  /** With the attributes {@code request.id} and {@code user.id} where the context has them. */
  public static OpenTelemetryTracing of(OpenTelemetry openTelemetry) {
    return builder()
        .attribute("request.id", RequestInfo.REQUEST_ID)
        .attribute("user.id", RequestInfo.USER_ID)
        .build(openTelemetry);
  }

  /** Returns a builder without attributes. */
  public static Builder builder() {
    return new Builder();
  }

  /**
   * A child of a context that is traced by this, as are its descendants. OpenTelemetry's context is
   * current wherever work is done for it.
   */
  @Override
  public Context in(Context ctx) {
    return OpenTelemetryContexts.in(SpanSource.super.in(ctx));
  }

  @Override
  public ActiveSpan start(Context ctx, String name, SpanRole role) {
    io.opentelemetry.context.Context parent = parent(ctx);
    SpanBuilder builder = tracer.spanBuilder(name).setParent(parent).setSpanKind(kind(role));
    for (Attribute attribute : attributes) {
      Object value = ctx.get(attribute.value);
      if (value != null) {
        builder.setAttribute(attribute.name, SafeText.of(value));
      }
    }
    Span span = builder.startSpan();
    Context inside = OpenTelemetryContexts.with(ctx, parent.with(span), span.getSpanContext());
    return new OpenTelemetrySpan(span, ctx, inside);
  }

  private static io.opentelemetry.context.Context parent(Context ctx) {
    io.opentelemetry.context.Context ours = OpenTelemetryContexts.spanOf(ctx);
    io.opentelemetry.context.Context here = io.opentelemetry.context.Context.current();
    SpanContext mine = Span.fromContext(ours).getSpanContext();
    SpanContext current = Span.fromContext(here).getSpanContext();
    boolean isOfOurTrace =
        current.isValid() && (!mine.isValid() || mine.getTraceId().equals(current.getTraceId()));
    return isOfOurTrace ? here : ours;
  }

  private static SpanKind kind(SpanRole role) {
    return switch (role) {
      case INTERNAL -> SpanKind.INTERNAL;
      case SERVER -> SpanKind.SERVER;
      case CLIENT -> SpanKind.CLIENT;
    };
  }

  /** Builds {@link OpenTelemetryTracing}. Not thread-safe. */
  public static final class Builder {

    private final Map<String, Key<?>> attributes = new LinkedHashMap<>();

    private Builder() {}

    /**
     * Adds an attribute to each span. To name a key here is the decision to show its values to
     * whoever sees the traces, also where it is not {@linkplain Key#isShown shown} otherwise.
     *
     * @param name as in {@code tenant.id}; not blank
     * @param key of the value; not a credential
     */
    public Builder attribute(String name, Key<?> key) {
      String shown = SafeText.name(name);
      if (Objects.requireNonNull(key, "key").isCredential()) {
        throw new IllegalArgumentException(
            "key: '" + key + "' is a credential (expected: a key that may be shown)");
      }
      attributes.put(shown, key);
      return this;
    }

    /** The source of spans. */
    public OpenTelemetryTracing build(OpenTelemetry openTelemetry) {
      return new OpenTelemetryTracing(
          Objects.requireNonNull(openTelemetry, "openTelemetry"), attributes);
    }
  }
}
