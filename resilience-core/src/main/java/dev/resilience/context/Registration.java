package dev.resilience.context;

/** A callback that waits for the end of a context. Thread-safe. */
public interface Registration extends AutoCloseable {

  /**
   * Takes the callback back. Never waits. When this returns, the context holds no reference to the
   * callback.
   *
   * @return true: the callback will never run; false: it ran, runs, or was withdrawn before
   */
  boolean withdraw();

  /** As {@link #withdraw}, for try-with-resources. */
  @Override
  default void close() {
    withdraw();
  }
}
