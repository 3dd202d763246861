package dev.resilience.cache;

import org.jspecify.annotations.Nullable;

/**
 * What a stage of the user's holds while its load runs. The stage may be shared, and never
 * complete: so it holds this, which lets go of the flight, and of all who waited for it, when that
 * is over.
 */
final class Landing<K, V extends @Nullable Object> {

  private final LoadRules<K, V> rules;
  private volatile @Nullable Flight<K, V> flight;

  Landing(Flight<K, V> flight, LoadRules<K, V> rules) {
    this.flight = flight;
    this.rules = rules;
  }

  void loaded(V value) {
    Flight<K, V> waiting = flight;
    if (waiting == null) {
      rules.loaderCameBack();
    } else {
      waiting.loaded(value);
    }
  }

  void failed(Throwable cause) {
    Flight<K, V> waiting = flight;
    if (waiting == null) {
      rules.loaderCameBack();
    } else {
      waiting.failed(cause);
    }
  }

  /** The flight is over, and its stage is not complete. */
  void letGo() {
    flight = null;
  }
}
