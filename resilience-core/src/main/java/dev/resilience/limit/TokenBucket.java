package dev.resilience.limit;

import dev.resilience.time.TimeSource;
import org.jspecify.annotations.Nullable;

/**
 * A bucket into which tokens flow at a rate, and overflow above the burst. Tokens are counted as a
 * fraction that grows with time. Over any time, the tokens taken are at most {@code rate * time +
 * burst}.
 *
 * <p>J. Turner, "New Directions in Communications (or Which Way to the Information Age?)", IEEE
 * Communications Magazine, 1986.
 */
final class TokenBucket implements Meter {

  /** What the rounding of fractions may lack; it stays owed, and so never adds up. */
  private static final double ROUNDING = 1e-9;

  private double perNano;
  private int burst;
  private double level;
  private boolean isStarted;
  private long at;
  private @Nullable RoomRecord newest;

  TokenBucket(int tokens, long nanos, int burst) {
    this.perNano = tokens / (double) nanos;
    this.burst = burst;
    this.level = burst;
  }

  @Override
  public void advance(long now) {
    if (!isStarted) {
      isStarted = true;
      at = now;
    }
    if (now - at > 0) {
      level = Math.min(burst, level + (now - at) * perNano);
      at = now;
    }
    if (newest != null) {
      newest.sawRoom(burst - level);
    }
  }

  @Override
  public boolean holds(int tokens) {
    return level >= tokens - ROUNDING;
  }

  @Override
  public void take(int tokens) {
    level -= tokens;
  }

  @Override
  public Hold hold(int tokens) {
    level -= tokens;
    RoomRecord record = new RoomRecord(tokens, newest);
    newest = record;
    return record;
  }

  @Override
  public void use(Hold hold) {
    newest = ((RoomRecord) hold).end(newest);
  }

  @Override
  public void putBack(Hold hold) {
    level += ((RoomRecord) hold).putBack();
    newest = ((RoomRecord) hold).end(newest);
  }

  @Override
  public long nanosUntil(long tokens) {
    double nanos = Math.ceil((tokens - level) / perNano);
    return (long) Math.max(0, Math.min(nanos, (double) TimeSource.MAX_AHEAD));
  }

  @Override
  public int burst() {
    return burst;
  }

  @Override
  public double tokensPerNano() {
    return perNano;
  }

  @Override
  public double available() {
    return Math.max(0, level);
  }

  @Override
  public void changeRate(int tokens, long nanos) {
    perNano = tokens / (double) nanos;
  }

  @Override
  public void changeBurst(int tokens) {
    burst = tokens;
    level = isStarted ? Math.min(level, tokens) : tokens;
  }
}
