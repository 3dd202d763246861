package dev.resilience.discovery;

import dev.resilience.context.Context;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * A ring of hashes on which each candidate has points in proportion to its weight; a key belongs to
 * the next point. The points of an instance are the same in every set, and those of a smaller
 * weight are among those of a greater one, so a change moves only what it must.
 */
final class ConsistentHash implements Balancer {

  /** For each unit of weight; an instance of default weight has forty. */
  private static final int POINTS = 4;

  private final Function<? super Context, ? extends @Nullable Object> key;

  ConsistentHash(Function<? super Context, ? extends @Nullable Object> key) {
    this.key = key;
  }

  @Override
  public Picker over(List<Candidate> candidates) {
    // Hash in the upper bits, candidate in the lower ones: sorted as numbers, without objects.
    int bits = 32 - Integer.numberOfLeadingZeros(candidates.size());
    long[] ring = new long[candidates.stream().mapToInt(ConsistentHash::points).sum()];
    int filled = 0;
    for (int i = 0; i < candidates.size(); i++) {
      long seed = hash(candidates.get(i).instance().id());
      int points = points(candidates.get(i));
      for (int p = 0; p < points; p++) {
        ring[filled++] = (mixed(seed + p * 0x9E3779B97F4A7C15L) >>> 1 >>> bits << bits) | i;
      }
    }
    Arrays.sort(ring);
    return new Ring(key, candidates.toArray(new Candidate[0]), ring, (1L << bits) - 1);
  }

  private static int points(Candidate candidate) {
    return (int) Math.max(1, Math.round(candidate.weight() * POINTS));
  }

  private static final class Ring implements Picker {

    private final Function<? super Context, ? extends @Nullable Object> key;
    private final Candidate[] all;
    private final long[] ring;
    private final long mask;

    Ring(
        Function<? super Context, ? extends @Nullable Object> key,
        Candidate[] all,
        long[] ring,
        long mask) {
      this.key = key;
      this.all = all;
      this.ring = ring;
      this.mask = mask;
    }

    @Override
    public @Nullable Candidate pick(Context ctx, long now, Predicate<? super Candidate> usable) {
      Object value = key.apply(ctx);
      long hash = (value == null ? ctx.timeSource().random().nextLong() : hashOf(value)) >>> 1;
      int found = Arrays.binarySearch(ring, hash);
      int start = found >= 0 ? found : -found - 1;
      for (int i = 0; i < ring.length; i++) {
        Candidate candidate = all[(int) (ring[(start + i) % ring.length] & mask)];
        if (usable.test(candidate)) {
          return candidate;
        }
      }
      return null;
    }
  }

  private static long hashOf(Object value) {
    return value instanceof CharSequence text ? hash(text) : mixed(value.hashCode());
  }

  /** FNV-1a, mixed: the same in every process, unlike what a JDK may do with a string. */
  private static long hash(CharSequence text) {
    long hash = 0xCBF29CE484222325L;
    for (int i = 0; i < text.length(); i++) {
      hash = (hash ^ text.charAt(i)) * 0x100000001B3L;
    }
    return mixed(hash);
  }

  /** The finalizer of SplitMix64. */
  private static long mixed(long value) {
    long z = value;
    z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
    z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
    return z ^ (z >>> 31);
  }
}
