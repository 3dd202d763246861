package dev.resilience.concurrent;

/** A resource and its age. */
final class PooledResource<R> {

  final R value;
  final long madeAt;

  PooledResource(R value, long madeAt) {
    this.value = value;
    this.madeAt = madeAt;
  }
}
