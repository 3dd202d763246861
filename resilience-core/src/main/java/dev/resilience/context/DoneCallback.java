package dev.resilience.context;

/** What to do when a context ends. Short: it runs on the thread that cancels. */
@FunctionalInterface
public interface DoneCallback {

  /**
   * Runs once.
   *
   * @throws Exception contained and logged
   */
  void run() throws Exception;
}
