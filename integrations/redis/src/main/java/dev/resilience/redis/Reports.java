package dev.resilience.redis;

import dev.resilience.text.SafeText;
import java.lang.System.Logger.Level;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;

/**
 * Counts, logs, and tells the listener: in order, one event at a time, and not on the thread on
 * which it happened, which may be Lettuce's. Where the listener hangs, what it cannot hear in time
 * is left out.
 */
final class Reports {

  private static final System.Logger LOG = System.getLogger(RedisCache.class.getName());

  final String cache;
  final LongAdder refused = new LongAdder();
  final LongAdder undecodable = new LongAdder();
  final LongAdder unencodable = new LongAdder();
  final LongAdder tooLarge = new LongAdder();
  final LongAdder generations = new LongAdder();

  /** How many events wait for a listener that is slow. */
  private static final int WAITING = 1_000;

  private final Executor executor;
  private final RedisCacheListener listener;
  private final Queue<RedisCacheEvent> events = new ConcurrentLinkedQueue<>();

  /** Events that are waiting or being told. */
  private final AtomicInteger untold = new AtomicInteger();

  Reports(String cache, Executor executor, RedisCacheListener listener) {
    this.cache = SafeText.of(cache);
    this.executor = executor;
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
    if (untold.get() >= WAITING) {
      return;
    }
    events.add(event);
    if (untold.getAndIncrement() != 0) {
      return; // whoever tells the others tells this one
    }
    try {
      executor.execute(this::tellAll);
    } catch (Throwable refused) {
      tellAll();
    }
  }

  private void tellAll() {
    do {
      RedisCacheEvent event = events.remove();
      try {
        listener.on(event);
      } catch (Throwable thrown) {
        SafeText.log(
            LOG,
            Level.WARNING,
            cache + ": a listener failed on " + event.getClass().getSimpleName(),
            thrown);
      }
    } while (untold.decrementAndGet() != 0);
  }
}
