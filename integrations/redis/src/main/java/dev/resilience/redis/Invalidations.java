package dev.resilience.redis;

import dev.resilience.context.Context;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;

/** Sees to it that nothing older is served once it is known that a key was changed. */
final class Invalidations {

  private final NearTier near;

  /** For each key the last question to Redis, as long as its load runs. */
  private final ConcurrentMap<String, InvalidationFlag> asking = new ConcurrentHashMap<>();

  /** The near copies. */
  interface NearTier {

    void delete(String farKey);

    void clear();
  }

  Invalidations(NearTier near) {
    this.near = near;
  }

  /**
   * A flag for a load that is about to ask Redis.
   *
   * @param ctx of the load
   */
  InvalidationFlag asks(Context ctx, String farKey) {
    InvalidationFlag flag = new InvalidationFlag();
    InvalidationFlag former = asking.put(farKey, flag);
    if (former != null) {
      former.set();
    }
    ctx.onDone(() -> asking.remove(farKey, flag));
    return flag;
  }

  /** The key is being changed here: a load that has asked before must not fill it any more. */
  void tell(String farKey) {
    InvalidationFlag flag = asking.remove(farKey);
    if (flag != null) {
      flag.set();
    }
  }

  /** The key was changed elsewhere. */
  void forget(String farKey) {
    tell(farKey);
    near.delete(farKey);
  }

  /** Any key may have been changed. */
  void forgetAll() {
    asking.keySet().forEach(this::tell);
    near.clear();
  }
}
