package dev.resilience.time;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import dev.resilience.Schedules;
import java.io.IOException;
import java.lang.ref.WeakReference;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.RejectedExecutionException;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

class AutomaticTimeTest extends TimeSourceContract {

  private final VirtualTime.Automatic time = VirtualTime.automatic(7);
  private final List<String> log = new ArrayList<>();

  @Override
  TimeSource source() {
    return time;
  }

  @Override
  void live(VirtualTime.Body body) throws Exception {
    time.run(
        () -> {
          body.run();
          return null;
        });
  }

  @Override
  Fork fork(String name, VirtualTime.Body body) {
    return ManualTimeTest.forkOf(time.start(name, body));
  }

  private static void sleep(VirtualTime time, long nanos) {
    long deadline = time.nanoTime() + nanos;
    while (deadline - time.nanoTime() > 0) {
      time.parkUntil("sleep", deadline);
    }
  }

  private void sleep(long nanos) {
    sleep(time, nanos);
  }

  /**
   * Four participants that sleep, pause, set timers and hand over callbacks; and what came of it.
   */
  private static String report(long seed) throws Exception {
    VirtualTime.Automatic time = VirtualTime.automatic(seed);
    List<String> log = new ArrayList<>();
    time.run(
        () -> {
          List<Participant> all = new ArrayList<>();
          for (int i = 0; i < 4; i++) {
            String name = "p" + i;
            all.add(time.start(name, () -> act(time, name, log)));
          }
          all.add(time.start("interrupted", () -> log.add(interruptible(time))));
          all.get(4).interrupt();
          for (Participant participant : all) {
            participant.join();
          }
          return null;
        });
    return String.join(" ", log) + " end@" + time.elapsed().toNanos();
  }

  private static String interruptible(VirtualTime.Automatic time) {
    time.parkUntil("an interrupt", time.nanoTime() + 2);
    return Thread.currentThread().isInterrupted() + "@" + time.elapsed().toNanos();
  }

  private static void act(VirtualTime.Automatic time, String name, List<String> log) {
    for (int k = 0; k < 3; k++) {
      sleep(time, time.random().nextInt(3));
      log.add(name + "@" + time.elapsed().toNanos() + (time.random().nextBoolean() ? "" : "'"));
      time.startTimer(
          time.nanoTime() + time.random().nextInt(3),
          () -> time.executor().execute(() -> log.add("cb-" + name)));
      time.pause();
    }
  }

  @Nested
  class Seed {

    @Test
    void tells_the_same_story_again() {
      Schedules.check(200, (seed, random) -> assertThat(report(seed)).isEqualTo(report(seed)));
    }

    @Test
    void shows_an_interrupt_while_its_thread_waits_for_its_turn() throws Exception {
      time.run(
          () -> {
            Participant parked = time.start("parked", () -> log.add(interruptible(time)));
            sleep(1);
            parked.interrupt();
            log.add("" + staysInterrupted(parked.thread()));
            parked.join();
            return null;
          });
      assertThat(log).containsExactly("true", "true@1");
    }

    /** Looks for long enough in real time: what the thread does to its flag, it does without us. */
    private boolean staysInterrupted(Thread thread) {
      long until = System.nanoTime() + 20_000_000;
      boolean interrupted;
      do {
        Thread.onSpinWait();
        interrupted = thread.isInterrupted();
      } while (interrupted && System.nanoTime() - until < 0);
      return interrupted;
    }

    @Test
    void tells_another_story_than_other_seeds() throws Exception {
      Set<String> reports = new HashSet<>();
      for (long seed = 0; seed < 50; seed++) {
        reports.add(report(seed));
      }
      assertThat(reports).hasSizeGreaterThan(45);
    }

    @Test
    void tells_the_same_story_on_every_jvm() throws Exception {
      assertThat(report(42))
          .isEqualTo(
              "p2@0 p1@0 p2@0 true@0 p2@0 cb-p1 p3@1' cb-p2 cb-p3 p1@1' p0@2 cb-p2 cb-p2"
                  + " p1@2 cb-p0 cb-p1 cb-p1 p3@3 cb-p3 p0@4 p0@4' cb-p0 p3@5 end@5");
    }

    @Test
    void finds_both_orders_of_a_race() throws Exception {
      Set<String> seen = new HashSet<>();
      for (long seed = 0; seed < 20; seed++) {
        VirtualTime.Automatic race = VirtualTime.automatic(seed);
        List<String> order = new ArrayList<>();
        race.run(
            () -> {
              race.start("a", () -> order.add("a"));
              race.start("b", () -> order.add("b"));
              return null;
            });
        seen.add(String.join("", order));
      }
      assertThat(seen).containsExactlyInAnyOrder("ab", "ba");
    }
  }

  @Nested
  class Turns {

    private int inside;

    @Test
    void are_held_by_one_at_a_time() throws Exception {
      time.run(
          () -> {
            for (int i = 0; i < 5; i++) {
              time.start("p" + i, this::enterAndLeave);
            }
            return null;
          });
      assertThat(inside).isZero();
    }

    private void enterAndLeave() {
      for (int k = 0; k < 20; k++) {
        inside++;
        assertThat(inside).isEqualTo(1);
        inside--;
        time.pause();
      }
    }

    @Test
    void move_time_only_when_all_wait() throws Exception {
      time.run(
          () -> {
            time.start("sleeper", () -> sleep(1));
            for (int i = 0; i < 100; i++) {
              time.pause();
              assertThat(time.elapsed()).isZero();
            }
            return null;
          });
      assertThat(time.elapsed()).isEqualTo(Duration.ofNanos(1));
    }

    @Test
    void come_after_the_timers_of_a_moment() throws Exception {
      time.run(
          () -> {
            long moment = time.nanoTime() + 10;
            time.start(
                "sleeper",
                () -> {
                  sleep(10);
                  log.add("sleeper");
                });
            time.startTimer(moment, () -> log.add("timer 1"));
            time.startTimer(moment, () -> log.add("timer 2"));
            return null;
          });
      assertThat(log).containsExactly("timer 1", "timer 2", "sleeper");
    }
  }

  @Nested
  class Running {

    @Test
    void returns_the_result_when_all_have_ended() throws Exception {
      String result =
          time.run(
              () -> {
                time.start(
                    "slow",
                    () -> {
                      sleep(5_000);
                      log.add("slow");
                    });
                return "done";
              });
      assertThat(result).isEqualTo("done");
      assertThat(log).containsExactly("slow");
      assertThat(time.parked()).isZero();
    }

    @Test
    void throws_the_first_failure_as_it_is() {
      assertThatExceptionOfType(IOException.class)
          .isThrownBy(
              () ->
                  time.run(
                      () -> {
                        time.start(
                                "failing",
                                () -> {
                                  throw new IOException("first");
                                })
                            .join();
                        throw new IllegalArgumentException("second");
                      }))
          .withMessage("first");
    }

    @Test
    void continues_where_the_last_run_stopped() throws Exception {
      time.run(
          () -> {
            sleep(5);
            return null;
          });
      time.run(
          () -> {
            sleep(5);
            return null;
          });
      assertThat(time.elapsed()).isEqualTo(Duration.ofNanos(10));
    }

    @Test
    void is_possible_once_at_a_time() {
      assertThatIllegalStateException()
          .isThrownBy(() -> time.run(() -> time.run(() -> null)))
          .withMessageContaining("one at a time");
    }

    @Test
    void starts_a_participant_for_each_callback() throws Exception {
      time.run(
          () -> {
            time.executor().execute(() -> log.add(Thread.currentThread().getName()));
            time.executor()
                .execute(
                    () -> {
                      sleep(5);
                      log.add(Thread.currentThread().getName());
                    });
            return null;
          });
      assertThat(log).containsExactly("callback-1", "callback-2");
    }

    @Test
    void runs_callbacks_that_follow_each_other_on_one_thread() throws Exception {
      List<Thread> threads = new ArrayList<>();
      time.run(
          () -> {
            for (int i = 0; i < 3; i++) {
              time.executor()
                  .execute(
                      () -> {
                        threads.add(Thread.currentThread());
                        log.add(Thread.currentThread().getName());
                      });
              sleep(1);
            }
            return null;
          });
      assertThat(log).containsExactly("callback-1", "callback-2", "callback-3");
      assertThat(threads).hasSize(3).containsOnly(threads.get(0));
      threads.get(0).join();
      assertThat(time.parked()).isZero();
    }

    @Test
    void keeps_no_callback_that_has_run() throws Exception {
      List<WeakReference<Object>> held = new ArrayList<>();
      time.run(
          () -> {
            for (int i = 0; i < 3; i++) {
              held.add(handOverWhatHolds(new Object()));
              sleep(1);
            }
            held.forEach(Reachability::assertUnreachable);
            return null;
          });
      assertThat(log).hasSize(3);
    }

    private WeakReference<Object> handOverWhatHolds(Object value) {
      time.executor().execute(() -> log.add("" + value.hashCode()));
      return new WeakReference<>(value);
    }

    @Test
    void lets_no_callback_find_the_interrupt_of_the_one_before() throws Exception {
      List<Thread> threads = new ArrayList<>();
      time.run(
          () -> {
            time.executor()
                .execute(
                    () -> {
                      threads.add(Thread.currentThread());
                      Thread.currentThread().interrupt();
                    });
            sleep(1);
            threads.get(0).interrupt(); // by one who has not heard that it is over
            time.executor()
                .execute(() -> log.add("interrupted: " + Thread.currentThread().isInterrupted()));
            return null;
          });
      assertThat(log).containsExactly("interrupted: false");
    }

    @Test
    void ends_the_threads_of_its_callbacks_where_one_fails_while_others_rest() {
      List<Thread> threads = new ArrayList<>();
      assertThatExceptionOfType(IllegalStateException.class)
          .isThrownBy(
              () ->
                  time.run(
                      () -> {
                        time.executor().execute(() -> threads.add(Thread.currentThread()));
                        sleep(1);
                        throw new IllegalStateException("planned");
                      }))
          .withMessage("planned");
      assertThat(threads).hasSize(1).allSatisfy(Thread::join);
    }

    @Test
    void refuses_outsiders() {
      assertThatIllegalStateException()
          .isThrownBy(() -> time.park("nothing"))
          .withMessageContaining("expected: a participant");
      assertThatIllegalStateException().isThrownBy(time::pause);
      assertThatIllegalStateException().isThrownBy(() -> time.start("p", () -> {}));
      assertThatExceptionOfType(RejectedExecutionException.class)
          .isThrownBy(() -> time.executor().execute(() -> {}));
      assertThatIllegalArgumentException()
          .isThrownBy(() -> VirtualTime.automatic(1, Duration.ZERO))
          .withMessage("patience: 0 s (expected: > 0)");
    }

    @Test
    void ends_with_its_threads_when_interrupted() {
      assertThatExceptionOfType(InterruptedException.class)
          .isThrownBy(
              () -> {
                Thread runner = Thread.currentThread();
                time.run(
                    () -> {
                      runner.interrupt();
                      while (true) {
                        sleep(1);
                      }
                    });
              });
      assertThat(time.parked()).isZero();
    }
  }

  @Nested
  class Failing {

    private final List<Thread> threads = new ArrayList<>();

    @Test
    void lists_who_waits_for_what_in_a_deadlock() throws Exception {
      assertThatIllegalStateException()
          .isThrownBy(
              () ->
                  time.run(
                      () -> {
                        sleep(5);
                        Participant other = time.start("other", this::waitForEver);
                        other.join();
                        return null;
                      }))
          .withMessage(
              """
              nothing is due any more after 5 ns, but:
                main waits for participant other
                other waits for tea\
              """);
      assertThat(log).containsExactly("other unwinds");
      assertThat(time.parked()).isZero();
      for (Thread thread : threads) {
        thread.join();
      }
    }

    private void waitForEver() {
      threads.add(Thread.currentThread());
      try {
        while (true) {
          time.park("tea");
        }
      } finally {
        log.add("other unwinds");
      }
    }

    @Test
    void names_who_waits_elsewhere() {
      VirtualTime.Automatic hasty = VirtualTime.automatic(1, Duration.ofMillis(100));
      assertThatIllegalStateException()
          .isThrownBy(
              () ->
                  hasty.run(
                      () -> {
                        hasty.start("stuck", () -> new CountDownLatch(1).await());
                        hasty.park("ever");
                        return null;
                      }))
          .withMessageContaining("stuck: neither parked nor ended within 100 ms")
          .satisfies(
              failure ->
                  assertThat(failure.getSuppressed()[0].getStackTrace())
                      .anyMatch(frame -> frame.getClassName().endsWith("CountDownLatch")));
    }

    @Test
    void notices_that_time_never_passes() {
      assertThatIllegalStateException()
          .isThrownBy(
              () ->
                  time.run(
                      () -> {
                        while (true) {
                          time.pause();
                        }
                      }))
          .withMessageStartingWith("main: more than 1000000 turns at 0 s");
    }

    @Test
    void notices_a_timer_that_starts_itself_again_at_once() {
      assertThatIllegalStateException()
          .isThrownBy(
              () ->
                  time.run(
                      () -> {
                        again();
                        sleep(1);
                        return null;
                      }))
          .withMessageContaining("turns at 0 s");
      assertThat(time.pendingTimers()).isZero();
    }

    private void again() {
      time.startTimer(time.nanoTime(), this::again);
    }

    @Test
    void notices_that_an_interrupt_flag_keeps_somebody_awake() {
      assertThatIllegalStateException()
          .isThrownBy(
              () ->
                  time.run(
                      () -> {
                        Thread.currentThread().interrupt();
                        sleep(1);
                        return null;
                      }))
          .withMessageContaining("interrupt flag");
    }

    @Test
    void can_be_followed_by_a_good_run() throws Exception {
      assertThatIllegalStateException()
          .isThrownBy(
              () ->
                  time.run(
                      () -> {
                        time.park("godot");
                        return null;
                      }));
      assertThat(
              time.<String>run(
                  () -> {
                    sleep(1);
                    return "fine";
                  }))
          .isEqualTo("fine");
    }
  }
}
