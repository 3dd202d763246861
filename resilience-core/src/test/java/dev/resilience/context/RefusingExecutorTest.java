package dev.resilience.context;

import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.resilience.time.TimeSource;
import dev.resilience.time.Timer;
import dev.resilience.time.VirtualTime;
import java.time.Instant;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A time source of a user's, whose pool is full or whose timers cannot be had. */
@Timeout(60)
class RefusingExecutorTest {

  private final VirtualTime.Manual time = VirtualTime.manual();
  private final Refusing refusing = new Refusing();
  private final Context root = Context.background(refusing);

  private final class Refusing implements TimeSource {

    private boolean full;
    private boolean withoutTimers;

    @Override
    public long nanoTime() {
      return time.nanoTime();
    }

    @Override
    public Instant instant() {
      return time.instant();
    }

    @Override
    public Timer startTimer(long deadline, Runnable task) {
      if (withoutTimers) {
        throw new OutOfMemoryError("unable to create native thread");
      }
      return time.startTimer(deadline, task);
    }

    @Override
    public Executor executor() {
      return task -> {
        if (full) {
          throw new RejectedExecutionException("full");
        }
        time.executor().execute(task);
      };
    }

    @Override
    public void parkUntil(Object blocker, long deadline) {
      time.parkUntil(blocker, deadline);
    }

    @Override
    public void park(Object blocker) {
      time.park(blocker);
    }

    @Override
    public void unpark(Thread thread) {
      time.unpark(thread);
    }

    @Override
    public RandomGenerator random() {
      return time.random();
    }
  }

  @Test
  void the_callbacks_of_a_deadline_run_elsewhere() throws Exception {
    CountDownLatch ran = new CountDownLatch(3);
    var single = root.withTimeout(ofSeconds(1));
    single.onDone(ran::countDown);
    var several = root.withTimeout(ofSeconds(1));
    several.onDone(ran::countDown);
    several.withCancel().onDone(ran::countDown);

    refusing.full = true;
    time.advance(ofSeconds(1));

    ran.await();
  }

  @Test
  void one_with_more_time_still_hears_of_a_late_cancel() throws Exception {
    CountDownLatch ran = new CountDownLatch(1);
    var request = root.withTimeout(ofSeconds(1));
    request.onDone(() -> {});
    var rollback = request.withMoreTime(ofSeconds(5));
    rollback.onDone(ran::countDown);

    refusing.full = true;
    time.advance(ofSeconds(1));
    request.cancel(CancelReason.USER);

    ran.await();
    assertThat(rollback.isCancelled()).isTrue();
  }

  @Test
  void a_delay_is_over_all_the_same() {
    CompletableFuture<Void> delay = root.delay(ofSeconds(1)).toCompletableFuture();

    refusing.full = true;
    time.advance(ofSeconds(1));

    assertThat(delay.join()).isNull();
  }

  @Test
  void who_cannot_have_a_timer_is_told_so_and_leaves_nothing() {
    var context = root.withTimeout(ofSeconds(1));
    refusing.withoutTimers = true;

    assertThatThrownBy(() -> context.onDone(() -> {})).isInstanceOf(OutOfMemoryError.class);

    assertThat(ContextProbe.waiters(context)).isZero();
  }
}
