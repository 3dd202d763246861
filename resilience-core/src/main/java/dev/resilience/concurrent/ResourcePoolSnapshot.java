package dev.resilience.concurrent;

/** The figures of a resource pool at one moment. Immutable. */
public final class ResourcePoolSnapshot {

  private final int idle;
  private final int lent;
  private final int waiting;
  private final long opened;
  private final long closed;
  private final long revoked;
  private final long refused;

  ResourcePoolSnapshot(
      int idle, int lent, int waiting, long opened, long closed, long revoked, long refused) {
    this.idle = idle;
    this.lent = lent;
    this.waiting = waiting;
    this.opened = opened;
    this.closed = closed;
    this.revoked = revoked;
    this.refused = refused;
  }

  /** Resources that wait for a borrower. */
  public int idle() {
    return idle;
  }

  /** Resources that are lent. */
  public int lent() {
    return lent;
  }

  /** Borrowers that wait for a resource. */
  public int waiting() {
    return waiting;
  }

  /** Resources opened so far. */
  public long opened() {
    return opened;
  }

  /** Resources closed so far, for whatever reason. */
  public long closed() {
    return closed;
  }

  /** Resources taken away so far, because their borrowers' contexts ended. */
  public long revoked() {
    return revoked;
  }

  /** Borrowers refused so far, because no resource would come free in time. */
  public long refused() {
    return refused;
  }

  @Override
  public String toString() {
    return idle
        + " idle, "
        + lent
        + " lent, "
        + waiting
        + " waiting, "
        + opened
        + " opened, "
        + closed
        + " closed, "
        + revoked
        + " revoked, "
        + refused
        + " refused";
  }
}
