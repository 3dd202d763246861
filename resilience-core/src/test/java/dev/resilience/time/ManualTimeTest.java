package dev.resilience.time;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

class ManualTimeTest extends TimeSourceContract {

  private final VirtualTime.Manual time = VirtualTime.manual(7);
  private final List<String> log = Collections.synchronizedList(new ArrayList<>());

  @Override
  TimeSource source() {
    return time;
  }

  @Override
  void live(VirtualTime.Body body) {
    Participant test = time.start("test", body);
    while (!test.isDone()) {
      assertThat(time.advanceToNext()).as("somebody is due").isTrue();
    }
  }

  @Override
  Fork fork(String name, VirtualTime.Body body) {
    return forkOf(time.start(name, body));
  }

  static Fork forkOf(Participant participant) {
    return new Fork() {
      @Override
      public Thread thread() {
        return participant.thread();
      }

      @Override
      public void join() throws InterruptedException {
        participant.join();
      }
    };
  }

  private void sleep(long seconds) {
    long deadline = time.nanoTime() + Duration.ofSeconds(seconds).toNanos();
    while (deadline - time.nanoTime() > 0) {
      time.parkUntil("sleep", deadline);
    }
  }

  private Timer timer(long seconds, Runnable task) {
    return time.startTimer(time.nanoTime() + Duration.ofSeconds(seconds).toNanos(), task);
  }

  private void note(String what) {
    log.add(what + " " + time.elapsed().toSeconds());
  }

  @Nested
  class Advancing {

    @Test
    void serves_in_order_of_moments_and_then_of_registration() {
      timer(2, () -> note("c"));
      timer(1, () -> note("a"));
      time.start(
          "b",
          () -> {
            sleep(1);
            note("b");
          });
      timer(2, () -> note("d"));
      timer(3, () -> note("never"));
      time.advance(Duration.ofSeconds(2));
      assertThat(log).containsExactly("a 1", "b 1", "c 2", "d 2");
      assertThat(time.elapsed()).isEqualTo(Duration.ofSeconds(2));
    }

    @Test
    void serves_what_is_started_meanwhile() {
      timer(1, () -> timer(1, () -> timer(0, () -> note("third"))));
      time.advance(Duration.ofSeconds(5));
      assertThat(log).containsExactly("third 2");
    }

    @Test
    void by_nothing_serves_what_is_due_already() {
      timer(0, () -> note("now"));
      timer(-5, () -> note("before"));
      assertThat(log).isEmpty();
      time.advance(Duration.ZERO);
      assertThat(log).containsExactly("before 0", "now 0");
    }

    @Test
    void to_the_next_serves_all_of_one_moment() {
      timer(1, () -> note("a"));
      timer(1, () -> note("b"));
      timer(9, () -> note("c"));
      assertThat(time.advanceToNext()).isTrue();
      assertThat(log).containsExactly("a 1", "b 1");
      assertThat(time.advanceToNext()).isTrue();
      assertThat(time.advanceToNext()).isFalse();
      assertThat(time.elapsed()).isEqualTo(Duration.ofSeconds(9));
    }

    @Test
    void is_refused_to_who_would_wait_for_himself() {
      AtomicReference<Throwable> seen = new AtomicReference<>();
      timer(1, () -> seen.set(catching(() -> time.advance(Duration.ZERO))));
      time.advance(Duration.ofSeconds(1));
      assertThat(seen.get())
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("during");
      time.start("p", () -> seen.set(catching(() -> time.advance(Duration.ZERO))));
      assertThat(seen.get()).isInstanceOf(IllegalStateException.class).hasMessageContaining("p, a");
    }

    @Test
    void goes_forwards_only_and_not_for_ever() {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> time.advance(Duration.ofNanos(-1)))
          .withMessageContaining("expected: >= 0");
      time.advance(Duration.ofNanos(TimeSource.MAX_AHEAD));
      assertThatIllegalArgumentException()
          .isThrownBy(() -> time.advance(Duration.ofNanos(1)))
          .withMessageContaining("146 years");
    }

    private Throwable catching(Runnable work) {
      try {
        work.run();
        return new AssertionError("nothing thrown");
      } catch (IllegalStateException e) {
        return e;
      }
    }
  }

  @Nested
  class Handed_over {

    @Test
    void run_in_order_during_an_advance_after_the_timer_that_made_them() {
      timer(
          1,
          () -> {
            time.executor().execute(() -> note("x"));
            time.executor().execute(() -> note("y"));
            note("timer");
          });
      timer(1, () -> note("next timer"));
      time.advance(Duration.ofSeconds(1));
      assertThat(log).containsExactly("timer 1", "x 1", "y 1", "next timer 1");
    }

    @Test
    void run_at_once_when_nobody_advances() {
      time.executor().execute(() -> note(Thread.currentThread().getName()));
      assertThat(log).containsExactly(Thread.currentThread().getName() + " 0");
    }

    @Test
    void must_not_park() {
      timer(1, () -> time.park("godot"));
      timer(2, () -> note("still alive"));
      time.advance(Duration.ofSeconds(2));
      assertThat(log).containsExactly("still alive 2");
    }
  }

  @Nested
  class Participants {

    @Test
    void are_parked_or_done_when_start_returns() {
      Participant sleeper = time.start("sleeper", () -> sleep(1));
      Participant quick = time.start("quick", () -> note("quick"));
      assertThat(time.parked()).isEqualTo(1);
      assertThat(sleeper.isDone()).isFalse();
      assertThat(quick.isDone()).isTrue();
    }

    @Test
    void run_one_after_the_other_at_the_same_moment() {
      for (int i = 0; i < 5; i++) {
        String name = "p" + i;
        time.start(
            name,
            () -> {
              for (int k = 0; k < 3; k++) {
                sleep(1);
                note(name);
              }
            });
      }
      time.advance(Duration.ofSeconds(2));
      assertThat(log)
          .containsExactly(
              "p0 1", "p1 1", "p2 1", "p3 1", "p4 1", "p0 2", "p1 2", "p2 2", "p3 2", "p4 2");
      time.advance(Duration.ofSeconds(1));
      assertThat(time.parked()).isZero();
    }

    @Test
    void can_be_interrupted_while_parked() {
      Participant sleeper =
          time.start(
              "sleeper",
              () -> {
                time.park("an interrupt");
                log.add("flag " + Thread.currentThread().isInterrupted());
              });
      sleeper.interrupt();
      assertThat(time.parked()).isZero();
      time.advance(Duration.ZERO);
      assertThat(sleeper.isDone()).isTrue();
      assertThat(log).containsExactly("flag true");
    }

    @Test
    void throw_their_failure_from_the_advance_that_finds_it() {
      time.start(
          "failing",
          () -> {
            sleep(1);
            throw new IOException("broken");
          });
      timer(2, () -> note("served"));
      assertThatExceptionOfType(IOException.class)
          .isThrownBy(() -> time.advance(Duration.ofSeconds(3)))
          .withMessage("broken");
      assertThat(log).containsExactly("served 2");
      time.advance(Duration.ofSeconds(1));
    }

    @Test
    void throw_their_failure_from_start() {
      assertThatExceptionOfType(IOException.class)
          .isThrownBy(
              () ->
                  time.start(
                      "failing",
                      () -> {
                        throw new IOException("broken");
                      }));
    }

    @Test
    void are_named_when_they_wait_elsewhere() {
      VirtualTime.Manual hasty = new ManualTime(0, Duration.ofSeconds(1));
      CountDownLatch elsewhere = new CountDownLatch(1);
      assertThatIllegalStateException()
          .isThrownBy(() -> hasty.start("stuck", elsewhere::await))
          .withMessageContaining("stuck")
          .satisfies(
              failure ->
                  assertThat(failure.getSuppressed()[0].getStackTrace())
                      .anyMatch(frame -> frame.getClassName().endsWith("CountDownLatch")));
      elsewhere.countDown();
    }
  }

  @Nested
  class Other_threads {

    @Test
    void park_and_are_unparked_when_their_moment_comes() throws Exception {
      Thread foreign = new Thread(() -> sleep(10));
      foreign.start();
      time.awaitParked(1);
      time.advance(Duration.ofSeconds(10));
      foreign.join();
      assertThat(time.parked()).isZero();
    }

    @Test
    void can_be_interrupted() throws Exception {
      Thread foreign = new Thread(() -> time.park("an interrupt"));
      foreign.start();
      time.awaitParked(1);
      foreign.interrupt();
      foreign.join();
      assertThat(time.parked()).isZero();
    }

    @Test
    void can_wait_for_a_participant() throws Exception {
      Participant sleeper = time.start("sleeper", () -> sleep(1));
      Thread foreign = new Thread(() -> join(sleeper));
      foreign.start();
      time.awaitParked(2);
      time.advance(Duration.ofSeconds(1));
      foreign.join();
      assertThat(log).containsExactly("joined");
    }

    private void join(Participant participant) {
      try {
        participant.join();
        log.add("joined");
      } catch (InterruptedException e) {
        log.add("interrupted");
      }
    }

    @Test
    void are_not_awaited_for_ever() {
      VirtualTime.Manual hasty = new ManualTime(0, Duration.ofMillis(20));
      assertThatIllegalStateException()
          .isThrownBy(() -> hasty.awaitParked(1))
          .withMessageContaining("parked: 0");
    }
  }

  @Test
  void timers_are_counted_until_they_run_or_are_cancelled() {
    Timer one = timer(1, () -> {});
    timer(2, () -> {});
    assertThat(time.pendingTimers()).isEqualTo(2);
    one.cancel();
    assertThat(time.pendingTimers()).isEqualTo(1);
    time.advance(Duration.ofSeconds(2));
    assertThat(time.pendingTimers()).isZero();
  }

  @Test
  void the_clock_wraps_around_soon() {
    long before = time.nanoTime();
    time.advance(Duration.ofSeconds(2));
    assertThat(time.nanoTime()).isNegative();
    assertThat(time.nanoTime() - before).isEqualTo(Duration.ofSeconds(2).toNanos());
  }

  @Test
  void the_wall_clock_follows_and_can_jump() {
    Instant start = time.instant();
    time.advance(Duration.ofSeconds(2));
    assertThat(time.instant()).isEqualTo(start.plusSeconds(2));
    time.jumpWallClock(Duration.ofHours(-1));
    assertThat(time.instant()).isEqualTo(start.plusSeconds(2).minusSeconds(3600));
    assertThat(time.elapsed()).isEqualTo(Duration.ofSeconds(2));
  }

  @Test
  void randomness_comes_from_the_seed() {
    assertThat(VirtualTime.manual(1).random().nextLong())
        .isEqualTo(VirtualTime.manual(1).random().nextLong())
        .isNotEqualTo(VirtualTime.manual(2).random().nextLong());
  }
}
