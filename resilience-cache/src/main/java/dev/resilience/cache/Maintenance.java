package dev.resilience.cache;

import com.github.benmanes.caffeine.cache.Scheduler;
import dev.resilience.time.Durations;
import dev.resilience.time.TimeSource;
import dev.resilience.time.Timer;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Lets Caffeine remove what has expired when the time source says that it has. After the close no
 * timer holds the cache.
 */
final class Maintenance implements Scheduler {

  private final TimeSource time;
  private final Set<Appointment> pending = ConcurrentHashMap.newKeySet(2);
  private volatile boolean closed;

  Maintenance(TimeSource time) {
    this.time = time;
  }

  @Override
  public Future<?> schedule(Executor executor, Runnable command, long delay, TimeUnit unit) {
    Appointment appointment = new Appointment();
    pending.add(appointment);
    long at = time.nanoTime() + Durations.toNanos(Duration.of(delay, unit.toChronoUnit()));
    appointment.timer =
        time.startTimer(
            at,
            () -> {
              appointment.isKept();
              executor.execute(command);
            });
    if (closed || appointment.isDone()) {
      appointment.cancel(false);
    }
    return appointment;
  }

  void close() {
    closed = true;
    pending.forEach(appointment -> appointment.cancel(false));
  }

  private final class Appointment extends CompletableFuture<Boolean> {

    private volatile @Nullable Timer timer;

    void isKept() {
      pending.remove(this);
      complete(true);
    }

    @Override
    public boolean cancel(boolean mayInterruptIfRunning) {
      pending.remove(this);
      Timer mine = timer;
      if (mine != null) {
        mine.cancel();
      }
      return super.cancel(mayInterruptIfRunning);
    }
  }
}
