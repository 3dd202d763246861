package dev.resilience.queue;

import org.jspecify.annotations.Nullable;

/** The waiting tickets of one tenant and one criticality, linked from the oldest to the newest. */
final class TenantQueue {

  final String tenant;
  private @Nullable Ticket oldest;
  private @Nullable Ticket newest;
  private int size;

  TenantQueue(String tenant) {
    this.tenant = tenant;
  }

  int size() {
    return size;
  }

  void add(Ticket ticket) {
    Ticket before = newest;
    ticket.older = before;
    ticket.queue = this;
    if (before == null) {
      oldest = ticket;
    } else {
      before.newer = ticket;
    }
    newest = ticket;
    size++;
  }

  void remove(Ticket ticket) {
    Ticket older = ticket.older;
    Ticket newer = ticket.newer;
    if (older == null) {
      oldest = newer;
    } else {
      older.newer = newer;
    }
    if (newer == null) {
      newest = older;
    } else {
      newer.older = older;
    }
    ticket.older = null;
    ticket.newer = null;
    ticket.queue = null;
    size--;
  }

  /** Whether the oldest has waited for so long that the newest goes first. */
  boolean stands(long now, long standsAfter) {
    return oldest != null && now - oldest.enteredAt > standsAfter;
  }

  @Nullable Ticket oldest() {
    return oldest;
  }

  @Nullable Ticket newest() {
    return newest;
  }
}
