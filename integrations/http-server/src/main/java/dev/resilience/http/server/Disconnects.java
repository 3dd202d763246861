package dev.resilience.http.server;

import static java.util.Objects.requireNonNull;

import dev.resilience.context.Registration;
import dev.resilience.text.SafeText;
import dev.resilience.time.Durations;
import dev.resilience.time.TimeSource;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Hears that a client leaves while its request is being served, where the container does not say
 * so: blocking HTTP/1.1 servers do not look at a connection until they read from it or write to it.
 *
 * <p>Two things are looked at, every 25 ms, for requests that have been under way that long:
 *
 * <ul>
 *   <li>The container: what it has heard and does not tell of itself ({@link
 *       ServerExchange#isReset}).
 *   <li>On Linux, the kernel's table of connections, {@code /proc/self/net/tcp} and {@code tcp6}.
 *       It says that the other end has closed or reset the connection without a byte being read
 *       from it, whatever container owns the socket, encrypted or not. A table of 10,000
 *       connections is read in a few milliseconds; where it usually takes longer, it is read less
 *       often, so that this costs at most a twentieth of one processor.
 * </ul>
 *
 * <p>A client that closes only its sending half and waits for the answer (RFC 9112, section 9.6,
 * allows it; hardly any does) is taken for one that has left, as nginx and Go do. A cable that was
 * pulled is in no table: that is the time limit's, or TCP keep-alive's.
 *
 * <p>While nobody is served nothing runs. Thread-safe.
 */
public final class Disconnects {

  private static final Logger LOG = System.getLogger(Disconnects.class.getName());
  private static final Duration USUAL_INTERVAL = Duration.ofMillis(25);

  /** At most this part of one processor: the pause after a look, in times of the look. */
  private static final long PAUSES_PER_LOOK = 20;

  private static final Disconnects NONE = new Disconnects(null, 0);

  private static final Disconnects DEFAULTS = every(USUAL_INTERVAL);

  private final @Nullable SocketTable table;
  private final long interval;
  private final TimeSource time = TimeSource.system(); // sockets live in no virtual time
  private final Set<Watch> watches = ConcurrentHashMap.newKeySet();
  private final AtomicBoolean looking = new AtomicBoolean();

  /** What a look takes; of the one who looks. */
  private long usualLook;

  private Disconnects(@Nullable SocketTable table, long interval) {
    this.table = table;
    this.interval = interval;
  }

  /** Looks every 25 ms. The same object at each call. */
  public static Disconnects ofDefaults() {
    return DEFAULTS;
  }

  /**
   * Looks in another rhythm.
   *
   * @param interval positive
   */
  public static Disconnects every(Duration interval) {
    return new Disconnects(
        SocketTable.ofSystem(), Durations.toNanos(Durations.requirePositive(interval, "interval")));
  }

  /** Does not look: only what the container says is heard. */
  public static Disconnects none() {
    return NONE;
  }

  /** Whether connections can be looked at on this machine. */
  public boolean seesConnections() {
    return table != null;
  }

  /** Watches an exchange until it is withdrawn. */
  Registration watch(ServerExchange exchange) {
    if (interval == 0) {
      return () -> false;
    }
    Watch watch = new Watch(exchange, keyOf(exchange), time.nanoTime());
    watches.add(watch);
    lookLater(interval);
    return watch;
  }

  private @Nullable String keyOf(ServerExchange exchange) {
    return table == null
        ? null
        : SocketTable.key(exchange.localAddress(), exchange.remoteAddress());
  }

  private void lookLater(long after) {
    if (looking.compareAndSet(false, true)) {
      try {
        time.startTimer(time.nanoTime() + after, () -> time.execute(this::look));
      } catch (Throwable noTimer) {
        looking.set(false);
        SafeText.log(
            LOG, Level.WARNING, "clients that leave are not heard of for a while", noTimer);
      }
    }
  }

  private void look() {
    long began = time.nanoTime();
    try {
      lookAt(began);
    } catch (Throwable broken) {
      SafeText.log(LOG, Level.WARNING, "connections could not be looked at", broken);
    } finally {
      usualLook = usual(usualLook, time.nanoTime() - began, interval);
      long pause = Math.max(interval, usualLook * PAUSES_PER_LOOK);
      looking.set(false);
      if (!watches.isEmpty()) {
        lookLater(pause);
      }
    }
  }

  /**
   * How long a look takes, from how long the last ones took. The short ones count: a look that was
   * long because its thread had to wait for a processor, or was the first, costs nothing more, and
   * is no reason to look away for as long as twenty of them. Where each look is longer than that,
   * the estimate grows by a quarter at a time.
   */
  static long usual(long before, long took, long interval) {
    return Math.min(took, Math.max(before, interval / PAUSES_PER_LOOK) * 5 / 4);
  }

  private void lookAt(long now) {
    Map<String, List<Watch>> byConnection = new HashMap<>();
    for (Watch watch : watches) {
      if (now - watch.since < interval / 2) {
        continue;
      }
      if (watch.isReset()) {
        watch.gone();
      } else if (watch.key != null) {
        byConnection.computeIfAbsent(watch.key, key -> new ArrayList<>()).add(watch);
      }
    }
    SocketTable known = table;
    if (known == null || byConnection.isEmpty()) {
      return;
    }
    Map<String, List<Watch>> missing = new HashMap<>(byConnection);
    boolean isWhole =
        known.read(
            (key, hasLeft) -> {
              List<Watch> there = missing.remove(key);
              if (there != null) {
                there.forEach(watch -> watch.seen(hasLeft));
              }
            });
    if (isWhole) {
      missing.values().forEach(gone -> gone.forEach(Watch::missed));
    }
  }

  private final class Watch implements Registration {

    private final ServerExchange exchange;
    private final @Nullable String key;
    private final long since;

    /** Held while the exchange is asked: a container uses its objects again afterwards. */
    private final ReentrantLock asking = new ReentrantLock();

    private boolean over; // guarded by the lock
    private int misses; // of the one who looks

    Watch(ServerExchange exchange, @Nullable String key, long since) {
      this.exchange = requireNonNull(exchange, "exchange");
      this.key = key;
      this.since = since;
    }

    boolean isReset() {
      asking.lock();
      try {
        return !over && exchange.isReset();
      } catch (Throwable broken) {
        SafeText.log(LOG, Level.DEBUG, "a container could not be asked", broken);
        return false;
      } finally {
        asking.unlock();
      }
    }

    void seen(boolean hasLeft) {
      misses = 0;
      if (hasLeft) {
        gone();
      }
    }

    /** The table is not read in one moment: one that is passed over once may be there. */
    void missed() {
      misses++;
      if (misses == 2) {
        gone();
      }
    }

    /** Its callbacks may take their time: not on the thread that looks. */
    void gone() {
      if (withdraw()) {
        time.execute(exchange::clientGone);
      }
    }

    @Override
    public boolean withdraw() {
      asking.lock();
      try {
        over = true;
      } finally {
        asking.unlock();
      }
      return watches.remove(this);
    }
  }
}
