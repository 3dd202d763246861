package dev.resilience.context;

import static java.time.Duration.ofMillis;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import java.nio.channels.spi.AbstractInterruptibleChannel;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * {@link Thread#interrupt} runs foreign code: an overriding method, or the closing of a channel. On
 * the time of this machine, since it is about its threads.
 */
@Timeout(60)
class ForeignInterruptTest {

  /** Opened at the end of each test, so that nothing stays behind. */
  private final CountDownLatch free = new CountDownLatch(1);

  private final CompletableFuture<Thread> interrupter = new CompletableFuture<>();
  private final CompletableFuture<Throwable> outcome = new CompletableFuture<>();

  @AfterEach
  void freeAll() {
    free.countDown();
  }

  private void awaitFree() {
    while (true) {
      try {
        free.await();
        return;
      } catch (InterruptedException e) {
        // The latch counts, and nothing else.
      }
    }
  }

  /**
   * The work ends when it is interrupted. On a busy machine the time may be up before the work
   * begins, or while a channel only prepares to be closed by an interrupt: then it gets more.
   */
  private void runUntilTheDeadline(BlockingWork<String, Exception> work) {
    for (Duration limit = ofMillis(20); !outcome.isDone(); limit = limit.multipliedBy(2)) {
      Begun begun = new Begun(work);
      try (var ctx = Context.background().withTimeout(limit)) {
        ctx.interruptibly(begun);
      } catch (Throwable thrown) {
        if (begun.hasBegun) {
          outcome.complete(thrown);
        }
      }
    }
  }

  private static final class Begun implements BlockingWork<String, Exception> {

    private final BlockingWork<String, Exception> work;
    private boolean hasBegun;

    Begun(BlockingWork<String, Exception> work) {
      this.work = work;
    }

    @Override
    public String run() throws Exception {
      hasBegun = true;
      return work.run();
    }

    @Override
    public void interrupted() {
      work.interrupted();
    }
  }

  /** A limit of somebody else's, which must not have to wait for the foreign code. */
  private static void assertThatAnotherLimitIsKept() throws Exception {
    var ctx = Context.background().withTimeout(ofMillis(1));
    CountDownLatch told = new CountDownLatch(1);
    ctx.onDone(told::countDown);
    told.await();
    Throwable thrown = null;
    try (var other = Context.background().withTimeout(ofMillis(1))) {
      other.interruptibly(() -> new CountDownLatch(1).await(1, TimeUnit.HOURS));
    } catch (ContextException e) {
      thrown = e;
    }
    assertThat(thrown).isInstanceOf(DeadlineExceededException.class);
  }

  private static String parkUntilInterrupted() throws InterruptedException {
    while (!Thread.interrupted()) {
      LockSupport.park();
    }
    throw new InterruptedException();
  }

  @Test
  void a_context_that_has_ended_runs_no_foreign_code() throws Exception {
    var ctx = Context.background().withCancel();
    ctx.cancel();
    List<Thread> foreign = new CopyOnWriteArrayList<>();
    BlockingWork<String, Exception> work =
        new BlockingWork<>() {
          @Override
          public String run() {
            return "begun";
          }

          @Override
          public void interrupted() {
            foreign.add(Thread.currentThread());
          }
        };
    Thread worker =
        new Thread(() -> outcome.complete(catchThrowable(() -> ctx.interruptibly(work)))) {
          @Override
          public void interrupt() {
            super.interrupt();
            foreign.add(Thread.currentThread());
          }
        };
    worker.start();

    assertThat(outcome.get()).isInstanceOf(ContextCancelledException.class);
    assertThat(foreign).isEmpty();
  }

  @Test
  void an_overriding_interrupt_that_throws_ends_the_call_all_the_same() throws Exception {
    Thread worker =
        new Thread(() -> runUntilTheDeadline(ForeignInterruptTest::parkUntilInterrupted)) {
          @Override
          public void interrupt() {
            super.interrupt();
            interrupter.complete(Thread.currentThread());
            throw new IllegalStateException("close failed");
          }
        };
    worker.start();

    assertThat(outcome.get()).isInstanceOf(DeadlineExceededException.class);
    assertThat(interrupter.get().getName()).doesNotContain("resilience-timer");
  }

  @Test
  void an_overriding_interrupt_that_blocks_holds_up_its_own_call_alone() throws Exception {
    Thread worker =
        new Thread(() -> runUntilTheDeadline(ForeignInterruptTest::parkUntilInterrupted)) {
          @Override
          public void interrupt() {
            super.interrupt();
            interrupter.complete(Thread.currentThread());
            awaitFree();
          }
        };
    worker.start();
    interrupter.get();

    assertThatAnotherLimitIsKept();

    assertThat(outcome).isNotDone();
    free.countDown();
    assertThat(outcome.get()).isInstanceOf(DeadlineExceededException.class);
  }

  @Test
  void a_channel_whose_close_throws_ends_the_call_all_the_same() throws Exception {
    new Thread(() -> runUntilTheDeadline(new Channel(false)::read)).start();

    assertThat(outcome.get()).isInstanceOf(DeadlineExceededException.class);
    assertThat(interrupter.get().getName()).doesNotContain("resilience-timer");
  }

  @Test
  void a_channel_whose_close_blocks_holds_up_its_own_call_alone() throws Exception {
    new Thread(() -> runUntilTheDeadline(new Channel(true)::read)).start();
    interrupter.get();

    assertThatAnotherLimitIsKept();

    free.countDown();
    assertThat(outcome.get()).isInstanceOf(DeadlineExceededException.class);
  }

  @Test
  void a_listener_that_blocks_is_waited_for_without_spinning() throws Exception {
    CompletableFuture<Thread> worker = new CompletableFuture<>();
    CountDownLatch told = new CountDownLatch(1);
    new Thread(
            () -> {
              worker.complete(Thread.currentThread());
              runUntilTheDeadline(
                  new BlockingWork<>() {
                    @Override
                    public String run() throws Exception {
                      return parkUntilInterrupted();
                    }

                    @Override
                    public void interrupted() {
                      told.countDown();
                      awaitFree();
                    }
                  });
            })
        .start();
    told.await();

    // It parks, on a virtual thread as well, whose carrier is free then for the one that it waits
    // for.
    while (!(LockSupport.getBlocker(worker.get()) instanceof Interruption)) {
      Thread.onSpinWait();
    }
    free.countDown();
    assertThat(outcome.get()).isInstanceOf(DeadlineExceededException.class);
  }

  private final class Channel extends AbstractInterruptibleChannel {

    private final boolean blocks;

    Channel(boolean blocks) {
      this.blocks = blocks;
    }

    @Override
    protected void implCloseChannel() {
      interrupter.complete(Thread.currentThread());
      if (blocks) {
        awaitFree();
      }
      throw new IllegalStateException("close failed");
    }

    String read() throws Exception {
      boolean completed = false;
      begin();
      try {
        while (!Thread.currentThread().isInterrupted()) {
          LockSupport.park();
        }
        completed = true;
      } finally {
        end(completed);
      }
      return "data";
    }
  }
}
