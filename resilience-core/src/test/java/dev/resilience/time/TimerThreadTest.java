package dev.resilience.time;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.lang.ref.WeakReference;
import java.security.ProtectionDomain;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class TimerThreadTest {

  private static final long HOUR = 3_600_000_000_000L;

  private final TimerThread timers = new TimerThread("timer-test", 4);

  private void passOneTimer() throws InterruptedException {
    CountDownLatch ran = new CountDownLatch(1);
    timers.startTimer(System.nanoTime(), ran::countDown);
    ran.await();
  }

  @Test
  void is_not_started_before_the_first_timer() {
    TimerThread unused = new TimerThread("timer-unused", 1);
    assertThat(unused.size()).isZero();
    assertThat(unused.wakeUps()).isZero();
    assertThat(Thread.getAllStackTraces().keySet())
        .noneMatch(thread -> thread.getName().equals("timer-unused"));
  }

  @Test
  void does_not_wake_up_for_timers_that_are_not_due() throws Exception {
    timers.startTimer(System.nanoTime() + HOUR, () -> {});
    passOneTimer();
    for (int i = 0; i < 100_000; i++) {
      timers.startTimer(System.nanoTime() + 2 * HOUR, () -> {}).cancel();
    }
    passOneTimer();
    assertThat(timers.wakeUps()).isLessThan(20);
    assertThat(timers.size()).isEqualTo(1);
  }

  @Test
  void survives_a_task_that_interrupts_it() throws Exception {
    timers.startTimer(System.nanoTime(), () -> Thread.currentThread().interrupt());
    passOneTimer();
    passOneTimer();
    assertThat(timers.wakeUps()).isLessThan(20);
  }

  @Test
  void runs_a_task_again_that_the_full_heap_has_kept_from_running() throws Exception {
    AtomicInteger runs = new AtomicInteger();
    CountDownLatch ran = new CountDownLatch(1);
    timers.startTimer(
        System.nanoTime(),
        () -> {
          if (runs.incrementAndGet() < 3) {
            throw new OutOfMemoryError("for a while");
          }
          ran.countDown();
        });
    ran.await();
    passOneTimer();
    assertThat(runs).hasValue(3);
    assertThat(timers.size()).isZero();
  }

  @Test
  void runs_no_task_again_that_was_cancelled_after_it_had_failed() throws Exception {
    AtomicInteger runs = new AtomicInteger();
    CountDownLatch failed = new CountDownLatch(1);
    Timer timer =
        timers.startTimer(
            System.nanoTime(),
            () -> {
              runs.incrementAndGet();
              failed.countDown();
              throw new OutOfMemoryError("for ever");
            });
    failed.await();
    while (!timer.cancel()) {
      Thread.onSpinWait();
    }
    passOneTimer();
    assertThat(timers.size()).isZero();
  }

  @Nested
  class The_thread {

    private static final long IDLE = 10_000_000;

    private final List<Thread> made = new CopyOnWriteArrayList<>();
    private final AtomicBoolean refused = new AtomicBoolean();
    private final TimerThread own = new TimerThread(this::make, 2, IDLE);

    private Thread make(Runnable work) {
      if (refused.get()) {
        throw new OutOfMemoryError("unable to create native thread");
      }
      Thread thread = DaemonThreads.thread("timer-own", work);
      made.add(thread);
      return thread;
    }

    private void passOne() throws InterruptedException {
      CountDownLatch ran = new CountDownLatch(1);
      own.startTimer(System.nanoTime(), ran::countDown);
      ran.await();
    }

    @Test
    void ends_when_no_timer_is_set_and_is_started_again_by_the_next() throws Exception {
      passOne();
      made.get(0).join();
      passOne();
      assertThat(made).hasSize(2);
    }

    @Test
    void is_not_forgotten_that_was_over_before_its_starter_could_name_it() throws Exception {
      AtomicReference<TimerThread> late = new AtomicReference<>();
      TimerThread lateNamed = new TimerThread(work -> new Busy(work, late::get), 1, IDLE);
      late.set(lateNamed);
      for (int i = 0; i < 3; i++) {
        CountDownLatch ran = new CountDownLatch(1);
        lateNamed.startTimer(System.nanoTime(), ran::countDown);
        ran.await();
      }
    }

    /** Its starter goes on when it has done all there was to do, as on a busy machine. */
    private static final class Busy extends Thread {

      private final Supplier<TimerThread> own;

      Busy(Runnable work, Supplier<TimerThread> own) {
        super(work, "timer-busy");
        setDaemon(true);
        this.own = own;
      }

      @Override
      @SuppressWarnings("UnsynchronizedOverridesSynchronized") // it is started once
      public void start() {
        super.start();
        while (isAlive() && own.get().wakeUps() < 20) {
          Thread.onSpinWait();
        }
      }
    }

    @Test
    void stays_while_a_timer_stands() throws Exception {
      Timer standing = own.startTimer(System.nanoTime() + HOUR, () -> {});
      passOne();
      CountDownLatch later = new CountDownLatch(1);
      own.startTimer(System.nanoTime() + 15 * IDLE, later::countDown);
      later.await();
      assertThat(made).hasSize(1);
      assertThat(standing.cancel()).isTrue();
      made.get(0).join();
    }

    @Test
    void that_cannot_be_made_is_heard_of_by_whom_the_timer_is_for_and_is_tried_again()
        throws Exception {
      refused.set(true);
      assertThatThrownBy(() -> own.startTimer(System.nanoTime(), () -> {}))
          .isInstanceOf(OutOfMemoryError.class);
      assertThat(own.size()).isZero();
      refused.set(false);
      passOne();
    }

    @Test
    void holds_nothing_of_the_application_that_came_first() throws Exception {
      AtomicReference<WeakReference<ClassLoader>> loader = new AtomicReference<>();
      Thread application = new Thread(new ThreadGroup("application"), () -> start(loader));
      application.start();
      application.join();
      Thread timer = made.get(0);
      assertThat(timer.getContextClassLoader()).isSameAs(ClassLoader.getSystemClassLoader());
      assertThat(timer.getThreadGroup().getParent()).isNull();
      assertThat(timer.isAlive()).isTrue();
      Reachability.assertUnreachable(loader.get());
    }

    /**
     * On 17 a thread inherits the access control context: all loaders of the classes on the stack.
     */
    private void start(AtomicReference<WeakReference<ClassLoader>> loader) {
      ClassLoader applications = new ApplicationLoader();
      loader.set(new WeakReference<>(applications));
      Thread.currentThread().setContextClassLoader(applications);
      try {
        Runnable task =
            (Runnable)
                applications
                    .loadClass(ApplicationTask.class.getName())
                    .getDeclaredConstructor(Runnable.class)
                    .newInstance(
                        (Runnable) () -> own.startTimer(System.nanoTime() + HOUR, () -> {}));
        task.run();
      } catch (ReflectiveOperationException e) {
        throw new LinkageError("application", e);
      } finally {
        Thread.currentThread().setContextClassLoader(null);
      }
    }
  }

  /** A class of an application, to be loaded by a loader of its own. */
  public static final class ApplicationTask implements Runnable {

    private final Runnable task;

    public ApplicationTask(Runnable task) {
      this.task = task;
    }

    @Override
    public void run() {
      task.run();
    }
  }

  private static final class ApplicationLoader extends ClassLoader {

    ApplicationLoader() {
      super(TimerThreadTest.class.getClassLoader());
    }

    @Override
    protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
      if (!name.equals(ApplicationTask.class.getName())) {
        return super.loadClass(name, resolve);
      }
      try (var file = getResourceAsStream(name.replace('.', '/') + ".class")) {
        byte[] bytes = file.readAllBytes();
        return defineClass(
            name, bytes, 0, bytes.length, new ProtectionDomain(null, null, this, null));
      } catch (IOException e) {
        throw new ClassNotFoundException(name, e);
      }
    }
  }

  @Test
  void misses_no_timer_that_is_set_while_it_looks() throws Exception {
    AtomicReference<Throwable> failure = new AtomicReference<>();
    List<Thread> setters = new ArrayList<>();
    for (int s = 0; s < 4; s++) {
      Thread setter =
          new Thread(
              () -> {
                try {
                  for (int i = 0; i < 300; i++) {
                    CountDownLatch ran = new CountDownLatch(1);
                    long ahead = ThreadLocalRandom.current().nextLong(-1_000_000, 2_000_000);
                    timers.startTimer(System.nanoTime() + ahead, ran::countDown);
                    ran.await();
                  }
                } catch (Throwable t) {
                  failure.set(t);
                }
              });
      setters.add(setter);
      setter.start();
    }
    for (Thread setter : setters) {
      setter.join();
    }
    assertThat(failure.get()).isNull();
    assertThat(timers.size()).isZero();
  }
}
