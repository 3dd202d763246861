package dev.resilience.redis;

/** Whether a key was changed, here or elsewhere, since somebody asked Redis for it. */
final class InvalidationFlag {

  private volatile boolean set;

  void set() {
    set = true;
  }

  boolean isSet() {
    return set;
  }
}
