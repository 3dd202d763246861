package dev.resilience.time;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;

import java.lang.ref.WeakReference;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What every time source promises. Inherited by the test of each. */
@Timeout(60)
abstract class TimeSourceContract {

  static final long MILLI = 1_000_000L;

  abstract TimeSource source();

  /** Runs a body on a thread that may park, while time passes. */
  abstract void live(VirtualTime.Body body) throws Exception;

  /** Starts another such thread, from within a body. */
  abstract Fork fork(String name, VirtualTime.Body body);

  interface Fork {
    Thread thread();

    void join() throws InterruptedException;
  }

  /** Something that happens once, and somebody waits for. */
  final class Event {
    private final TimeSource time = source();
    private final Thread waiter = Thread.currentThread();
    private volatile boolean happened;

    void happen() {
      happened = true;
      time.unpark(waiter);
    }

    void await() {
      while (!happened) {
        time.park(this);
      }
    }
  }

  private long in(long nanos) {
    return source().nanoTime() + nanos;
  }

  private void waitUntil(long deadline) {
    while (deadline - source().nanoTime() > 0) {
      source().parkUntil("the test's moment", deadline);
    }
  }

  @Nested
  class Clocks {

    @Test
    void the_monotonic_clock_never_goes_back() throws Exception {
      live(
          () -> {
            long before = source().nanoTime();
            for (int i = 0; i < 10; i++) {
              waitUntil(in(MILLI / 10));
              long now = source().nanoTime();
              assertThat(now - before).isGreaterThanOrEqualTo(MILLI / 10);
              before = now;
            }
          });
    }

    @Test
    void there_is_a_wall_clock_and_randomness() {
      assertThat(source().instant()).isNotNull();
      assertThat(source().random().nextInt(10)).isBetween(0, 9);
    }
  }

  @Nested
  class Timers {

    @Test
    void a_timer_runs_not_before_its_moment() throws Exception {
      live(
          () -> {
            for (long nanos : new long[] {1, MILLI / 3, MILLI, 3 * MILLI, 70 * MILLI}) {
              Event ran = new Event();
              AtomicLong moment = new AtomicLong();
              long deadline = in(nanos);
              source()
                  .startTimer(
                      deadline,
                      () -> {
                        moment.set(source().nanoTime());
                        ran.happen();
                      });
              ran.await();
              assertThat(moment.get() - deadline).isNotNegative();
            }
          });
    }

    @Test
    void a_timer_of_the_past_runs_elsewhere() throws Exception {
      live(
          () -> {
            for (long ago : new long[] {0, 1, MILLI, TimeSource.MAX_AHEAD / 2}) {
              Event ran = new Event();
              AtomicReference<Thread> thread = new AtomicReference<>();
              source()
                  .startTimer(
                      in(-ago),
                      () -> {
                        thread.set(Thread.currentThread());
                        ran.happen();
                      });
              ran.await();
              assertThat(thread.get()).isNotSameAs(Thread.currentThread());
            }
          });
    }

    @Test
    void a_cancelled_timer_never_runs() throws Exception {
      live(
          () -> {
            AtomicInteger runs = new AtomicInteger();
            Timer timer = source().startTimer(in(200 * MILLI), runs::incrementAndGet);
            assertThat(timer.cancel()).isTrue();
            assertThat(timer.cancel()).isFalse();
            Event later = new Event();
            source().startTimer(in(220 * MILLI), later::happen);
            later.await();
            assertThat(runs).hasValue(0);
          });
    }

    @Test
    void a_timer_that_has_run_cannot_be_cancelled() throws Exception {
      live(
          () -> {
            Event ran = new Event();
            Timer timer = source().startTimer(in(MILLI), ran::happen);
            ran.await();
            assertThat(timer.cancel()).isFalse();
          });
    }

    @Test
    void a_timer_can_start_another() throws Exception {
      live(
          () -> {
            Event ran = new Event();
            source().startTimer(in(MILLI), () -> source().startTimer(in(MILLI), ran::happen));
            ran.await();
          });
    }

    @Test
    void a_failing_timer_hurts_no_other() throws Exception {
      live(
          () -> {
            Event ran = new Event();
            source()
                .startTimer(
                    in(MILLI),
                    () -> {
                      throw new AssertionError("expected in the log of this test");
                    });
            source().startTimer(in(2 * MILLI), ran::happen);
            ran.await();
          });
    }

    @Test
    void a_timer_may_be_as_far_away_as_a_moment_can_be() throws Exception {
      live(
          () -> {
            AtomicInteger runs = new AtomicInteger();
            Timer furthest = source().startTimer(in(TimeSource.MAX_AHEAD), runs::incrementAndGet);
            Event later = new Event();
            source().startTimer(in(20 * MILLI), later::happen);
            later.await();
            assertThat(furthest.cancel()).isTrue();
            assertThat(runs).hasValue(0);
          });
    }

    @Test
    void a_cancelled_timer_leaves_nothing_behind() {
      List<Timer> timers = new ArrayList<>();
      WeakReference<Object> reference = cancelled(timers);
      Reachability.assertUnreachable(reference);
      assertThat(timers).hasSize(1);
    }

    private WeakReference<Object> cancelled(List<Timer> timers) {
      List<Object> sink = new ArrayList<>();
      Object payload = new Object();
      Timer timer = source().startTimer(in(3_600_000 * MILLI), () -> sink.add(payload));
      timers.add(timer);
      timer.cancel();
      return new WeakReference<>(payload);
    }

    @Test
    void many_threads_may_set_and_cancel_them() throws Exception {
      live(
          () -> {
            AtomicInteger ran = new AtomicInteger();
            AtomicInteger cancelled = new AtomicInteger();
            List<Fork> forks = new ArrayList<>();
            for (int f = 0; f < 4; f++) {
              forks.add(fork("setter-" + f, () -> setAndCancel(ran, cancelled)));
            }
            for (Fork fork : forks) {
              fork.join();
            }
            Event end = new Event();
            source().startTimer(in(50 * MILLI), end::happen);
            end.await();
            assertThat(ran.get() + cancelled.get()).isEqualTo(4 * 500);
          });
    }

    private void setAndCancel(AtomicInteger ran, AtomicInteger cancelled) {
      for (int i = 0; i < 500; i++) {
        Timer timer = source().startTimer(in((i % 7) * MILLI / 2), ran::incrementAndGet);
        if (i % 5 == 0) {
          waitUntil(in(MILLI / 10));
        }
        if (i % 2 == 0 && timer.cancel()) {
          cancelled.incrementAndGet();
        }
      }
    }
  }

  @Nested
  class Parking {

    @Test
    void ends_at_its_moment() throws Exception {
      live(
          () -> {
            long deadline = in(3 * MILLI);
            waitUntil(deadline);
            assertThat(source().nanoTime() - deadline).isNotNegative();
          });
    }

    @Test
    void does_not_begin_when_the_moment_has_passed() throws Exception {
      live(
          () -> {
            source().parkUntil("nothing", in(0));
            source().parkUntil("nothing", in(-MILLI));
          });
    }

    @Test
    void ends_when_unparked() throws Exception {
      live(
          () -> {
            Event event = new Event();
            Fork other = fork("other", event::happen);
            event.await();
            other.join();
          });
    }

    @Test
    void counts_an_unpark_that_came_before() throws Exception {
      live(
          () -> {
            source().unpark(Thread.currentThread());
            source().park("nothing");
          });
    }

    @Test
    void ends_when_interrupted_and_keeps_the_flag() throws Exception {
      live(
          () -> {
            Thread me = Thread.currentThread();
            Fork other = fork("other", me::interrupt);
            while (!me.isInterrupted()) {
              source().park("an interrupt");
            }
            assertThat(Thread.interrupted()).isTrue();
            other.join();
          });
    }

    @Test
    void does_not_begin_when_interrupted() throws Exception {
      live(
          () -> {
            Thread.currentThread().interrupt();
            source().park("nothing");
            source().parkUntil("nothing", in(3_600_000 * MILLI));
            assertThat(Thread.interrupted()).isTrue();
          });
    }
  }

  @Nested
  class Callbacks {

    @Test
    void are_run_by_the_executor() throws Exception {
      live(
          () -> {
            Event ran = new Event();
            source().startTimer(in(MILLI), () -> source().executor().execute(ran::happen));
            ran.await();
          });
    }

    @Test
    void hurt_nobody_when_they_fail() throws Exception {
      live(
          () -> {
            assertThatCode(
                    () ->
                        source()
                            .executor()
                            .execute(
                                () -> {
                                  throw new AssertionError("expected in the log of this test");
                                }))
                .doesNotThrowAnyException();
            Event ran = new Event();
            source().executor().execute(ran::happen);
            ran.await();
          });
    }
  }

  @Test
  @SuppressWarnings("NullAway")
  void nulls_are_refused() {
    assertThatNullPointerException()
        .isThrownBy(() -> source().startTimer(0, null))
        .withMessage("task");
    assertThatNullPointerException().isThrownBy(() -> source().park(null)).withMessage("blocker");
    assertThatNullPointerException()
        .isThrownBy(() -> source().parkUntil(null, 0))
        .withMessage("blocker");
    assertThatNullPointerException().isThrownBy(() -> source().unpark(null)).withMessage("thread");
    assertThatNullPointerException()
        .isThrownBy(() -> source().executor().execute(null))
        .withMessage("task");
  }
}
