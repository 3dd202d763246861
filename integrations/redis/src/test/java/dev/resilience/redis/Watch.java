package dev.resilience.redis;

import static java.time.Duration.ofSeconds;

import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.RemovalCause;
import dev.resilience.cache.Cached;
import dev.resilience.context.Context;
import io.lettuce.core.RedisURI;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;

/**
 * A machine, and threads in it that read one key all the time. The values are numbers that grow,
 * and only another machine sets them. Whoever begins to read after the news of a change must not
 * see what was there before, nor anything older than what somebody has already seen.
 */
final class Watch implements AutoCloseable {

  /** For each key the newest value whose near copy was taken away. */
  private final ConcurrentMap<String, AtomicLong> gone = new ConcurrentHashMap<>();

  private final AtomicLong newest = new AtomicLong(-1);
  private final AtomicLong reads = new AtomicLong();
  private final AtomicReference<Throwable> wrong = new AtomicReference<>();
  private final List<Thread> readers = new ArrayList<>();
  private final Context ctx = Context.background();
  private final RedisCache<String, Long> cache;
  private volatile boolean over;

  Watch(Context app, RedisURI uri, String key) {
    this.cache =
        RedisCache.<String, Long>builder("numbers")
            .uri(uri)
            .values(new Numbers())
            .commandTimeout(ofSeconds(10))
            .near(
                Caffeine.newBuilder()
                    .maximumSize(100)
                    .recordStats()
                    .removalListener(
                        (Object farKey, Object near, RemovalCause cause) ->
                            hasGone(farKey, near, cause)))
            .open(app);
    gone.put(key, new AtomicLong(-1));
    for (ThreadFactory threads : List.<ThreadFactory>of(Thread::new, Thread::new, virtual())) {
      readers.add(threads.newThread(() -> readAll(key)));
    }
  }

  private static final class Numbers implements ValueCodec<Long> {

    private final ValueCodec<String> strings = ValueCodec.strings();

    @Override
    public byte[] encode(Long value) {
      return strings.encode(value.toString());
    }

    @Override
    public Long decode(byte[] bytes) {
      return Long.valueOf(strings.decode(bytes));
    }
  }

  /** Where the JVM has none, an ordinary one. */
  static ThreadFactory virtual() {
    try {
      Object builder = Thread.class.getMethod("ofVirtual").invoke(null);
      return (ThreadFactory)
          Class.forName("java.lang.Thread$Builder").getMethod("factory").invoke(builder);
    } catch (ReflectiveOperationException none) {
      return Thread::new;
    }
  }

  private void hasGone(Object farKey, Object near, RemovalCause cause) {
    AtomicLong last = gone.get((String) farKey);
    if (last != null
        && cause == RemovalCause.EXPLICIT
        && near instanceof Cached<?> cached
        && cached.value() instanceof NearEntry<?, ?> copy
        && copy.value() instanceof Long value) {
      last.accumulateAndGet(value, Math::max);
    }
  }

  void startReading() {
    readers.forEach(Thread::start);
  }

  private void readAll(String key) {
    try {
      while (!over) {
        long after = gone.get(key).get();
        long atLeast = newest.get();
        long seen = read(key);
        if (seen <= after || seen < atLeast) {
          throw new AssertionError(
              seen + " (expected: > " + after + ", whose news came, and >= " + atLeast + ")");
        }
        newest.accumulateAndGet(seen, Math::max);
        reads.incrementAndGet();
        Thread.yield();
      }
    } catch (Throwable failure) {
      wrong.compareAndSet(null, failure);
    }
  }

  long read(String key) {
    return cache.getOrFetch(
        ctx,
        key,
        (c, k) -> {
          throw new IllegalStateException("Redis does not have it");
        });
  }

  RedisCache<String, Long> cache() {
    return cache;
  }

  /** Waits until a reader has seen this; if one has seen something wrong, that comes instead. */
  void awaitSeen(long value) {
    while (newest.get() < value) {
      if (wrong.get() != null) {
        throw new AssertionError("before " + value, wrong.get());
      }
      Thread.yield();
    }
  }

  long reads() {
    return reads.get();
  }

  long nearHits() {
    return cache.snapshot().near().stats().hitCount();
  }

  /** Stops the readers, and throws what they have found. */
  @Override
  public void close() throws InterruptedException {
    over = true;
    for (Thread reader : readers) {
      reader.join();
    }
    cache.close();
    if (wrong.get() != null) {
      throw new AssertionError(wrong.get());
    }
  }
}
