package dev.resilience.timeout;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.resilience.Resilience;
import dev.resilience.context.Context;
import dev.resilience.error.AttemptTimeoutException;
import dev.resilience.error.ConcurrencyLimitExceededException;
import dev.resilience.observe.PolicyEvent;
import dev.resilience.policy.Call;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Real blocking calls in real time: whether the caller is freed, not when. */
@Timeout(60)
class RealBlockingTest {

  private static final Duration LIMIT = Duration.ofMillis(300);

  private final Context ctx = Context.background();
  private final BlockingQueue<PolicyEvent> events = new LinkedBlockingQueue<>();

  @FunctionalInterface
  interface Body {
    void run() throws Exception;
  }

  enum Threads {
    PLATFORM,
    VIRTUAL;

    void run(Body test) throws Exception {
      FutureTask<Void> task =
          new FutureTask<>(
              () -> {
                test.run();
                return null;
              });
      ThreadFactory virtual = Workers.virtualThreads("test-");
      assumeTrue(this == PLATFORM || virtual != null, "this JVM has no virtual threads");
      (this == PLATFORM || virtual == null ? new Thread(task) : virtual.newThread(task)).start();
      try {
        task.get();
      } catch (ExecutionException failed) {
        throw new AssertionError(failed.getCause());
      }
    }
  }

  private FixedTimeout.Builder builder() {
    return FixedTimeout.builder("reads", LIMIT).listener(events::add);
  }

  private void assertFreed(FixedTimeout timeout, Call<?, ? extends Exception> work) {
    Throwable thrown = catchThrowable(() -> Resilience.of(timeout).call(ctx, work));
    assertThat(thrown).isInstanceOf(AttemptTimeoutException.class);
    assertThat(thrown.getSuppressed()).singleElement().isInstanceOf(InterruptedException.class);
    assertThat(Thread.currentThread().isInterrupted()).isFalse();
    assertThat(timeout.stillRunning()).isZero();
  }

  @ParameterizedTest
  @EnumSource
  void a_sleep_is_interrupted(Threads threads) throws Exception {
    threads.run(
        () ->
            assertFreed(
                FixedTimeout.of(LIMIT),
                c -> {
                  TimeUnit.HOURS.sleep(1);
                  return "slept";
                }));
  }

  @ParameterizedTest
  @EnumSource
  void a_take_from_an_empty_queue_is_interrupted(Threads threads) throws Exception {
    threads.run(() -> assertFreed(FixedTimeout.of(LIMIT), c -> new LinkedBlockingQueue<>().take()));
  }

  @ParameterizedTest
  @EnumSource
  void the_wait_for_a_lock_is_interrupted(Threads threads) throws Exception {
    ReentrantLock lock = new ReentrantLock();
    lock.lock();
    try {
      threads.run(
          () ->
              assertFreed(
                  FixedTimeout.of(LIMIT),
                  c -> {
                    lock.lockInterruptibly();
                    return "locked";
                  }));
    } finally {
      lock.unlock();
    }
  }

  @ParameterizedTest
  @EnumSource
  void a_read_from_a_socket_is_freed_by_a_close_hook(Threads threads) throws Exception {
    try (SilentServer server = new SilentServer()) {
      threads.run(
          () -> {
            FixedTimeout timeout = builder().build();
            Throwable thrown =
                catchThrowable(
                    () ->
                        Resilience.of(timeout)
                            .call(
                                ctx,
                                c -> {
                                  try (Socket socket = server.connect()) {
                                    c.onDone(socket::close);
                                    return socket.getInputStream().read();
                                  }
                                }));
            assertThat(thrown).isInstanceOf(AttemptTimeoutException.class);
            assertThat(thrown.getSuppressed()).singleElement().isInstanceOf(SocketException.class);
            assertThat(Thread.currentThread().isInterrupted()).isFalse();
            assertThat(timeout.stillRunning()).isZero();
          });
    }
  }

  @Test
  void a_read_from_a_socket_is_left_behind_by_the_isolated_mode_counted_and_named()
      throws Exception {
    try (SilentServer server = new SilentServer()) {
      BlockingQueue<Socket> sockets = new LinkedBlockingQueue<>();
      CountDownLatch letGo = new CountDownLatch(1);
      FixedTimeout timeout = builder().isolated().build();
      Throwable thrown =
          catchThrowable(
              () ->
                  Resilience.of(timeout)
                      .call(
                          ctx,
                          c -> {
                            sockets.add(server.connect());
                            return readWhateverHappens(sockets.element(), letGo);
                          }));
      assertThat(thrown).isInstanceOf(AttemptTimeoutException.class);
      assertThat(Thread.currentThread().isInterrupted()).isFalse();
      assertThat(timeout.stillRunning()).isEqualTo(1);
      assertThat(timeout.abandonedCount()).isEqualTo(1);
      assertThat(events.take()).isEqualTo(new PolicyEvent.WorkAbandoned("reads", 1));
      assertThat(events.take()).isEqualTo(new PolicyEvent.TimedOut("reads", LIMIT));

      letGo.countDown();
      sockets.element().close();
      PolicyEvent last = events.take();
      assertThat(last)
          .isInstanceOfSatisfying(
              PolicyEvent.LateResult.class, late -> assertThat(late.policy()).isEqualTo("reads"));
      assertThat(timeout.stillRunning()).isZero();
      assertThat(timeout.abandonedCount()).isEqualTo(1);
    }
  }

  /**
   * A virtual thread's read ends with its interrupt: then this waits on, as a platform thread's.
   */
  private static int readWhateverHappens(Socket socket, CountDownLatch letGo) throws IOException {
    try (socket) {
      return socket.getInputStream().read();
    } finally {
      boolean over = false;
      while (!over) {
        try {
          letGo.await();
          over = true;
        } catch (InterruptedException ignored) {
          // That is the point.
        }
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void no_interrupt_of_ours_lands_after_the_call(Threads threads) throws Exception {
    Resilience stack = Resilience.of(FixedTimeout.of(Duration.ofNanos(50_000)));
    threads.run(
        () -> {
          // The work ends about when the limit passes, a little earlier or later each time.
          for (int i = 0; i < 5_000; i++) {
            long end = System.nanoTime() + 30_000 + (i % 100) * 1_000L;
            Throwable thrown =
                catchThrowable(
                    () ->
                        stack.run(
                            ctx,
                            c -> {
                              while (System.nanoTime() - end < 0) {
                                Thread.onSpinWait();
                              }
                            }));
            assertThat(Thread.currentThread().isInterrupted()).isFalse();
            assertThat(thrown == null || thrown instanceof AttemptTimeoutException).isTrue();
          }
          assertThat(Thread.currentThread().isInterrupted()).isFalse();
        });
  }

  @Test
  void the_threads_of_the_isolated_mode_keep_no_jvm_alive_and_say_whose_they_are()
      throws Exception {
    Thread worker =
        Resilience.of(FixedTimeout.builder("reads", Duration.ofMinutes(1)).isolated().build())
            .<Thread, RuntimeException>call(ctx, c -> Thread.currentThread());

    assertThat(worker.isDaemon()).isTrue();
    assertThat(worker.getName()).startsWith("resilience-reads-");
  }

  @Test
  void a_full_isolated_mode_rejects_where_there_are_no_virtual_threads() {
    assumeTrue(Workers.virtualThreads("test-") == null, "unbounded on virtual threads");
    CountDownLatch letGo = new CountDownLatch(1);
    FixedTimeout timeout = builder().isolated().maxThreads(1).build();
    Resilience stack = Resilience.of(timeout);
    Call<String, RuntimeException> stubborn =
        c -> {
          while (letGo.getCount() > 0) {
            Thread.onSpinWait();
          }
          return "late";
        };
    assertThat(catchThrowable(() -> stack.call(ctx, stubborn)))
        .isInstanceOf(AttemptTimeoutException.class);
    assertThat(catchThrowable(() -> stack.call(ctx, stubborn)))
        .isInstanceOf(ConcurrencyLimitExceededException.class)
        .hasMessage("reads: all 1 threads of the isolated mode are taken");
    letGo.countDown();
  }

  /** Accepts and says nothing. */
  private static final class SilentServer implements AutoCloseable {

    private final ServerSocket server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());

    SilentServer() throws IOException {}

    Socket connect() throws IOException {
      return new Socket(server.getInetAddress(), server.getLocalPort());
    }

    @Override
    public void close() throws IOException {
      server.close();
    }
  }
}
