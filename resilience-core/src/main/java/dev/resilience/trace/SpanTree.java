package dev.resilience.trace;

import dev.resilience.context.Bindings;
import dev.resilience.context.Context;
import dev.resilience.context.Key;
import dev.resilience.context.RequestInfo;
import dev.resilience.propagation.TraceContext;
import dev.resilience.text.SafeText;
import dev.resilience.time.TimeSource;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The spans of one request, collected in memory: the built-in tracer, for tests, examples and the
 * one request that is looked at closely.
 *
 * <pre>{@code
 * SpanTree spans = SpanTree.record(request);
 * Tracing.call(spans.context(), "orderHandler", c -> handle(c, order));
 * log.log(INFO, spans.toText());
 * }</pre>
 *
 * <pre>
 * orderHandler: 180 ms
 * ├─ validateOrder: 50 ms
 * ├─ processPayment: 100 ms
 * │  └─ processPayment.callPaymentGateway: 100 ms
 * └─ createOrderRecord: 30 ms
 * </pre>
 *
 * <p>The trace id is the one that the context has ({@link RequestInfo#TRACE_ID} or {@link
 * TraceContext}, from a header) or a new one; {@link #context} has it in either case, for the
 * response, and the context of a span has its position for the headers of calls. Spans may be
 * started and closed by any number of threads. Time and ids come from the context's time source. At
 * most a number of spans is kept; those beyond it are counted, and their children hang from the
 * last one that was kept.
 *
 * <p>Thread-safe. A span costs a few objects, about 400 bytes, until the tree is let go of.
 */
public final class SpanTree implements SpanSource {

  private static final Logger LOG = System.getLogger(SpanTree.class.getName());
  private static final SpanListener NOBODY = new SpanListener() {};

  private static final Pattern TRACE_ID = Pattern.compile("(?!0{32})[0-9a-f]{32}");

  /** The flags of a trace that is recorded. */
  private static final byte RECORDED = 1;

  static final Key<TreeSpan> CURRENT = Key.of("current span", TreeSpan.class);

  private final TimeSource time;
  private final String traceId;
  private final long begunAt;
  private final int maxSpans;
  private final SpanListener listener;
  private final Context ctx;
  private final Queue<TreeSpan> spans = new ConcurrentLinkedQueue<>();
  private final AtomicInteger started = new AtomicInteger();

  /** The span that asks from elsewhere, if the request came with one. */
  private final @Nullable TraceContext caller;

  /** Whether the trace id is one that a header can have. */
  private final boolean isOnTheWire;

  /** Ids are this, and one more each: not two of a tree are the same. */
  private final long firstId;

  private SpanTree(Builder builder, Context request) {
    this.time = request.timeSource();
    this.begunAt = time.nanoTime();
    this.maxSpans = builder.maxSpans;
    this.listener = builder.listener;
    this.firstId = time.random().nextLong() >>> 1 | 1; // and the ids behind it: never 0
    this.caller = request.get(TraceContext.KEY);
    String given = request.get(RequestInfo.TRACE_ID);
    if (given == null) {
      given = caller != null ? caller.traceId() : TraceContext.start(request).traceId();
    }
    this.traceId = given;
    this.isOnTheWire = TRACE_ID.matcher(given).matches();
    this.ctx = in(request.withValue(RequestInfo.TRACE_ID, given));
  }

  /** Begins a tree with all defaults. */
  public static SpanTree record(Context request) {
    return builder().record(request);
  }

  /** Returns a builder with all defaults set. */
  public static Builder builder() {
    return new Builder();
  }

  /** The request's, traced by this. */
  public Context context() {
    return ctx;
  }

  /** The trace: what the request brought along, or 32 hexadecimal digits. */
  public String traceId() {
    return traceId;
  }

  @Override
  public ActiveSpan start(Context work, String name, SpanRole role) {
    TreeSpan current = work.get(CURRENT);
    TreeSpan parent = current != null && current.tree() == this ? current : null;
    int number = started.getAndUpdate(n -> n < Integer.MAX_VALUE ? n + 1 : n);
    if (number >= maxSpans) {
      return new NoSpan(work);
    }
    String spanId = HexFormat.of().toHexDigits(firstId + number);
    TreeSpan span = new TreeSpan(this, work, spanId, parentId(parent), name, role);
    spans.add(span);
    if (listener != NOBODY) {
      tell(() -> listener.onStarted(span.toRecord()));
    }
    return span;
  }

  private @Nullable String parentId(@Nullable TreeSpan parent) {
    if (parent != null) {
      return parent.spanId();
    }
    return caller == null ? null : caller.spanId();
  }

  /** What a span's context carries: calls from inside of it name it as their parent. */
  Context inside(TreeSpan span, Context work) {
    Bindings values = Bindings.on(work, 2).set(CURRENT, span);
    if (isOnTheWire) {
      values.set(TraceContext.KEY, TraceContext.of(traceId, span.spanId(), RECORDED, ""));
    }
    return values.bind();
  }

  void ended(TreeSpan span) {
    if (listener != NOBODY) {
      tell(() -> listener.onEnded(span.toRecord()));
    }
  }

  private static void tell(Runnable news) {
    try {
      news.run();
    } catch (Throwable failure) {
      SafeText.log(LOG, Level.WARNING, "A span listener failed", failure);
    }
  }

  long nanoTime() {
    return time.nanoTime();
  }

  long begunAt() {
    return begunAt;
  }

  /** All spans as they stand now, in the order in which they were started. */
  public List<SpanRecord> spans() {
    return spans.stream().map(TreeSpan::toRecord).toList();
  }

  /** How many spans were not kept. */
  public int droppedSpans() {
    return Math.max(0, started.get() - maxSpans);
  }

  /**
   * The tree: a line for each span, children indented below their parents, with duration, how it
   * ended where it did not end well, and what happened during it. Lines end with {@code \n} but for
   * the last.
   */
  public String toText() {
    return SpanTreeText.of(spans(), droppedSpans());
  }

  /** As {@link #toText}. */
  @Override
  public String toString() {
    return toText();
  }

  /** Builds a {@link SpanTree}. Not thread-safe. */
  public static final class Builder {

    private int maxSpans = 1000;
    private SpanListener listener = NOBODY;

    private Builder() {}

    /**
     * How many spans are kept.
     *
     * @param spans 1 to 1,000,000. Default: 1,000
     */
    public Builder maxSpans(int spans) {
      if (spans < 1 || spans > 1_000_000) {
        throw new IllegalArgumentException("maxSpans: " + spans + " (expected: 1 to 1000000)");
      }
      maxSpans = spans;
      return this;
    }

    /** Hears of each span. Default: nobody. */
    public Builder listener(SpanListener newListener) {
      listener = Objects.requireNonNull(newListener, "listener");
      return this;
    }

    /** Begins a tree for a request. */
    public SpanTree record(Context request) {
      return new SpanTree(this, Objects.requireNonNull(request, "request"));
    }
  }
}
