package dev.resilience.limit;

import dev.resilience.time.TimeSource;
import java.util.Arrays;

/**
 * Never more than so many tokens in any window of a length, wherever it begins: what a quota of
 * "100 in a second" says when it is counted by a stranger's clock. A token bucket with the same
 * rate and burst lets up to twice as many pass in the worst second.
 *
 * <p>Remembers when each token of the last window was used, in a ring that grows to one entry for
 * each moment at which tokens were used, and so to as many as there are tokens at the most. Tokens
 * that are held count as used until it is known when they are.
 */
final class StrictWindow implements Meter {

  private int limit;
  private long length;
  private long now;

  // The ring: when, and how many.
  private long[] times = new long[16];
  private int[] counts = new int[16];
  private int first;
  private int entries;

  private int used;
  private int held;

  /**
   * An empty window.
   *
   * @param length in nanoseconds
   */
  StrictWindow(int limit, long length) {
    this.limit = limit;
    this.length = length;
  }

  private record Held(int tokens) implements Hold {}

  @Override
  public void advance(long to) {
    now = to;
    while (entries > 0 && now - times[first] >= length) {
      used -= counts[first];
      first = (first + 1) % times.length;
      entries--;
    }
  }

  @Override
  public boolean holds(int tokens) {
    return (long) used + held + tokens <= limit;
  }

  @Override
  public void take(int tokens) {
    used += tokens;
    int last = (first + entries - 1 + times.length) % times.length;
    if (entries > 0 && times[last] == now) {
      counts[last] += tokens;
      return;
    }
    if (entries == times.length) {
      grow();
    }
    int next = (first + entries) % times.length;
    times[next] = now;
    counts[next] = tokens;
    entries++;
  }

  private void grow() {
    long[] newTimes = Arrays.copyOf(times, 2 * entries);
    int[] newCounts = Arrays.copyOf(counts, 2 * entries);
    for (int i = 0; i < entries; i++) {
      newTimes[i] = times[(first + i) % entries];
      newCounts[i] = counts[(first + i) % entries];
    }
    times = newTimes;
    counts = newCounts;
    first = 0;
  }

  @Override
  public Hold hold(int tokens) {
    held += tokens;
    return new Held(tokens);
  }

  @Override
  public void use(Hold hold) {
    int tokens = ((Held) hold).tokens();
    held -= tokens;
    take(tokens);
  }

  @Override
  public void putBack(Hold hold) {
    held -= ((Held) hold).tokens();
  }

  /**
   * Each place in the window is free now, or a window's length after its last use; who comes after
   * all places are taken has to wait for a further window. What is held is taken to be used now.
   */
  @Override
  public long nanosUntil(long tokens) {
    long windows = Math.max(0, (tokens - 1) / limit);
    long place = tokens - windows * limit;
    long wait = 0;
    long free = (long) limit - used - held;
    for (int i = 0; i < entries && free < place; i++) {
      int entry = (first + i) % times.length;
      free += counts[entry];
      wait = length - (now - times[entry]);
    }
    if (free < place) {
      wait = length;
    }
    double all = (double) wait + (double) windows * length;
    return (long) Math.max(0, Math.min(all, (double) TimeSource.MAX_AHEAD));
  }

  @Override
  public int burst() {
    return limit;
  }

  @Override
  public double tokensPerNano() {
    return limit / (double) length;
  }

  @Override
  public double available() {
    return Math.max(0, (double) limit - used - held);
  }

  @Override
  public void changeRate(int tokens, long nanos) {
    limit = tokens;
    length = nanos;
    advance(now);
  }

  @Override
  public void changeBurst(int tokens) {
    throw new IllegalStateException("a strict window has no burst (expected: changeRate)");
  }
}
