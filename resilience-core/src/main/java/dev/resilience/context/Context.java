package dev.resilience.context;

import com.google.errorprone.annotations.CheckReturnValue;
import com.google.errorprone.annotations.MustBeClosed;
import dev.resilience.time.Deadline;
import dev.resilience.time.TimeSource;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;

/**
 * The deadline, the cancellation and the values of a call. Contexts form a tree; a child ends no
 * later than its parent, and sees its values.
 *
 * <p>Pass the context as the first argument, named {@code ctx}; never keep it in a field of
 * something that outlives the call.
 *
 * <pre>{@code
 * static final Key<String> TENANT = Key.of("tenant", String.class);
 *
 * try (var request = Context.background().withValue(TENANT, "acme").withTimeout(ofSeconds(2))) {
 *   Quote quote = quotes.fetch(request, order);  // watches request.isDone(), or is interrupted by it
 * }                                              // whatever still works for the request ends here
 * }</pre>
 *
 * <h2>How a context ends</h2>
 *
 * A context ends once, for one of two reasons, and stays ended: it was <em>cancelled</em>, by its
 * owner or with an ancestor, or its <em>deadline</em> passed, its own or an ancestor's. {@link
 * #error} tells which, {@link #cause} tells why. The first event counts; of two that are seen
 * together, the one with the earlier recorded time; a tie goes to the deadline. A deadline that
 * nobody observes is found by whoever looks first.
 *
 * <h2>Thread-safety and memory effects</h2>
 *
 * Contexts are immutable but for their end, and safe for use by any number of threads. What
 * happened before the cancel that ended a context <em>happens-before</em> whatever follows on a
 * thread that has seen the end, by any method of this interface or in a callback. When a call of
 * {@code cancel} has returned, every descendant reads as ended; callbacks may still be running on
 * another thread.
 *
 * <h2>Cost</h2>
 *
 * A context that nobody listens to is one small object that its parent does not know: it may be
 * forgotten and is garbage then. Asking whether it has ended costs a volatile read for each
 * cancellable ancestor, and one reading of the clock where there is a deadline. A look-up of a
 * value does not depend on the depth of the tree. A timer exists only while somebody waits to be
 * told.
 *
 * <p>Passing {@code null} to a method of this package throws {@link NullPointerException} with the
 * name of the argument, unless stated otherwise.
 */
public sealed interface Context permits CancellableContext, Node {

  /** The root that never ends, has no deadline and no values, on the time of this machine. */
  static Context background() {
    return ValueContext.BACKGROUND;
  }

  /**
   * As {@link #background}, for code that has no context to pass on yet: it says so in {@code
   * toString}, so that a search or a log finds it.
   */
  static Context todo() {
    return ValueContext.TODO;
  }

  /**
   * A root that never ends, on another clock; for tests on {@link dev.resilience.time.VirtualTime}.
   *
   * @param timeSource inherited by all descendants
   */
  static Context background(TimeSource timeSource) {
    return ValueContext.root(timeSource, null);
  }

  /**
   * A root that never ends and whose descendants are all watched. This makes them eager: each one
   * is linked and its deadline armed from the start, so an ended one is told at once, and a
   * forgotten one stays reachable until it ends.
   *
   * @param timeSource inherited by all descendants
   * @param observer told of every context that is derived below, and of its end
   */
  static Context observed(TimeSource timeSource, ContextObserver observer) {
    return ValueContext.root(timeSource, java.util.Objects.requireNonNull(observer, "observer"));
  }

  /**
   * A context that ends when the first of several does, with that one's cause; it has the earliest
   * of their deadlines, and for each key the value of the first of them that has the key. Closing
   * it detaches it from all of them; they live on. No thread waits.
   *
   * <p>Costs a step for each distinct ancestor, here and at each look.
   *
   * @throws IllegalArgumentException if they are not of the same time source
   */
  @MustBeClosed
  static CancellableContext firstOf(Context first, Context... others) {
    return MergedScope.of(first, others);
  }

  // ---- deriving

  /** A child that can be cancelled by hand. */
  @MustBeClosed
  CancellableContext withCancel();

  /**
   * A child that ends when the time is up, or with this context if that is earlier.
   *
   * @param timeout from now; zero or negative: the child has ended already; beyond 146 years: cut
   */
  @MustBeClosed
  CancellableContext withTimeout(Duration timeout);

  /**
   * A child that ends at a deadline, or with this context if that is earlier.
   *
   * @throws IllegalArgumentException if the deadline is of another time source
   */
  @MustBeClosed
  CancellableContext withDeadline(Deadline deadline);

  /**
   * A child that ends at an instant of the wall clock, which is converted to the monotonic clock
   * once, now; or with this context if that is earlier.
   */
  @MustBeClosed
  CancellableContext withDeadline(Instant deadline);

  /**
   * A child that has at least this long, whatever the deadlines above: it is cancelled when an
   * ancestor is cancelled, also after that ancestor's deadline, but no ancestor's deadline cuts it
   * off. Where the time left is longer anyway, or there is no deadline, that stays as it is.
   *
   * <p>For work that must be finished once begun, such as a rollback or a fallback's answer.
   *
   * @param atLeast from now, positive
   */
  @MustBeClosed
  CancellableContext withMoreTime(Duration atLeast);

  /**
   * A child with one more value, which shadows that of an ancestor. It ends when this context does.
   * Costs a copy of the table of values, linear in their number.
   *
   * @throws IllegalArgumentException if the value is not of the key's type or the key's validator
   *     refuses it
   */
  @CheckReturnValue
  <T> Context withValue(Key<T> key, T value);

  /**
   * A child with those values that another context has for some keys; keys without a value there
   * are left out. To keep a chosen few on another root: {@code
   * Context.background().withValuesOf(request, USER, TENANT)}.
   */
  @CheckReturnValue
  Context withValuesOf(Context other, Key<?>... keys);

  /**
   * A child whose work carries something of the context along in a thread-local of another library;
   * its descendants do as well. A binding that is there already is not added again.
   *
   * @see ThreadBinding
   */
  Context withBinding(ThreadBinding binding);

  /** A child with a name, which its descendants inherit: for messages, logs and dumps. */
  @CheckReturnValue
  Context withName(String name);

  /**
   * The values alone, without cancellation and deadline: for background work that outlives the
   * request. Keeps no reference to this context. A fresh limit goes behind it: {@code
   * ctx.detached().withTimeout(limit)}.
   */
  @CheckReturnValue
  Context detached();

  // ---- the end

  /** Whether this context can end at all. A root cannot, nor one that only adds values to it. */
  boolean canEnd();

  /** Whether this context has ended. Allocates nothing while it lives. */
  boolean isDone();

  /**
   * Whether this context ended by a cancel, as far as can be told without reading a clock. The
   * cheapest question: a volatile read for each cancellable ancestor.
   */
  boolean isCancelled();

  /**
   * Why this context has ended, or null while it lives: a {@link ContextCancelledException} or a
   * {@link DeadlineExceededException}, the same object at each call. It has no stack trace and may
   * be shared with other contexts that ended of the same event; to throw, use {@link #throwIfDone}
   * or {@link #toException}.
   */
  @Nullable ContextException error();

  /**
   * What was behind the end: the cause that was given to the cancel, or {@link #error} itself where
   * none was. Null while the context lives.
   */
  @Nullable Throwable cause();

  /** Whether this context has ended, and did so because an ancestor did. */
  boolean isEndInherited();

  /**
   * Whether this context has ended because its own deadline passed: not that of an ancestor, and
   * not by a cancel. Tells a policy's time-out from the end of its caller.
   *
   * <pre>{@code
   * try (var attempt = caller.withTimeout(limit)) {
   *   return call(attempt);
   * } catch (ContextException e) {
   *   throw attempt.isTimedOut() ? new SlowException(limit) : e;   // mine, or my caller's?
   * }
   * }</pre>
   */
  boolean isTimedOut();

  /**
   * Returns if this context lives.
   *
   * @throws ContextCancelledException if it was cancelled
   * @throws DeadlineExceededException if its deadline has passed
   */
  void throwIfDone();

  /**
   * A new exception for the end of this context, with the caller's stack trace.
   *
   * @throws IllegalStateException if the context lives
   */
  ContextException toException();

  /**
   * Runs a callback once when this context ends; now, on this thread, if it has ended already.
   *
   * <p>The callbacks of a cancel run on the thread that cancels, in order of registration, a
   * context's own before its children's; those of a deadline on the executor of the time source.
   * The whole subtree reads as ended before the first one runs. What a callback throws is contained
   * and logged. No lock is held meanwhile.
   *
   * @return to withdraw the callback, which until the end is kept by this context
   * @see #onAbort
   */
  Registration onDone(DoneCallback callback);

  /**
   * As {@link #onDone}, for an end that comes too early: while the work of this context is under
   * way. The hook for what stops or closes what the work holds.
   *
   * <pre>{@code
   * payments.call(ctx, c -> {
   *   Connection connection = pool.borrow();
   *   c.onAbort(connection::abort);        // the caller left, or the time was up
   *   Quote quote = connection.ask(order);
   *   pool.giveBack(connection);           // still open: the hook is withdrawn
   *   return quote;
   * });
   * }</pre>
   *
   * <p>A context that a stack of policies gave to its work withdraws the callback when that work
   * has returned or thrown, or the stage that it returned has completed. Any other context drops it
   * when its owner {@linkplain CancellableContext#close closes} it, and runs it when it ends in any
   * other way.
   *
   * @return to withdraw the callback earlier
   */
  Registration onAbort(DoneCallback callback);

  /**
   * A stage that completes with {@link #error} when this context ends; it cannot be completed from
   * outside. Each call registers one more callback, for as long as this context lives: on a
   * long-lived context prefer {@link #onDone}, which can be withdrawn.
   */
  CompletionStage<ContextException> done();

  /**
   * Waits until this context has ended.
   *
   * @throws InterruptedException if the thread is or was interrupted
   */
  void awaitDone() throws InterruptedException;

  /**
   * Waits until this context has ended or a time is up.
   *
   * @param limit zero or negative: does not wait
   * @return whether the context has ended
   * @throws InterruptedException if the thread is or was interrupted
   */
  boolean awaitDone(Duration limit) throws InterruptedException;

  // ---- waiting under this context

  /**
   * Sleeps, until this context ends at the latest.
   *
   * @param time zero or negative: returns at once if the context lives
   * @throws ContextException if the context has ended or ends before the time is up
   * @throws InterruptedException if the thread is or was interrupted
   */
  void sleep(Duration time) throws InterruptedException;

  /**
   * A stage that completes after a time, or exceptionally with a {@link ContextException} when this
   * context ends before. The stage's dependents run on the executor of the time source, or on the
   * thread that cancels. Cancelling its future ends the timer.
   *
   * @param time zero or negative: the stage has completed already
   */
  CompletionStage<@Nullable Void> delay(Duration time);

  /**
   * Waits for a stage, until this context ends at the latest; the stage is left alone then.
   *
   * @return the stage's result, also if the context has ended meanwhile but the result is there
   * @throws ContextException if the context ends first
   * @throws ExecutionException if the stage failed, with its raw failure as the cause
   * @throws InterruptedException if the thread is or was interrupted
   */
  <T extends @Nullable Object> T await(CompletionStage<T> stage)
      throws InterruptedException, ExecutionException;

  /**
   * Runs blocking work that knows nothing of contexts on the calling thread, and interrupts the
   * thread when this context ends. No interrupt of ours lands after this method has returned, and
   * the interrupt flag is then what it was before, or set if an interrupt came from outside.
   *
   * <p>Two interrupts are one bit. An outside one that comes before ours is kept; so is one that
   * comes after ours if the work threw the {@link InterruptedException} that ours has caused. One
   * that comes after ours and finds it not yet consumed, or consumed by work that then returned or
   * threw something else, cannot be told from ours and is lost. The isolated mode of the time-out
   * policies has no such window.
   *
   * <p>The interrupt is for the work, whatever it waits on: {@link #sleep} of this very context
   * inside of this method throws an {@link InterruptedException} when the context ends.
   *
   * <p>Work that ignores interrupts holds its caller up; free it with a close hook: {@code
   * ctx.onAbort(socket::close)}.
   *
   * @return the result of the work, also if the context has ended meanwhile
   * @throws X what the work throws, unless this context interrupted it
   * @throws ContextException if the context has ended before, or interrupted the work and it threw
   *     an exception, which is suppressed in it; an {@link Error} comes out as it is
   */
  <T extends @Nullable Object, X extends Throwable> T interruptibly(BlockingWork<T, X> work)
      throws X;

  // ---- time

  /** The deadline that counts here, the earliest on the path to the root; empty: none. */
  Optional<Deadline> deadline();

  /**
   * The time until the deadline, never negative; 146 years where there is none. Reads the clock.
   */
  Duration timeLeft();

  /** Whether the deadline, if any, is at least this far away. Reads the clock if there is one. */
  boolean hasTimeFor(Duration time);

  /** Where this tree gets its time, its waiting and its randomness from. */
  TimeSource timeSource();

  // ---- values

  /** The value of a key, or null where there is none. */
  <T> @Nullable T get(Key<T> key);

  /** The value of a key, or a default where there is none. */
  <T> T getOrDefault(Key<T> key, T defaultValue);

  /** The value of a key, if there is one. */
  <T> Optional<T> find(Key<T> key);

  /**
   * The value of a key that must be there.
   *
   * @throws java.util.NoSuchElementException naming the key, if there is none
   */
  <T> T require(Key<T> key);

  /** Whether there is a value for a key. */
  boolean has(Key<?> key);

  /** The nearest name given with {@link #withName}, or the empty string. */
  String name();
}
