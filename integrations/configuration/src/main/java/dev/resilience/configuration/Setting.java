package dev.resilience.configuration;

/**
 * A key of a section: what may be written for it, what holds without it, and what it does. The
 * reader and the reference are made of these alone.
 *
 * @param key as the reference writes it
 * @param type what may be written
 * @param otherwise what holds where it is not given
 * @param meaning one line
 */
record Setting<T>(String key, ValueType<T> type, String otherwise, String meaning) {

  @Override
  public String toString() {
    return key;
  }
}
