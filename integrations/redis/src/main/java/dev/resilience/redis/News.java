package dev.resilience.redis;

/** Whether a key was changed, here or elsewhere, since somebody asked Redis for it. */
final class News {

  private volatile boolean come;

  void hasCome() {
    come = true;
  }

  boolean haveCome() {
    return come;
  }
}
