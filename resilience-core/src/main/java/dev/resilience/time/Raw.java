package dev.resilience.time;

/** Throws what somebody else has thrown, as it is. */
final class Raw {

  private Raw() {}

  /** Never returns; {@code throw Raw.rethrow(t)} tells the compiler. */
  @SuppressWarnings("unchecked")
  static <X extends Throwable> RuntimeException rethrow(Throwable failure) throws X {
    throw (X) failure;
  }
}
