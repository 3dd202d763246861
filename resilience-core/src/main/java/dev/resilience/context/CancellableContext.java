package dev.resilience.context;

/**
 * A context in the hands of its owner, who can end it. Hand it on as a plain {@link Context}.
 *
 * <p>Always close it: try-with-resources is what {@code defer cancel()} is in Go. A forgotten one
 * costs nothing while nobody listens below it, and otherwise stays with its parent until that ends.
 */
public sealed interface CancellableContext extends Context, AutoCloseable permits Scope {

  /**
   * Ends this context and all its descendants, unless they have ended before. Any number of calls
   * from any thread: the first cause wins. The parent and the siblings live on. When this returns,
   * every descendant reads as ended, whoever cancelled first.
   *
   * @param cause what {@link #cause} returns from now on, here and below; see {@link CancelReason}
   *     for common ones
   * @return whether this call ended the context
   */
  boolean cancel(Throwable cause);

  /**
   * As {@link #cancel(Throwable)}, without a cause: {@link #cause} is then {@link #error} itself.
   */
  boolean cancel();

  /**
   * Ends this context, with cause {@link CancelReason#CLOSED} if it still lives, and lets go of it:
   * no parent, list or timer holds it when this returns. Does not wait for callbacks that run.
   *
   * <p>Where nobody listens, no clock is read: a deadline that passed shortly before and that
   * nobody has looked at then reads as closed.
   */
  @Override
  void close();
}
