package dev.resilience.configuration;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What a reader has found, before anybody asks what it means. Immutable. */
sealed interface Raw {

  /** The line in the text, from 1; 0: there are no lines. */
  int line();

  /**
   * Keys as they were written, in their order.
   *
   * @param twice the keys that were written more than once; the first one is kept
   */
  record Mapping(int line, Map<String, Raw> entries, List<String> twice) implements Raw {}

  /** A list. */
  record Items(int line, List<Raw> items) implements Raw {}

  /**
   * A single value.
   *
   * @param value a text, or what a map had; null: nothing
   */
  record Scalar(int line, @Nullable Object value) implements Raw {}
}
