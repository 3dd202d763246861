package dev.resilience.redis;

import java.lang.System.Logger.Level;
import java.util.concurrent.atomic.LongAdder;

/** Tells the listener, whatever that throws, and counts. */
final class Reports {

  private static final System.Logger LOG = System.getLogger(RedisCache.class.getName());

  final String cache;
  final LongAdder refused = new LongAdder();
  final LongAdder undecodable = new LongAdder();
  final LongAdder unencodable = new LongAdder();
  final LongAdder tooLarge = new LongAdder();
  final LongAdder generations = new LongAdder();

  private final RedisCacheListener listener;

  Reports(String cache, RedisCacheListener listener) {
    this.cache = cache;
    this.listener = listener;
  }

  void connected() {
    LOG.log(Level.INFO, cache + ": Redis is in use");
    tell(new RedisCacheEvent.Connected(cache));
  }

  void disconnected(String reason) {
    LOG.log(Level.WARNING, cache + ": Redis is not in use: " + reason);
    tell(new RedisCacheEvent.Disconnected(cache, reason));
  }

  void closed() {
    tell(new RedisCacheEvent.Disconnected(cache, "closed"));
  }

  void refused(String reason) {
    refused.increment();
    tell(new RedisCacheEvent.CommandRefused(cache, reason));
  }

  void undecodable(Object key, Throwable cause) {
    undecodable.increment();
    tell(new RedisCacheEvent.DecodingFailed(cache, key, cause));
  }

  void unencodable(Object key, Throwable cause) {
    unencodable.increment();
    tell(new RedisCacheEvent.EncodingFailed(cache, key, cause));
  }

  void tooLarge(Object key, int bytes) {
    tooLarge.increment();
    tell(new RedisCacheEvent.ValueTooLarge(cache, key, bytes));
  }

  void generationChanged() {
    generations.increment();
    LOG.log(
        Level.WARNING, cache + ": changed too much without Redis; all values there are given up");
    tell(new RedisCacheEvent.GenerationChanged(cache));
  }

  private void tell(RedisCacheEvent event) {
    try {
      listener.on(event);
    } catch (Throwable thrown) {
      LOG.log(
          Level.WARNING,
          cache + ": a listener failed on " + event.getClass().getSimpleName(),
          thrown);
    }
  }
}
