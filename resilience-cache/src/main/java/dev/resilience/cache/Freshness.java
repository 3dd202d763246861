package dev.resilience.cache;

/** Whether a value is as young as it should be, and if not, why it is served all the same. */
public enum Freshness {

  /** Younger than its time to live. */
  FRESH,

  /** Past its time to live, and nobody has asked for a new one since. */
  EXPIRED,

  /** Past its time to live; a new one is being loaded in the background. */
  REVALIDATING,

  /** Past its time to live, and the last attempt to load a new one has failed. */
  LOAD_FAILED
}
