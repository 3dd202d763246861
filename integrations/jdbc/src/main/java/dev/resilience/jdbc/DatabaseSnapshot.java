package dev.resilience.jdbc;

/** Figures of a {@link Database} at a moment. The counts begin with its building. */
public final class DatabaseSnapshot {

  private final String name;
  private final int connections;
  private final int inUse;
  private final int waiting;
  private final long cancelled;
  private final long aborted;
  private final long evicted;

  DatabaseSnapshot(
      String name,
      int connections,
      int inUse,
      int waiting,
      long cancelled,
      long aborted,
      long evicted) {
    this.name = name;
    this.connections = connections;
    this.inUse = inUse;
    this.waiting = waiting;
    this.cancelled = cancelled;
    this.aborted = aborted;
    this.evicted = evicted;
  }

  /** The name of the database. */
  public String name() {
    return name;
  }

  /** How many connections may be borrowed at once. */
  public int connections() {
    return connections;
  }

  /** How many are borrowed, or waited for at the data source. */
  public int inUse() {
    return inUse;
  }

  /** How many calls wait in line; those that wait for the share of their key do not count. */
  public int waiting() {
    return waiting;
  }

  /** How many loans ended with a cancel of their statement. */
  public long cancelled() {
    return cancelled;
  }

  /** How many connections were aborted, because a cancel failed or did not help in time. */
  public long aborted() {
    return aborted;
  }

  /** How many connections were closed rather than lent again, the aborted ones included. */
  public long evicted() {
    return evicted;
  }

  @Override
  public String toString() {
    return name
        + ": "
        + inUse
        + " of "
        + connections
        + " connections in use, "
        + waiting
        + " waiting; "
        + cancelled
        + " cancelled, "
        + aborted
        + " aborted, "
        + evicted
        + " evicted";
  }
}
