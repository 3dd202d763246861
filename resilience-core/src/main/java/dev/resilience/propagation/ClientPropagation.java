package dev.resilience.propagation;

import static java.util.Objects.requireNonNull;

import dev.resilience.context.Context;
import dev.resilience.policy.Verdict;
import dev.resilience.text.SafeText;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.net.URI;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The client's side of the wire, whatever library sends the requests: writes the headers of each
 * attempt, and learns from its answer how long the service takes, what of that is the network, and
 * how busy the server is.
 *
 * <pre>{@code
 * ClientPropagation wire = ClientPropagation.of(propagation, times).withCancelMessages();
 *
 * ClientPropagation.Attempt attempt = wire.begin(ctx, 1, request, Request.Builder::header);
 * attempt.answered(status, headers, reader, request::uri); // the headers of the response are there
 * attempt.cutOff();                                        // or it was broken off before
 * attempt.failed();                                        // or there will be none
 * }</pre>
 *
 * <p>Immutable but for what it learns, and thread-safe. One for each service.
 */
public final class ClientPropagation {

  private static final Logger LOG = System.getLogger(ClientPropagation.class.getName());

  private final Propagation propagation;
  private final CallTimes times;
  private final @Nullable LoadListener loads;
  private final boolean sendsCancelIds;

  private ClientPropagation(
      Propagation propagation,
      CallTimes times,
      @Nullable LoadListener loads,
      boolean sendsCancelIds) {
    this.propagation = propagation;
    this.times = times;
    this.loads = loads;
    this.sendsCancelIds = sendsCancelIds;
  }

  /**
   * Writes headers and measures times; tells nobody of loads, and sends no {@link
   * HeaderNames#CANCEL_ID}.
   *
   * @param propagation writes the headers
   * @param times what is known of the times of calls to the service
   */
  public static ClientPropagation of(Propagation propagation, CallTimes times) {
    return new ClientPropagation(
        requireNonNull(propagation, "propagation"), requireNonNull(times, "times"), null, false);
  }

  /** The same, which tells how busy servers say they are. */
  public ClientPropagation onLoad(LoadListener listener) {
    return new ClientPropagation(
        propagation, times, requireNonNull(listener, "listener"), sendsCancelIds);
  }

  /** The same, which sends with each attempt an id by which it can be cancelled. */
  public ClientPropagation withCancelMessages() {
    return new ClientPropagation(propagation, times, loads, true);
  }

  /** What is known of the times of calls. */
  public CallTimes times() {
    return times;
  }

  /**
   * Writes the headers of an attempt that is sent next.
   *
   * @param ctx of the attempt
   * @param number of the attempt, from 1
   * @param carrier the request
   * @throws dev.resilience.error.NoTimeLeftException if it is not worth sending
   * @throws dev.resilience.context.ContextException if the context has ended
   */
  public <C> Attempt begin(Context ctx, int number, C carrier, HeaderWriter<C> writer) {
    ctx.throwIfDone();
    propagation.inject(ctx, carrier, writer, number, times);
    String cancelId = sendsCancelIds ? CancelMessage.newId() : null;
    if (cancelId != null) {
      writer.set(carrier, HeaderNames.CANCEL_ID, cancelId);
    }
    return new Attempt(this, ctx, cancelId);
  }

  private void told(Supplier<URI> uri, ReportedLoad load) {
    if (loads == null) {
      return;
    }
    try {
      loads.told(uri.get(), load);
    } catch (Throwable broken) {
      SafeText.log(LOG, Level.WARNING, "a load listener failed", broken);
    }
  }

  /**
   * One attempt that is under way. The first of its ends counts; a later one teaches nothing.
   * Thread-safe.
   */
  public static final class Attempt {

    private final ClientPropagation owner;
    private final Context ctx;
    private final @Nullable String cancelId;
    private final long began;
    private final AtomicBoolean isOver = new AtomicBoolean();

    private Attempt(ClientPropagation owner, Context ctx, @Nullable String cancelId) {
      this.owner = owner;
      this.ctx = ctx;
      this.cancelId = cancelId;
      this.began = ctx.timeSource().nanoTime();
    }

    /** How long ago it began. */
    public Duration age() {
      return Duration.ofNanos(ctx.timeSource().nanoTime() - began);
    }

    /** The id by which the server can be told that nobody waits any longer, if one was sent. */
    public Optional<String> cancelId() {
      return Optional.ofNullable(cancelId);
    }

    /**
     * The headers of the response are there. How long a refusal took says nothing of the work; a
     * response that comes after the end of the attempt tells its load, and no time.
     *
     * @param uri of the request; asked only where a load is told
     * @return what the response means, by {@link HttpOutcome}
     */
    public <C> Verdict answered(int status, C headers, HeaderReader<C> reader, Supplier<URI> uri) {
      Verdict verdict = HttpOutcome.verdict(status, headers, reader);
      ReportedLoad load = ReportedLoad.read(reader.first(headers, HeaderNames.SERVER_LOAD));
      if (isOver.compareAndSet(false, true) && verdict != Verdict.REJECTED) {
        owner.times.answered(ctx, age(), load == null ? null : load.took().orElse(null));
      }
      if (load != null) {
        owner.told(uri, load);
      }
      return verdict;
    }

    /** There is no response, and none will come: how long that took says nothing. */
    public void failed() {
      isOver.set(true);
    }

    /** It was broken off: where no response has begun, the service takes this long at least. */
    public void cutOff() {
      if (isOver.compareAndSet(false, true)) {
        owner.times.cutOff(ctx, age());
      }
    }
  }
}
