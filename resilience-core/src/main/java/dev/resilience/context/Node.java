package dev.resilience.context;

import dev.resilience.text.DurationText;
import dev.resilience.text.SafeText;
import dev.resilience.time.Deadline;
import dev.resilience.time.Durations;
import dev.resilience.time.TimeSource;
import java.time.Duration;
import java.time.Instant;
import java.util.NoSuchElementException;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;

/**
 * What all contexts have in common: a tree they belong to, a table of values, and a scope that they
 * end with. The methods of the public interface that need no more than these three.
 */
abstract sealed class Node implements Context permits Scope, ValueContext {

  static final Key<String> NAME = Key.of("name", String.class).shown();

  final Root root;
  final Values values;

  Node(Root root, Values values) {
    this.root = root;
    this.values = values;
  }

  /** What this ends with; null: it never ends. */
  abstract @Nullable Scope scope();

  /** The owner of the deadline that counts here. */
  abstract @Nullable DeadlineScope deadlineScope();

  // ---- deriving

  /** A child that differs in its values alone. */
  abstract Context withValues(Values other);

  /** To be called on each new scope before anybody else sees it. */
  final <S extends Scope> S derived(S scope) {
    if (root.observer() != null) {
      Observation.start(root.observer(), scope, this);
    }
    return scope;
  }

  @Override
  public CancellableContext withCancel() {
    return derived(new Scope(this));
  }

  @Override
  public CancellableContext withTimeout(Duration timeout) {
    Objects.requireNonNull(timeout, "timeout");
    long now = root.time().nanoTime();
    return withDeadline(now + Durations.toNanos(timeout), now);
  }

  @Override
  public CancellableContext withDeadline(Deadline deadline) {
    Objects.requireNonNull(deadline, "deadline");
    if (deadline.source() != root.time()) {
      throw new IllegalArgumentException(
          "deadline: on "
              + SafeText.of(deadline.source())
              + " (expected: on "
              + SafeText.of(root.time())
              + ")");
    }
    return withDeadline(deadline.nanos(), root.time().nanoTime());
  }

  @Override
  public CancellableContext withDeadline(Instant deadline) {
    Objects.requireNonNull(deadline, "deadline");
    return withTimeout(Duration.between(root.time().instant(), deadline));
  }

  private CancellableContext withDeadline(long deadline, long now) {
    DeadlineScope above = deadlineScope();
    if (above != null && (above.deadline - deadline <= 0 || above.isDueAt(now))) {
      // Ends with an ancestor, or has done so already: a deadline of its own would say nothing new,
      // but to an observer.
      return root.observer() == null
          ? withCancel()
          : derived(new LaterDeadlineScope(this, deadline));
    }
    DeadlineScope scope = new DeadlineScope(this, deadline);
    if (scope.isDueAt(now)) {
      scope.endAtOnce();
    }
    return derived(scope);
  }

  @Override
  public CancellableContext withMoreTime(Duration atLeast) {
    Durations.requirePositive(atLeast, "atLeast");
    DeadlineScope above = deadlineScope();
    if (above == null) {
      return withCancel();
    }
    long wanted = root.time().nanoTime() + Durations.toNanos(atLeast);
    return above.deadline - wanted >= 0 ? withCancel() : derived(new MoreTimeScope(this, wanted));
  }

  @Override
  public <T> Context withValue(Key<T> key, T value) {
    Objects.requireNonNull(key, "key");
    return withValues(values.with(key, key.check(value)));
  }

  @Override
  public Context withValuesOf(Context other, Key<?>... keys) {
    Values from = ((Node) Objects.requireNonNull(other, "other")).values;
    Values merged = values;
    for (Key<?> key : keys) {
      Object value = from.get(Objects.requireNonNull(key, "keys"));
      if (value != null) {
        merged = merged.with(key, value);
      }
    }
    return withValues(merged);
  }

  @Override
  public Context withBinding(ThreadBinding binding) {
    return withValues(values.with(Objects.requireNonNull(binding, "binding")));
  }

  @Override
  public Context withName(String name) {
    return withValue(NAME, Objects.requireNonNull(name, "name"));
  }

  @Override
  public Context detached() {
    return new ValueContext(root, values, null);
  }

  // ---- the end

  private @Nullable End end() {
    Scope scope = scope();
    return scope == null ? null : scope.look();
  }

  @Override
  public boolean canEnd() {
    return scope() != null;
  }

  @Override
  public boolean isDone() {
    return end() != null;
  }

  @Override
  public boolean isTimedOut() {
    End end = end();
    return end != null && !end.cancelled && end.origin == this;
  }

  @Override
  public boolean isCancelled() {
    Scope scope = scope();
    return scope != null && scope.isFoundCancelled();
  }

  @Override
  public @Nullable ContextException error() {
    End end = end();
    return end == null ? null : end.error();
  }

  @Override
  public @Nullable Throwable cause() {
    End end = end();
    return end == null ? null : end.cause();
  }

  @Override
  public boolean isEndInherited() {
    End end = end();
    return end != null && end.origin != this;
  }

  @Override
  public void throwIfDone() {
    End end = end();
    if (end != null) {
      throw exception(end);
    }
  }

  @Override
  public ContextException toException() {
    End end = end();
    if (end == null) {
      throw new IllegalStateException(this + " lives (expected: ended)");
    }
    return exception(end);
  }

  private ContextException exception(End end) {
    return end.error().thrownHere(end.origin == this ? "" : " (an ancestor)");
  }

  @Override
  public Registration onDone(DoneCallback callback) {
    return register(
        BindingChain.around(this, Objects.requireNonNull(callback, "callback")),
        Callback.Kind.USER);
  }

  @Override
  public Registration onAbort(DoneCallback callback) {
    return abortHook(BindingChain.around(this, Objects.requireNonNull(callback, "callback")));
  }

  /** As {@link #onAbort}. */
  Registration abortHook(DoneCallback action) {
    return register(action, Callback.Kind.ABORT);
  }

  /** As {@link #onDone}, for a callback of any kind. */
  final Callback register(DoneCallback action, Callback.Kind kind) {
    Scope scope = scope();
    Callback callback = new Callback(scope, action, kind);
    if (scope != null) {
      scope.add(callback);
    }
    return callback;
  }

  @Override
  public CompletionStage<ContextException> done() {
    CompletableFuture<ContextException> stage = new CompletableFuture<>();
    onDone(() -> stage.complete(Objects.requireNonNull(error())));
    return stage.minimalCompletionStage();
  }

  // ---- waiting under this context

  @Override
  public void awaitDone() throws InterruptedException {
    BlockingWaits.forEnd(this);
  }

  @Override
  public boolean awaitDone(Duration limit) throws InterruptedException {
    return BlockingWaits.forEnd(this, Objects.requireNonNull(limit, "limit"));
  }

  @Override
  public void sleep(Duration time) throws InterruptedException {
    BlockingWaits.sleep(this, Objects.requireNonNull(time, "time"));
  }

  @Override
  public CompletionStage<@Nullable Void> delay(Duration time) {
    return Delay.start(this, Objects.requireNonNull(time, "time"));
  }

  @Override
  public <T extends @Nullable Object> T await(CompletionStage<T> stage)
      throws InterruptedException, ExecutionException {
    return BlockingWaits.forStage(this, Objects.requireNonNull(stage, "stage"));
  }

  @Override
  public <T extends @Nullable Object, X extends Throwable> T interruptibly(BlockingWork<T, X> work)
      throws X {
    return Interruption.around(this, Objects.requireNonNull(work, "work"));
  }

  // ---- time

  @Override
  public Optional<Deadline> deadline() {
    DeadlineScope owner = deadlineScope();
    return owner == null
        ? Optional.empty()
        : Optional.of(Deadline.atNanos(owner.deadline, root.time()));
  }

  @Override
  public Duration timeLeft() {
    DeadlineScope owner = deadlineScope();
    return Duration.ofNanos(
        owner == null
            ? TimeSource.MAX_AHEAD
            : Math.max(0, owner.deadline - root.time().nanoTime()));
  }

  @Override
  public boolean hasTimeFor(Duration time) {
    long nanos = Durations.toNanos(Objects.requireNonNull(time, "time"));
    DeadlineScope owner = deadlineScope();
    return owner == null || owner.deadline - root.time().nanoTime() >= nanos;
  }

  @Override
  public TimeSource timeSource() {
    return root.time();
  }

  // ---- values

  // A value was checked against its key's type when it was set.
  @Override
  @SuppressWarnings("unchecked")
  public <T> @Nullable T get(Key<T> key) {
    return (T) values.get(key);
  }

  @Override
  public <T> T getOrDefault(Key<T> key, T defaultValue) {
    T value = get(key);
    return value != null ? value : Objects.requireNonNull(defaultValue, "defaultValue");
  }

  @Override
  public <T> Optional<T> find(Key<T> key) {
    return Optional.ofNullable(get(key));
  }

  @Override
  public <T> T require(Key<T> key) {
    T value = get(key);
    if (value == null) {
      throw new NoSuchElementException("no value for '" + key + "' in " + this);
    }
    return value;
  }

  @Override
  public boolean has(Key<?> key) {
    return values.get(key) != null;
  }

  @Override
  public String name() {
    return getOrDefault(NAME, "");
  }

  /** For people: the name, and the end or the time left. Never the values. */
  @Override
  public String toString() {
    String name = name();
    String what = name.isEmpty() ? "context" : "context '" + SafeText.of(name) + "'";
    End end = end();
    if (end != null) {
      return what + " (" + end.error().getMessage() + ")";
    }
    return deadlineScope() == null ? what : what + " (" + DurationText.of(timeLeft()) + " left)";
  }
}
