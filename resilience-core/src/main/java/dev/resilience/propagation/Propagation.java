package dev.resilience.propagation;

import static java.util.Objects.requireNonNull;

import com.google.errorprone.annotations.MustBeClosed;
import dev.resilience.context.Bindings;
import dev.resilience.context.CancellableContext;
import dev.resilience.context.Context;
import dev.resilience.context.Criticality;
import dev.resilience.context.Key;
import dev.resilience.context.RequestInfo;
import dev.resilience.error.NoTimeLeftException;
import dev.resilience.text.Arguments;
import dev.resilience.text.SafeText;
import dev.resilience.time.Deadline;
import dev.resilience.time.Durations;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Writes what the next service must know of a request into its headers, and reads it there: the
 * time left, the trace, the ids, the criticality, the baggage, the attempt and the path.
 *
 * <pre>{@code
 * Propagation wire = Propagation.builder("orders").callers(Boundary.inside()).build();
 *
 * wire.inject(ctx, request, HttpRequest.Builder::setHeader);              // the client, per attempt
 *
 * Extraction in = wire.extract(server, headers, Carriers.multimap());     // the server
 * if (in.isTooLate()) { refuse(); } else { handle(in.context()); }
 * }</pre>
 *
 * <p>Times are relative, so that nobody's clock matters. What comes in is bounded in number and
 * length; what is malformed is ignored and counted ({@link #snapshot}); a deadline from outside can
 * only shorten. A request derives from the context of the server that read it, and ends with that.
 *
 * <p>Immutable but for its counts, and thread-safe. To write and read all headers costs about a
 * microsecond and half a kilobyte.
 */
public final class Propagation {

  /** Which attempt of the caller this request is; the first is 1. Shown. */
  public static final Key<Integer> ATTEMPT = Key.of("attempt", Integer.class).shown();

  /** When the request began at the first service, on the clock of this process. */
  private static final Key<Long> STARTED = Key.of("started", Long.class);

  private static final int MAX_ATTEMPT = 1000;
  private static final int EXPECTED_VALUES = 8;
  private static final String[] NUMERALS = {"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"};

  private final String service;
  private final TimeFormat[] written;
  private final TimeFormat[] read;
  private final String millisHeader;
  private final Boundary callers;
  private final Boundary dependencies;
  private final int maxHops;
  private final long longest;
  private final Supplier<Duration> minimumTime;
  private final DeadlineGuard guard;
  private final boolean tellsElapsed;
  private final HopPath own;
  private final PropagationCounters counters;

  private Propagation(
      Builder builder, Boundary callers, Boundary dependencies, PropagationCounters counters) {
    this.service = builder.service;
    this.written = builder.written.toArray(TimeFormat[]::new);
    this.read = builder.read.toArray(TimeFormat[]::new);
    this.millisHeader = builder.millisHeader;
    this.callers = callers;
    this.dependencies = dependencies;
    this.maxHops = builder.maxHops;
    this.longest = Durations.toNanos(builder.longestTime);
    this.minimumTime = builder.minimumTime;
    this.guard = builder.guard;
    this.tellsElapsed = builder.written.contains(TimeFormat.BUDGET);
    this.own = HopPath.of(service);
    this.counters = counters;
  }

  /**
   * With all defaults: nobody is trusted.
   *
   * @param service name of this service, in the hop path; a token of 1 to 64 characters
   */
  public static Propagation of(String service) {
    return builder(service).build();
  }

  /**
   * Returns a builder with all defaults set.
   *
   * @param service name of this service, in the hop path; a token of 1 to 64 characters
   */
  public static Builder builder(String service) {
    return new Builder(HopPath.checked(service, "service"));
  }

  // ---- out

  /** As {@link #inject(Context, Object, HeaderWriter, int, CallTimes)}, for a first attempt. */
  public <C> void inject(Context ctx, C carrier, HeaderWriter<C> writer) {
    inject(ctx, carrier, writer, 1, null);
  }

  /**
   * Writes the headers of one attempt. Each attempt has its own: the time left is that of now.
   *
   * @param ctx of the attempt
   * @param carrier the request
   * @param attempt the number of the attempt, from 1
   * @param times what is known of the dependency; null: the time left is written as it is
   * @throws NoTimeLeftException if the time left is shorter than the dependency usually takes; then
   *     nothing was written, and nothing is to be sent
   * @throws dev.resilience.context.ContextException if the context has ended
   */
  public <C> void inject(
      Context ctx, C carrier, HeaderWriter<C> writer, int attempt, @Nullable CallTimes times) {
    requireNonNull(writer, "writer");
    Arguments.requireAtLeastOne(attempt, "attempt");
    injectTime(ctx, carrier, writer, times);
    TraceContext trace = ctx.get(TraceContext.KEY);
    if (trace != null) {
      writer.set(carrier, HeaderNames.TRACEPARENT, trace.traceparent());
      String state = trace.state();
      if (state != null) {
        writer.set(carrier, HeaderNames.TRACESTATE, state);
      }
    }
    String requestId = ctx.get(RequestInfo.REQUEST_ID);
    if (requestId != null) {
      writer.set(carrier, HeaderNames.REQUEST_ID, requestId);
    }
    String traceId = ctx.get(RequestInfo.TRACE_ID);
    if (traceId != null) {
      writer.set(carrier, HeaderNames.TRACE_ID, traceId);
    }
    writer.set(carrier, HeaderNames.ATTEMPT, numeral(attempt));
    injectTrusted(ctx, carrier, writer);
    counters.injected.increment();
  }

  private static String numeral(int attempt) {
    return attempt < NUMERALS.length
        ? NUMERALS[attempt]
        : Integer.toString(Math.min(attempt, MAX_ATTEMPT));
  }

  private <C> void injectTime(
      Context ctx, C carrier, HeaderWriter<C> writer, @Nullable CallTimes times) {
    Optional<Deadline> deadline = ctx.deadline();
    if (deadline.isEmpty()) {
      return;
    }
    long now = ctx.timeSource().nanoTime();
    long left = deadline.get().nanos() - now;
    if (left <= 0) {
      ctx.throwIfDone();
      left = 1;
    }
    if (times != null) {
      try {
        left = times.forServer(left, now);
      } catch (NoTimeLeftException tooShort) {
        counters.refusedSends.increment();
        throw tooShort;
      }
    }
    Long started = tellsElapsed ? ctx.get(STARTED) : null;
    long elapsed = started == null ? -1 : Math.max(0, now - started);
    for (TimeFormat format : written) {
      writer.set(carrier, headerOf(format), format.write(left, elapsed));
    }
  }

  private <C> void injectTrusted(Context ctx, C carrier, HeaderWriter<C> writer) {
    String user = ctx.get(RequestInfo.USER_ID);
    if (user != null && mayLeave(HeaderField.USER_ID)) {
      writer.set(carrier, HeaderNames.USER_ID, user);
    }
    Criticality criticality = ctx.get(Criticality.KEY);
    if (criticality != null && mayLeave(HeaderField.CRITICALITY)) {
      writer.set(carrier, HeaderNames.CRITICALITY, criticality.name());
    }
    Baggage baggage = ctx.get(Baggage.KEY);
    if (baggage != null && !baggage.isEmpty() && mayLeave(HeaderField.BAGGAGE)) {
      writer.set(carrier, HeaderNames.BAGGAGE, baggage.text());
    }
    if (dependencies.allows(HeaderField.HOP_PATH)) {
      HopPath path = ctx.get(HopPath.KEY);
      HopPath here =
          path == null ? own : path.endsWith(service) ? path : path.append(service, maxHops);
      writer.set(carrier, HeaderNames.SERVICE_PATH, here.text());
    }
  }

  private boolean mayLeave(HeaderField field) {
    if (dependencies.allows(field)) {
      return true;
    }
    counters.untrusted(field);
    return false;
  }

  // ---- in

  /**
   * Reads the headers of a request.
   *
   * @param server the context of the server or the connection, from which that of the request
   *     derives: its end, its deadline and its values count
   * @param carrier the headers
   * @throws NullPointerException if an argument is null; no header makes it throw
   */
  @SuppressWarnings("MustBeClosed") // the extraction closes it
  public <C> Extraction extract(Context server, C carrier, HeaderReader<C> reader) {
    requireNonNull(server, "server");
    requireNonNull(reader, "reader");
    long now = server.timeSource().nanoTime();
    Bindings values = Bindings.on(server, EXPECTED_VALUES);
    extractTrace(carrier, reader, values);
    extractId(carrier, reader, values, HeaderField.REQUEST_ID);
    extractAttempt(carrier, reader, values);
    extractUser(carrier, reader, values);
    extractCriticality(carrier, reader, values);
    extractBaggage(carrier, reader, values);
    extractPath(carrier, reader, values);
    long left = timeLeft(carrier, reader, values, now);
    Context request = values.bind();
    counters.extracted.increment();
    guard.request(now);
    return left < 0
        ? new Extraction(request.withCancel(), left, false, false)
        : limited(request, left, now);
  }

  @SuppressWarnings("MustBeClosed") // the extraction closes it
  private Extraction limited(Context request, long left, long now) {
    boolean isLate = left == 0 || left < Durations.toNanos(minimumTime.get());
    if (isLate) {
      counters.late.increment();
      if (!guard.tryReject(now)) {
        return new Extraction(request.withCancel(), left, false, false);
      }
      counters.rejected.increment();
      return new Extraction(until(request, now), left, true, true);
    }
    if (guard.isDark()) {
      return new Extraction(request.withCancel(), left, false, false);
    }
    counters.applied.increment();
    return new Extraction(until(request, now + Math.min(left, longest)), left, false, true);
  }

  @MustBeClosed
  private static CancellableContext until(Context request, long nanos) {
    return request.withDeadline(Deadline.atNanos(nanos, request.timeSource()));
  }

  /** The shortest of the times told, in nanoseconds; negative: none. */
  private <C> long timeLeft(C carrier, HeaderReader<C> reader, Bindings values, long now) {
    long left = TimeFormat.NONE;
    long elapsed = 0;
    for (TimeFormat format : read) {
      String value = reader.first(carrier, headerOf(format));
      if (value == null || value.isEmpty()) {
        continue;
      }
      long told = value.length() > TimeFormat.MAX_LENGTH ? TimeFormat.NONE : format.parse(value);
      if (told < 0) {
        counters.malformed(HeaderField.TIME_LEFT);
        continue;
      }
      if (told > longest) {
        counters.clamped(HeaderField.TIME_LEFT);
      }
      left = left < 0 ? told : Math.min(left, told);
      elapsed = Math.max(elapsed, format.parseElapsed(value));
    }
    if (elapsed > 0 || tellsElapsed) {
      values.set(STARTED, now - elapsed);
    }
    return left;
  }

  private String headerOf(TimeFormat format) {
    return format == TimeFormat.MILLIS ? millisHeader : format.header();
  }

  private <C> void extractTrace(C carrier, HeaderReader<C> reader, Bindings values) {
    TraceContext trace = null;
    String parent = reader.first(carrier, HeaderNames.TRACEPARENT);
    if (parent != null && !parent.isEmpty()) {
      trace = TraceContext.read(parent, tracestate(carrier, reader));
      if (trace == null) {
        counters.malformed(HeaderField.TRACE_CONTEXT);
      } else {
        values.set(TraceContext.KEY, trace);
      }
    }
    if (!extractId(carrier, reader, values, HeaderField.TRACE_ID) && trace != null) {
      values.set(RequestInfo.TRACE_ID, trace.traceId());
    }
  }

  private <C> @Nullable String tracestate(C carrier, HeaderReader<C> reader) {
    String state = reader.first(carrier, HeaderNames.TRACESTATE);
    if (state == null || state.isEmpty()) {
      return null;
    }
    if (!TraceContext.isTracestate(state)) {
      counters.malformed(HeaderField.TRACE_CONTEXT);
      return null;
    }
    return state;
  }

  /** Whether an id was there and is well-formed. */
  private <C> boolean extractId(
      C carrier, HeaderReader<C> reader, Bindings values, HeaderField field) {
    String header;
    Key<String> key;
    switch (field) {
      case REQUEST_ID -> {
        header = HeaderNames.REQUEST_ID;
        key = RequestInfo.REQUEST_ID;
      }
      case TRACE_ID -> {
        header = HeaderNames.TRACE_ID;
        key = RequestInfo.TRACE_ID;
      }
      default -> {
        header = HeaderNames.USER_ID;
        key = RequestInfo.USER_ID;
      }
    }
    String id = reader.first(carrier, header);
    if (id == null || id.isEmpty()) {
      return false;
    }
    if (values.setIfValid(key, id)) {
      return true;
    }
    counters.malformed(field);
    return false;
  }

  private <C> void extractUser(C carrier, HeaderReader<C> reader, Bindings values) {
    if (callers.allows(HeaderField.USER_ID)) {
      extractId(carrier, reader, values, HeaderField.USER_ID);
    } else {
      drop(carrier, reader, HeaderNames.USER_ID, HeaderField.USER_ID);
    }
  }

  private <C> void drop(C carrier, HeaderReader<C> reader, String header, HeaderField field) {
    if (reader.first(carrier, header) != null) {
      counters.untrusted(field);
    }
  }

  private <C> void extractCriticality(C carrier, HeaderReader<C> reader, Bindings values) {
    if (!callers.allows(HeaderField.CRITICALITY)) {
      drop(carrier, reader, HeaderNames.CRITICALITY, HeaderField.CRITICALITY);
      return;
    }
    String value = reader.first(carrier, HeaderNames.CRITICALITY);
    if (value == null || value.isEmpty()) {
      return;
    }
    for (Criticality level : LEVELS) {
      if (level.name().equalsIgnoreCase(value)) {
        values.set(Criticality.KEY, level);
        return;
      }
    }
    counters.malformed(HeaderField.CRITICALITY);
  }

  private static final Criticality[] LEVELS = Criticality.values();

  private <C> void extractAttempt(C carrier, HeaderReader<C> reader, Bindings values) {
    int more = 0;
    String value = reader.first(carrier, HeaderNames.ATTEMPT);
    if (value == null) {
      value = reader.first(carrier, HeaderNames.ENVOY_ATTEMPT);
    }
    if (value == null) {
      value = reader.first(carrier, HeaderNames.GRPC_PREVIOUS_ATTEMPTS);
      more = 1;
    }
    if (value == null || value.isEmpty()) {
      return;
    }
    int number = 0;
    for (int i = 0; i < value.length(); i++) {
      char c = value.charAt(i);
      if (!Ascii.isDigit(c) || i > 9) {
        counters.malformed(HeaderField.ATTEMPT);
        return;
      }
      number = Math.min(MAX_ATTEMPT + 1, number * 10 + (c - '0'));
    }
    number += more;
    if (number < 1) {
      counters.malformed(HeaderField.ATTEMPT);
      return;
    }
    if (number > MAX_ATTEMPT) {
      counters.clamped(HeaderField.ATTEMPT);
      number = MAX_ATTEMPT;
    }
    values.set(ATTEMPT, number);
  }

  private <C> void extractBaggage(C carrier, HeaderReader<C> reader, Bindings values) {
    if (!callers.allows(HeaderField.BAGGAGE)) {
      drop(carrier, reader, HeaderNames.BAGGAGE, HeaderField.BAGGAGE);
      return;
    }
    Baggage.Reading reading;
    if (reader.isMultiValued()) {
      reading = Baggage.read(reader.all(carrier, HeaderNames.BAGGAGE));
    } else {
      String only = reader.first(carrier, HeaderNames.BAGGAGE);
      if (only == null || only.isEmpty()) {
        return;
      }
      if (Baggage.isClean(only)) {
        values.set(Baggage.KEY, Baggage.asRead(only));
        return;
      }
      reading = Baggage.read(List.of(only));
    }
    if (reading.wasMalformed()) {
      counters.malformed(HeaderField.BAGGAGE);
    }
    if (reading.wasCut()) {
      counters.clamped(HeaderField.BAGGAGE);
    }
    Baggage kept = reading.baggage();
    if (kept != null) {
      values.set(Baggage.KEY, kept);
    }
  }

  /** The path up to here, this service included. */
  private <C> void extractPath(C carrier, HeaderReader<C> reader, Bindings values) {
    if (!callers.allows(HeaderField.HOP_PATH)) {
      drop(carrier, reader, HeaderNames.SERVICE_PATH, HeaderField.HOP_PATH);
      values.set(HopPath.KEY, own);
      return;
    }
    HopPath.Reading reading;
    if (reader.isMultiValued()) {
      reading = HopPath.read(reader.all(carrier, HeaderNames.SERVICE_PATH), maxHops);
    } else {
      String only = reader.first(carrier, HeaderNames.SERVICE_PATH);
      if (only == null || only.isEmpty()) {
        values.set(HopPath.KEY, own);
        return;
      }
      if (HopPath.isPath(only, maxHops)) {
        values.set(HopPath.KEY, HopPath.appended(only, service, maxHops));
        return;
      }
      reading = HopPath.read(List.of(only), maxHops);
    }
    if (reading.wasMalformed()) {
      counters.malformed(HeaderField.HOP_PATH);
    }
    if (reading.wasCut()) {
      counters.clamped(HeaderField.HOP_PATH);
    }
    HopPath before = reading.path();
    values.set(HopPath.KEY, before == null ? own : before.append(service, maxHops));
  }

  // ---- the rest

  /**
   * How long a request has been under way, all services together, where {@link TimeFormat#BUDGET}
   * told it.
   */
  public static Optional<Duration> elapsed(Context ctx) {
    Long started = ctx.get(STARTED);
    return started == null
        ? Optional.empty()
        : Optional.of(Duration.ofNanos(Math.max(0, ctx.timeSource().nanoTime() - started)));
  }

  /** This propagation, with its counts, for requests of other callers. */
  public Propagation withCallers(Boundary boundary) {
    return new Propagation(
        builderOf(), requireNonNull(boundary, "boundary"), dependencies, counters);
  }

  /** This propagation, with its counts, for calls to other dependencies. */
  public Propagation withDependencies(Boundary boundary) {
    return new Propagation(builderOf(), callers, requireNonNull(boundary, "boundary"), counters);
  }

  private Builder builderOf() {
    Builder same = new Builder(service);
    same.written = setOf(written);
    same.read = setOf(read);
    same.millisHeader = millisHeader;
    same.maxHops = maxHops;
    same.longestTime = Duration.ofNanos(longest);
    same.minimumTime = minimumTime;
    same.guard = guard;
    return same;
  }

  private static EnumSet<TimeFormat> setOf(TimeFormat... formats) {
    EnumSet<TimeFormat> set = EnumSet.noneOf(TimeFormat.class);
    for (TimeFormat format : formats) {
      set.add(requireNonNull(format, "formats"));
    }
    return set;
  }

  /** The name of this service. */
  public String service() {
    return service;
  }

  /** What limits rejections because of deadlines from outside. */
  public DeadlineGuard guard() {
    return guard;
  }

  /** The counts, since it was built. */
  public PropagationSnapshot snapshot() {
    return new PropagationSnapshot(counters);
  }

  @Override
  public String toString() {
    return "propagation of '"
        + service
        + "' (callers "
        + callers
        + ", dependencies "
        + dependencies
        + ", late ones refused: "
        + guard
        + ")";
  }

  /** Builds a {@link Propagation}. Not thread-safe. */
  public static final class Builder {

    private final String service;
    private Set<TimeFormat> written = setOf(TimeFormat.MILLIS);
    private Set<TimeFormat> read = setOf(TimeFormat.values());
    private String millisHeader = HeaderNames.TIMEOUT_MS;
    private Boundary callers = Boundary.outside();
    private Boundary dependencies = Boundary.outside();
    private int maxHops = 8;
    private Duration longestTime = Duration.ofDays(1);
    private Supplier<Duration> minimumTime = () -> Duration.ZERO;
    private DeadlineGuard guard = DeadlineGuard.ofDefaults();

    private Builder(String service) {
      this.service = service;
    }

    /** How the time left is written. Default: {@link TimeFormat#MILLIS}; none: it is not. */
    public Builder writes(TimeFormat... formats) {
      written = setOf(formats);
      return this;
    }

    /** How it is read; of several the shortest counts. Default: all; none: it is not. */
    public Builder reads(TimeFormat... formats) {
      read = setOf(formats);
      return this;
    }

    /**
     * The header of {@link TimeFormat#MILLIS}.
     *
     * @param name a token. Default: {@link HeaderNames#TIMEOUT_MS}
     */
    public Builder millisHeader(String name) {
      if (!Ascii.isToken(requireNonNull(name, "name"), 0, name.length())) {
        throw new IllegalArgumentException(
            "name: '" + SafeText.of(name) + "' (expected: a token of RFC 9110)");
      }
      millisHeader = name;
      return this;
    }

    /** Trust in those who call this service. Default: {@link Boundary#outside}. */
    public Builder callers(Boundary boundary) {
      callers = requireNonNull(boundary, "boundary");
      return this;
    }

    /** Trust in those that this service calls. Default: {@link Boundary#outside}. */
    public Builder dependencies(Boundary boundary) {
      dependencies = requireNonNull(boundary, "boundary");
      return this;
    }

    /** How many services the hop path names at most, 1 to 64. Default: 8. */
    public Builder maxHops(int hops) {
      if (hops < 1 || hops > 64) {
        throw new IllegalArgumentException("maxHops: " + hops + " (expected: 1 to 64)");
      }
      maxHops = hops;
      return this;
    }

    /** A longer time from outside is cut to this. Default: one day. */
    public Builder longestTime(Duration longest) {
      longestTime = Durations.requirePositive(longest, "longestTime");
      return this;
    }

    /** Who comes with less time is too late. Default: zero. */
    public Builder minimumTime(Duration minimum) {
      Durations.requireNotNegative(minimum, "minimumTime");
      return minimumTime(() -> minimum);
    }

    /**
     * The time that a request needs at least; one with less is too late.
     *
     * @param minimum asked for each request that has a deadline; must be quick and thread-safe, and
     *     must not throw
     */
    public Builder minimumTime(Supplier<Duration> minimum) {
      minimumTime = requireNonNull(minimum, "minimumTime");
      return this;
    }

    /** Limits rejections of late requests. Default: {@link DeadlineGuard#ofDefaults}. */
    public Builder guard(DeadlineGuard newGuard) {
      guard = requireNonNull(newGuard, "guard");
      return this;
    }

    /** Builds it, with counts of its own. */
    public Propagation build() {
      return new Propagation(this, callers, dependencies, new PropagationCounters());
    }
  }
}
