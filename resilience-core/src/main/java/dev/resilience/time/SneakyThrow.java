package dev.resilience.time;

/** Rethrows a failure unchanged, also a checked one. */
final class SneakyThrow {

  private SneakyThrow() {}

  /** Never returns; {@code throw SneakyThrow.rethrow(t)} tells the compiler. */
  @SuppressWarnings("unchecked")
  static <X extends Throwable> RuntimeException rethrow(Throwable failure) throws X {
    throw (X) failure;
  }
}
