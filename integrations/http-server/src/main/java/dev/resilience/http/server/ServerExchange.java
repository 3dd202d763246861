package dev.resilience.http.server;

import static java.util.Objects.requireNonNull;

import dev.resilience.context.CancelReason;
import dev.resilience.context.CancellableContext;
import dev.resilience.context.Context;
import dev.resilience.context.ContextException;
import dev.resilience.context.Registration;
import dev.resilience.http.server.ExchangeEnd.Reason;
import dev.resilience.http.server.StatusTable.Answer;
import dev.resilience.propagation.HeaderNames;
import dev.resilience.text.SafeText;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.net.InetSocketAddress;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * One request and its response, whatever container serves it. What filters see.
 *
 * <p>The response has one owner at a time. It is the handler's, until the handler has returned or
 * the context of the request has ended. From then on it is the stack's, which answers once if
 * nothing has been sent, and what the handler still writes fails with a {@link
 * ResponseTakenException}.
 *
 * <p>Thread-safe. Containers are connected by a subclass; its {@code protected} methods are called
 * by one thread at a time, which may be another one than the container's.
 */
public abstract class ServerExchange {

  private static final Logger LOG = System.getLogger(ServerExchange.class.getName());

  /** How long the end of a request waits for a write that is under way. */
  private static final long WRITE_GRACE_MILLIS = 50;

  private final ReentrantLock gate = new ReentrantLock();

  // Guarded by the gate.
  private final List<Consumer<? super ExchangeEnd>> listeners = new ArrayList<>();
  private final Map<String, String> headers = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
  private boolean finished;
  private @Nullable Throwable failure;
  private @Nullable Supplier<String> load;

  private volatile @Nullable Answer answer;
  private volatile boolean taken;
  private volatile boolean cutOff;
  private volatile int status;
  private volatile long answeredAt;
  private final AtomicLong bytesRead = new AtomicLong();
  private final AtomicLong bytesWritten = new AtomicLong();

  // Set once, before the exchange is known to others.
  private @Nullable ServerStack stack;
  private @Nullable CancellableContext request;
  private @Nullable CancellableContext interrupter;
  private long began;

  private volatile @Nullable Context inner;
  private volatile @Nullable Registration end;
  private volatile TransferLimits limits = TransferLimits.NONE;
  private volatile @Nullable TransferClock readClock;
  private volatile @Nullable TransferClock writeClock;

  /** For subclasses. */
  protected ServerExchange() {}

  // ---- the request

  /** The method, in upper case. */
  public abstract String method();

  /** The path as it was sent, not decoded, without the query. */
  public abstract String path();

  /** The query as it was sent, without the question mark. */
  public abstract Optional<String> query();

  /**
   * What is asked for, with few different values: the method and what the container's configuration
   * calls the place, such as {@code GET /orders/*}. A name for figures.
   */
  public abstract String operation();

  /** The protocol, such as {@code HTTP/1.1} or {@code HTTP/2.0}. */
  public abstract String protocol();

  /**
   * The first value of a header; names are compared in any case. Not to be asked when the exchange
   * is over.
   */
  public abstract Optional<String> header(String name);

  /** All values of a header. Not to be asked when the exchange is over. */
  public abstract List<String> headers(String name);

  /** The names of all headers. */
  public abstract Iterable<String> headerNames();

  /** The other end of the connection, which may be a proxy; null where it is not known. */
  public abstract @Nullable InetSocketAddress remoteAddress();

  /** Our end of the connection; null where it is not known. */
  public abstract @Nullable InetSocketAddress localAddress();

  /**
   * The first value of a parameter of the query, decoded.
   *
   * @throws BadRequestException if it cannot be decoded
   */
  public Optional<String> parameter(String name) {
    requireNonNull(name, "name");
    for (String pair : query().orElse("").split("&", -1)) {
      int equals = pair.indexOf('=');
      String key = equals < 0 ? pair : pair.substring(0, equals);
      if (decoded(key).equals(name)) {
        return Optional.of(equals < 0 ? "" : decoded(pair.substring(equals + 1)));
      }
    }
    return Optional.empty();
  }

  private static String decoded(String text) {
    try {
      return URLDecoder.decode(text, StandardCharsets.UTF_8);
    } catch (IllegalArgumentException malformed) {
      throw new BadRequestException("malformed query");
    }
  }

  // ---- the response

  /**
   * Sets a header of the response, whoever sends it; without effect once it is on its way.
   *
   * @param value visible ASCII characters and spaces, as what comes from outside may be echoed
   */
  public final void setHeader(String name, String value) {
    requireNonNull(name, "name");
    if (!requireNonNull(value, "value").chars().allMatch(c -> c >= ' ' && c < 0x7f)) {
      throw new IllegalArgumentException(
          name + ": " + SafeText.of(value) + " (expected: visible ASCII characters and spaces)");
    }
    gate.lock();
    try {
      headers.put(name, value);
      if (!taken && !isCommitted()) {
        putHeader(name, value);
      }
    } finally {
      gate.unlock();
    }
  }

  /** What is sent as the server's load: asked for when the response begins, also in vain. */
  final void setLoad(Supplier<String> newLoad) {
    gate.lock();
    try {
      load = newLoad;
    } finally {
      gate.unlock();
    }
  }

  /**
   * Sets the headers whose value is that of the moment in which the response begins. For subclasses
   * in an {@link #owned} action that may begin it; without effect when it is on its way.
   */
  protected final void beforeResponse() {
    if (load != null && !isCommitted()) {
      String value = load.get();
      headers.put(HeaderNames.SERVER_LOAD, value);
      putHeader(HeaderNames.SERVER_LOAD, value);
    }
  }

  /** How long ago the request came. */
  final Duration age() {
    return Duration.ofNanos(now() - began);
  }

  /**
   * Answers with a text, as {@code text/plain} in UTF-8.
   *
   * @throws ResponseTakenException if the request has ended
   * @throws IllegalStateException if it has been answered
   */
  public final void reply(int newStatus, String text) throws IOException {
    byte[] body = text.getBytes(StandardCharsets.UTF_8);
    owned(
        () -> {
          if (isCommitted()) {
            throw new IllegalStateException("answered already, with " + status);
          }
          beforeResponse();
          sent(newStatus);
          bytesWritten.addAndGet(body.length);
          send(newStatus, forReply(Map.of()), body);
        });
  }

  /** The status that was sent; 0: none yet. */
  public final int status() {
    return status;
  }

  /** How many bytes of the body of the request were read. */
  public final long bytesRead() {
    return bytesRead.get();
  }

  /** How many bytes of the body of the response were written. */
  public final long bytesWritten() {
    return bytesWritten.get();
  }

  /**
   * Tells a listener when the exchange is over and the handler has returned; the latest goes first.
   * What it throws is contained and logged.
   */
  public final void onEnd(Consumer<? super ExchangeEnd> listener) {
    requireNonNull(listener, "listener");
    gate.lock();
    try {
      if (!finished) {
        listeners.add(listener);
        return;
      }
    } finally {
      gate.unlock();
    }
    throw new IllegalStateException("onEnd: the exchange is over (expected: earlier)");
  }

  // ---- for the containers

  /** Whether something was sent, so that the status can no longer be chosen. */
  protected abstract boolean isCommitted();

  /** Sets a header of the response that is not committed. */
  protected abstract void putHeader(String name, String value);

  /**
   * Sends a whole response, instead of what has been prepared and not been committed.
   *
   * @param status its status
   * @param all all of its headers but {@code Content-Length}
   * @param body its body
   */
  protected abstract void send(int status, Map<String, String> all, byte[] body) throws IOException;

  /** Breaks off a response that is on its way: the client is not to take it for a whole one. */
  protected abstract void abort();

  /**
   * As {@link #abort}, while a write of the handler hangs: not to touch the stream, which may be
   * locked, but to be done in {@link #release}. Called beside that write, by another thread.
   */
  protected abstract void abortLater();

  /**
   * The handler has returned and the response is still its own: completes it.
   *
   * @throws IOException if that is not possible
   */
  protected abstract void complete() throws IOException;

  /** Lets go of the connection, or gives it back. The last call, whatever happened. */
  protected void release() {}

  /** Whether the handler has sent the whole response, so that nothing can be added or taken. */
  protected boolean isComplete() {
    return false;
  }

  /** Whether the handler has returned and will answer later. */
  protected boolean isAsync() {
    return false;
  }

  /** Whether the container has heard that the client has left. Asked every few milliseconds. */
  protected boolean isReset() {
    return false;
  }

  /** Something that the handler does with its response. */
  @FunctionalInterface
  protected interface ResponseAction {

    /** Does it. */
    void run() throws IOException;
  }

  /** A read of the body, as of {@link java.io.InputStream#read(byte[])}. */
  @FunctionalInterface
  protected interface BodyRead {

    /** How many bytes were read; -1: none is left. */
    int run() throws IOException;
  }

  /**
   * Does something with the response if it is the handler's.
   *
   * @throws ResponseTakenException if it is not
   */
  protected final void owned(ResponseAction action) throws IOException {
    gate.lock();
    try {
      checkOwned();
      action.run();
    } finally {
      gate.unlock();
    }
  }

  /**
   * Writes a part of the body if the response is the handler's, within the limit of its time. That
   * the client cannot be written to is a way to hear that it has left.
   */
  protected final void write(int bytes, ResponseAction action) throws IOException {
    try {
      owned(
          () -> {
            beforeResponse();
            timed(writeClock, action);
            bytesWritten.addAndGet(bytes);
          });
    } catch (IOException broken) {
      hear(broken);
      throw broken;
    }
  }

  private static void timed(@Nullable TransferClock clock, ResponseAction action)
      throws IOException {
    if (clock == null) {
      action.run();
      return;
    }
    clock.begin();
    try {
      action.run();
    } finally {
      clock.end();
    }
  }

  /** Not under the gate: the end of the context runs whatever listens to it. */
  private void hear(IOException broken) {
    if (ConnectionLoss.is(broken)) {
      clientGone();
    }
  }

  /** Reads a part of the body, within the limits of time and size. */
  protected final int read(BodyRead action) throws IOException {
    if (taken) {
      throw new ResponseTakenException("the request has ended");
    }
    int[] bytes = new int[1];
    try {
      timed(readClock, () -> bytes[0] = action.run());
    } catch (IOException broken) {
      hear(broken);
      throw broken;
    }
    if (bytes[0] > 0) {
      counted(bytes[0]);
    }
    return bytes[0];
  }

  /** Counts what was read by other means. */
  protected final void counted(int bytes) throws IOException {
    if (bytesRead.addAndGet(bytes) > limits.bodySize()) {
      throw limits.bodyTooLarge();
    }
  }

  /** The handler has chosen a status, or the container has. */
  protected final void sent(int newStatus) {
    status = newStatus;
  }

  /** Whether the end of the context has taken the response from the handler. */
  protected final boolean isCutOff() {
    return cutOff;
  }

  /** The client has left: the context ends, and with it all that works for the request. */
  public final void clientGone() {
    CancellableContext ctx = request;
    if (ctx != null) {
      ctx.cancel(CancelReason.USER);
    }
  }

  /** What of the headers that filters have set is to be sent with a response of the handler's. */
  protected final Map<String, String> headersOfFilters() {
    return Collections.unmodifiableMap(headers);
  }

  private void checkOwned() throws ResponseTakenException {
    if (taken || finished) {
      throw new ResponseTakenException(
          status == 0 ? "the request has ended" : "the request has been answered with " + status);
    }
  }

  private Map<String, String> forReply(Map<String, String> more) {
    Map<String, String> all = new LinkedHashMap<>(headers);
    all.put("Content-Type", "text/plain; charset=utf-8");
    all.putAll(more);
    return all;
  }

  // ---- for the stack

  /** The first moment. */
  final void begin(
      ServerStack owner, CancellableContext requestContext, CancellableContext interrupts) {
    if (stack != null) {
      throw new IllegalStateException("an exchange is served once");
    }
    request = requestContext;
    interrupter = interrupts;
    inner = requestContext;
    began = requestContext.timeSource().nanoTime();
    stack = owner;
  }

  /** Ends when the handler's thread is to be interrupted: after the answer. */
  final Context interrupter() {
    return required(interrupter);
  }

  final void limit(TransferLimits newLimits) {
    limits = newLimits;
    Context ctx = required(request);
    readClock = TransferClock.of(ctx, newLimits.bodyTime(), () -> stop(newLimits.bodyTooSlow()));
    writeClock =
        TransferClock.of(ctx, newLimits.writeTime(), () -> stop(newLimits.responseTooSlow()));
  }

  private void stop(TransferException why) {
    required(request).cancel(why);
  }

  /** A filter passes the request on. */
  final void passed(Context ctx) {
    inner = ctx;
  }

  /** The handler's turn: from here on the end of its context takes the response. */
  final void working(Context ctx) {
    end = ctx.onDone(() -> takeOver(ctx));
  }

  /** The context has ended while the handler is at work: answers in its place, if that is left. */
  private void takeOver(Context ctx) {
    ContextException why = requireNonNull(ctx.error(), "error");
    boolean mine = false;
    try {
      mine = gate.tryLock(WRITE_GRACE_MILLIS, TimeUnit.MILLISECONDS);
    } catch (InterruptedException hurry) {
      Thread.currentThread().interrupt();
    }
    try {
      if (!mine) { // a write hangs: it has the lock, and hears the interrupt
        taken = true;
        cutOff = true;
        answer = required(stack).statuses().ofEnd(why, ctx.cause());
        answeredAt = now();
        abortLater();
      } else if (!taken && !finished && !isComplete()) {
        taken = true;
        cutOff = true;
        settle(required(stack).statuses().ofEnd(why, ctx.cause()));
      }
    } finally {
      if (mine) {
        gate.unlock();
      }
      required(interrupter).cancel(why);
    }
    if (isAsync()) {
      finish(null);
    }
  }

  /** Under the gate. Answers, if there is anybody to answer and nothing was sent. */
  private void settle(Answer chosen) {
    answer = chosen;
    boolean isGone = chosen.reason() == Reason.CLIENT_DISCONNECTED;
    try {
      if (isCommitted()) {
        abort();
      } else if (!isGone) {
        beforeResponse();
        Map<String, String> more = new LinkedHashMap<>();
        chosen.retryAfterSeconds().ifPresent(after -> more.put("Retry-After", after));
        if (chosen.refused() != null) {
          more.put(HeaderNames.REFUSED, chosen.refused());
        }
        if (protocol().startsWith("HTTP/1") && (cutOff || chosen.isLastOnConnection())) {
          // The handler may still read from it, or hold it.
          more.put("Connection", "close");
        }
        byte[] body = chosen.text().getBytes(StandardCharsets.UTF_8);
        sent(chosen.status());
        bytesWritten.addAndGet(body.length);
        send(chosen.status(), forReply(more), body);
      }
    } catch (Throwable broken) { // the connection, mostly
      SafeText.log(LOG, Level.DEBUG, "an answer could not be sent", broken);
      abortQuietly();
    }
    answeredAt = now();
  }

  private void abortQuietly() {
    try {
      abort();
    } catch (Throwable broken) {
      SafeText.log(LOG, Level.DEBUG, "a response could not be broken off", broken);
    }
  }

  /**
   * The handler has returned, or its asynchronous part has.
   *
   * @param thrown what it threw
   */
  protected final void finish(@Nullable Throwable thrown) {
    List<Consumer<? super ExchangeEnd>> told;
    Context ctx = required(inner);
    long returned = now();
    gate.lock();
    try {
      if (finished) {
        return;
      }
      if (!taken) {
        conclude(ctx, thrown);
      }
      finished = true;
      failure = thrown;
      told = new ArrayList<>(listeners);
      listeners.clear();
    } finally {
      gate.unlock();
    }
    Registration registered = end;
    if (registered != null) {
      registered.withdraw();
    }
    try {
      release();
    } catch (Throwable broken) {
      SafeText.log(LOG, Level.DEBUG, "a connection could not be given back", broken);
    }
    Collections.reverse(told);
    tell(told, ended(ctx, returned));
    required(stack).ended(this);
    required(interrupter).close();
    required(request).close();
  }

  /** Under the gate. The handler has returned before anybody else has answered. */
  private void conclude(Context ctx, @Nullable Throwable thrown) {
    ContextException over = ctx.error();
    if (isComplete() || (thrown == null && over == null)) {
      if (thrown != null) {
        SafeText.log(LOG, Level.ERROR, this + " failed after its answer", thrown);
      }
      completeQuietly();
      return;
    }
    taken = true;
    cutOff = over != null;
    StatusTable table = required(stack).statuses();
    Answer chosen =
        over != null ? table.ofEnd(over, ctx.cause()) : table.ofFailure(requireNonNull(thrown));
    if (chosen.status() == 500 && thrown != null) {
      SafeText.log(LOG, Level.ERROR, this + " failed", thrown);
    }
    settle(chosen);
  }

  private void completeQuietly() {
    try {
      beforeResponse();
      complete();
      if (status == 0) {
        sent(200);
      }
    } catch (Throwable broken) { // the connection, mostly
      SafeText.log(LOG, Level.DEBUG, "a response could not be completed", broken);
      if (ConnectionLoss.is(broken)) {
        answer = StatusTable.CLIENT_GONE;
        answeredAt = now();
      }
      abortQuietly();
    }
  }

  private ExchangeEnd ended(Context ctx, long returned) {
    Answer chosen = answer;
    Reason reason = chosen == null ? Reason.ANSWERED : chosen.reason();
    int shown = status != 0 ? status : chosen != null ? chosen.status() : ExchangeEnd.CLIENT_GONE;
    if (reason == Reason.CLIENT_DISCONNECTED) {
      shown = ExchangeEnd.CLIENT_GONE;
    }
    long until = chosen == null ? returned : answeredAt;
    return new ExchangeEnd(
        this,
        ctx,
        shown,
        reason,
        Duration.ofNanos(Math.max(0, until - began)),
        Duration.ofNanos(Math.max(0, returned - until)),
        failure);
  }

  private static void tell(List<Consumer<? super ExchangeEnd>> told, ExchangeEnd end) {
    for (Consumer<? super ExchangeEnd> listener : told) {
      try {
        listener.accept(end);
      } catch (Throwable broken) {
        SafeText.log(LOG, Level.WARNING, "a listener of the end of an exchange failed", broken);
      }
    }
  }

  private long now() {
    return required(request).timeSource().nanoTime();
  }

  private static <T> T required(@Nullable T part) {
    return requireNonNull(part, "an exchange that is served by a stack");
  }

  /** The method and the path, safe for a log. */
  @Override
  public String toString() {
    return SafeText.of(method(), 16) + " " + SafeText.of(path());
  }
}
