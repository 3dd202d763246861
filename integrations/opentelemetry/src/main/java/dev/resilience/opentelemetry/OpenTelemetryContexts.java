package dev.resilience.opentelemetry;

import dev.resilience.context.Bindings;
import dev.resilience.context.Context;
import dev.resilience.context.Key;
import dev.resilience.context.RequestInfo;
import dev.resilience.context.ThreadBinding;
import dev.resilience.propagation.Baggage;
import dev.resilience.propagation.TraceContext;
import io.opentelemetry.api.baggage.BaggageBuilder;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanContext;
import io.opentelemetry.api.trace.TraceFlags;
import io.opentelemetry.api.trace.TraceState;
import io.opentelemetry.context.ContextKey;
import io.opentelemetry.context.Scope;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The context of OpenTelemetry beside ours, both ways: what is current there while work is done for
 * a context of ours, and ours for code that has only theirs.
 *
 * <pre>{@code
 * Context request = OpenTelemetryContexts.adopt(ctx);   // goes on with the span and baggage of this thread
 * payments.call(request, c -> {
 *   Span.current().addEvent("charging");                // of the request's trace, on any thread
 *   return legacy.charge();                             // finds c by OpenTelemetryContexts.current()
 * });
 * }</pre>
 *
 * <p>Baggage is the same on both sides: {@link Baggage#KEY} of ours, {@code Baggage.current()} of
 * theirs. Nothing else crosses; keys of ours never become baggage by themselves.
 */
public final class OpenTelemetryContexts {

  private static final Key<io.opentelemetry.context.Context> THEIRS =
      Key.of("opentelemetry-context", io.opentelemetry.context.Context.class);

  private static final ContextKey<Context> OURS = ContextKey.named("dev.resilience.context");

  /** Makes current there what belongs to a context of ours. */
  @SuppressWarnings("MustBeClosedChecker") // by whoever entered
  static final ThreadBinding BINDING =
      ctx -> {
        Scope scope = of(ctx).makeCurrent();
        return scope::close;
      };

  private OpenTelemetryContexts() {}

  /**
   * A child of a context whose work has OpenTelemetry's context current: its span and baggage, and
   * itself for {@link #current}.
   */
  public static Context in(Context ctx) {
    return ctx.withBinding(BINDING);
  }

  /**
   * As {@link #in}, going on with what is current there on this thread: its span is the parent of
   * the spans to come, its baggage is the context's. For an entry to the program that another
   * library instruments.
   */
  public static Context adopt(Context ctx) {
    return adopt(ctx, io.opentelemetry.context.Context.current());
  }

  /**
   * As {@link #adopt(Context)}, from a context of theirs that is at hand.
   *
   * @param theirs its span and baggage are taken over, what it lacks stays as it is in {@code ctx}
   */
  public static Context adopt(Context ctx, io.opentelemetry.context.Context theirs) {
    Bindings values = Bindings.on(ctx, 4).set(THEIRS, theirs);
    SpanContext span = Span.fromContext(theirs).getSpanContext();
    if (span.isValid()) {
      position(values, ctx, span);
    }
    Baggage baggage = baggage(theirs);
    if (baggage != null) {
      values.set(Baggage.KEY, baggage);
    }
    return in(values.bind());
  }

  /** The context of ours that this thread works for, as far as it was made known there. */
  public static Optional<Context> current() {
    return from(io.opentelemetry.context.Context.current());
  }

  /** The context of ours that one of theirs was made for. */
  public static Optional<Context> from(io.opentelemetry.context.Context theirs) {
    return Optional.ofNullable(theirs.get(OURS));
  }

  /** The context of theirs that belongs to one of ours: to be handed to their API. */
  public static io.opentelemetry.context.Context of(Context ctx) {
    io.opentelemetry.context.Context theirs = spanOf(ctx).with(OURS, ctx);
    Baggage baggage = ctx.get(Baggage.KEY);
    return baggage == null ? theirs : theirs.with(baggage(baggage));
  }

  /** The one with the span of a context of ours, or the caller's from a header, or none. */
  static io.opentelemetry.context.Context spanOf(Context ctx) {
    io.opentelemetry.context.Context theirs = ctx.get(THEIRS);
    if (theirs != null) {
      return theirs;
    }
    io.opentelemetry.context.Context root = io.opentelemetry.context.Context.root();
    TraceContext remote = ctx.get(TraceContext.KEY);
    return remote == null ? root : root.with(Span.wrap(remote(remote)));
  }

  private static SpanContext remote(TraceContext remote) {
    var state = TraceState.builder();
    for (String member : remote.tracestate().orElse("").split(",", -1)) {
      int equals = member.indexOf('=');
      if (equals > 0) {
        state.put(member.substring(0, equals).strip(), member.substring(equals + 1).strip());
      }
    }
    return SpanContext.createFromRemoteParent(
        remote.traceId(),
        remote.spanId(),
        remote.isSampled() ? TraceFlags.getSampled() : TraceFlags.getDefault(),
        state.build());
  }

  /** A child of a context with a new span, which calls to elsewhere name as their parent. */
  static Context with(Context ctx, io.opentelemetry.context.Context theirs, SpanContext span) {
    Bindings values = Bindings.on(ctx, 3).set(THEIRS, theirs);
    if (span.isValid()) {
      position(values, ctx, span);
    }
    return values.bind();
  }

  private static void position(Bindings values, Context ctx, SpanContext span) {
    values.set(
        TraceContext.KEY,
        TraceContext.of(
            span.getTraceId(),
            span.getSpanId(),
            span.getTraceFlags().asByte(),
            text(span.getTraceState())));
    if (!ctx.has(RequestInfo.TRACE_ID)) {
      values.set(RequestInfo.TRACE_ID, span.getTraceId());
    }
  }

  private static String text(TraceState state) {
    if (state.isEmpty()) {
      return "";
    }
    StringBuilder text = new StringBuilder();
    state.forEach(
        (key, value) ->
            text.append(text.isEmpty() ? "" : ",").append(key).append('=').append(value));
    return text.toString();
  }

  private static io.opentelemetry.api.baggage.Baggage baggage(Baggage ours) {
    BaggageBuilder theirs = io.opentelemetry.api.baggage.Baggage.builder();
    ours.toMap().forEach(theirs::put);
    return theirs.build();
  }

  /** What they have, as far as it fits; null: nothing. */
  private static @Nullable Baggage baggage(io.opentelemetry.context.Context theirs) {
    Baggage ours = Baggage.EMPTY;
    for (Map.Entry<String, String> entry : entries(theirs).entrySet()) {
      ours = with(ours, entry.getKey(), entry.getValue());
    }
    return ours.isEmpty() ? null : ours;
  }

  /** What cannot travel, such as a name that is no token, is left out; the rest goes on. */
  private static Baggage with(Baggage ours, String name, String value) {
    try {
      return ours.with(name, value);
    } catch (IllegalArgumentException noTokenOrTooMuch) {
      return ours;
    }
  }

  private static Map<String, String> entries(io.opentelemetry.context.Context theirs) {
    Map<String, String> entries = new LinkedHashMap<>();
    io.opentelemetry.api.baggage.Baggage.fromContext(theirs)
        .forEach((name, entry) -> entries.put(name, entry.getValue()));
    return entries;
  }
}
