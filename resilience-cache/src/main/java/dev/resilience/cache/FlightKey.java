package dev.resilience.cache;

import org.jspecify.annotations.Nullable;

/**
 * A key in the map of flights. Its hash is taken once, so a user's key that changes while it is
 * loaded, or whose {@code hashCode} begins to fail, is still found and removed.
 */
final class FlightKey<K> {

  final K key;
  private final int hash;
  private final Exactly exactly = new Exactly(this);

  FlightKey(K key) {
    this.key = key;
    this.hash = key.hashCode();
  }

  /** Equal to this one and to no other; asks the user's key nothing. */
  Object exactly() {
    return exactly;
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other == this
        || (other instanceof FlightKey<?> that && hash == that.hash && key.equals(that.key));
  }

  @Override
  public int hashCode() {
    return hash;
  }

  /** Maps ask the key that they look for, never the one that they have. */
  private record Exactly(FlightKey<?> wanted) {

    @Override
    public boolean equals(@Nullable Object other) {
      return other == wanted;
    }

    @Override
    public int hashCode() {
      return wanted.hash;
    }
  }
}
