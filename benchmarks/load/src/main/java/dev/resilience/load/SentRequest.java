package dev.resilience.load;

import java.util.concurrent.atomic.AtomicBoolean;

/** What a sender has noted of a request. */
final class SentRequest {

  private final String id;
  private final int call;
  private final int instance;
  private final long sent;
  private final AtomicBoolean over = new AtomicBoolean();
  private volatile long released = -1;
  private volatile int status = -1;

  SentRequest(String id, int call, int instance, long sent) {
    this.id = id;
    this.call = call;
    this.instance = instance;
    this.sent = sent;
  }

  String id() {
    return id;
  }

  /** Notes that the sender waits no longer, once. */
  boolean release(long now, int newStatus) {
    if (!over.compareAndSet(false, true)) {
      return false;
    }
    status = newStatus;
    released = now;
    return true;
  }

  /** Whether the sender waits no longer. */
  boolean isOver() {
    return released >= 0;
  }

  String toLine() {
    return String.join(
        "\t",
        id,
        String.valueOf(call),
        String.valueOf(instance),
        String.valueOf(sent),
        String.valueOf(released),
        String.valueOf(status));
  }
}
