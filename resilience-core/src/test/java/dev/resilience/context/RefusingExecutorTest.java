package dev.resilience.context;

import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.resilience.time.RefusingTime;
import dev.resilience.time.VirtualTime;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A time source of a user's, whose pool is full or whose timers cannot be had. */
@Timeout(60)
class RefusingExecutorTest {

  private final VirtualTime.Manual time = VirtualTime.manual();
  private final RefusingTime refusing = new RefusingTime(time);
  private final Context root = Context.background(refusing);

  @Test
  void the_callbacks_of_a_deadline_run_elsewhere() throws Exception {
    CountDownLatch ran = new CountDownLatch(3);
    var single = root.withTimeout(ofSeconds(1));
    single.onDone(ran::countDown);
    var several = root.withTimeout(ofSeconds(1));
    several.onDone(ran::countDown);
    several.withCancel().onDone(ran::countDown);

    refusing.isFull = true;
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

    refusing.isFull = true;
    time.advance(ofSeconds(1));
    request.cancel(CancelReason.USER);

    ran.await();
    assertThat(rollback.isCancelled()).isTrue();
  }

  @Test
  void a_delay_is_over_all_the_same() {
    CompletableFuture<Void> delay = root.delay(ofSeconds(1)).toCompletableFuture();

    refusing.isFull = true;
    time.advance(ofSeconds(1));

    assertThat(delay.join()).isNull();
  }

  @Test
  void who_cannot_have_a_timer_is_told_so_and_leaves_nothing() {
    var context = root.withTimeout(ofSeconds(1));
    refusing.isWithoutTimers = true;

    assertThatThrownBy(() -> context.onDone(() -> {})).isInstanceOf(OutOfMemoryError.class);

    assertThat(ContextProbe.waiters(context)).isZero();
  }
}
