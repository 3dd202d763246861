package dev.resilience.context;

/**
 * Wakes a thread that is parked under a context. A class and not a lambda, so that a dump finds who
 * waits, and why.
 */
record WakeUp(Node ctx, Thread sleeper, WaitReason reason) implements DoneCallback {

  @Override
  public void run() {
    ctx.root.time().unpark(sleeper);
  }
}
