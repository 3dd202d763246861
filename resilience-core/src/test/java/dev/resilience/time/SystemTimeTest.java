package dev.resilience.time;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

class SystemTimeTest extends TimeSourceContract {

  @Override
  TimeSource source() {
    return TimeSource.system();
  }

  @Override
  void live(VirtualTime.Body body) throws Exception {
    body.run();
  }

  @Override
  Fork fork(String name, VirtualTime.Body body) {
    AtomicReference<Throwable> failure = new AtomicReference<>();
    Thread thread =
        new Thread(
            () -> {
              try {
                body.run();
              } catch (Throwable t) {
                failure.set(t);
              }
            },
            name);
    thread.start();
    return new Fork() {
      @Override
      public Thread thread() {
        return thread;
      }

      @Override
      public void join() throws InterruptedException {
        thread.join();
        assertThat(failure.get()).isNull();
      }
    };
  }

  @Nested
  class Threads {

    @Test
    void timers_and_callbacks_run_on_daemons_of_different_kinds() throws Exception {
      CompletableFuture<Thread> timer = new CompletableFuture<>();
      CompletableFuture<Thread> callback = new CompletableFuture<>();
      source()
          .startTimer(
              source().nanoTime(),
              () -> {
                timer.complete(Thread.currentThread());
                source()
                    .executor()
                    .execute(
                        () -> {
                          callback.complete(Thread.currentThread());
                        });
              });
      assertThat(timer.join().getName()).isEqualTo("resilience-timer");
      assertThat(timer.join().isDaemon()).isTrue();
      assertThat(callback.join()).isNotSameAs(timer.join());
      assertThat(callback.join().isDaemon()).isTrue();
    }

    @Test
    void callbacks_run_on_virtual_threads_where_the_jvm_has_them() throws Exception {
      CompletableFuture<Thread> callback = new CompletableFuture<>();
      source()
          .executor()
          .execute(
              () -> {
                callback.complete(Thread.currentThread());
              });
      boolean expected = Runtime.version().feature() >= 21;
      assertThat(callback.join().getClass().getName().contains("Virtual")).isEqualTo(expected);
    }

    @Test
    void a_slow_callback_delays_no_other() throws Exception {
      CountDownLatch first = new CountDownLatch(1);
      CountDownLatch second = new CountDownLatch(1);
      source().executor().execute(() -> awaitQuietly(second));
      source()
          .executor()
          .execute(
              () -> {
                second.countDown();
                first.countDown();
              });
      first.await();
    }

    private void awaitQuietly(CountDownLatch latch) {
      try {
        latch.await();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }
}
