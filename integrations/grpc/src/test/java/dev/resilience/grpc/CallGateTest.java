package dev.resilience.grpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;

class CallGateTest {

  private final List<String> done = new ArrayList<>();
  private final CallGate gate = new CallGate(() -> done.add("end"));

  @Test
  void what_comes_after_the_end_is_dropped() {
    assertThat(gate.pass(() -> done.add("one"), false)).isTrue();
    assertThat(gate.end()).isTrue();
    assertThat(gate.pass(() -> done.add("two"), false)).isFalse();
    assertThat(gate.pass(() -> done.add("close"), true)).isFalse();
    assertThat(gate.end()).isFalse();
    assertThat(done).containsExactly("one", "end");
  }

  @Test
  void an_end_after_the_handlers_is_dropped() {
    assertThat(gate.pass(() -> done.add("close"), true)).isTrue();
    assertThat(gate.end()).isFalse();
    assertThat(gate.isEnded()).isFalse();
    assertThat(done).containsExactly("close");
  }

  @Test
  void an_end_during_an_action_waits_for_it_also_if_that_throws() {
    assertThatThrownBy(
            () ->
                gate.pass(
                    () -> {
                      assertThat(gate.end()).isTrue();
                      done.add("action");
                      throw new IllegalStateException("closed");
                    },
                    false))
        .hasMessage("closed");
    assertThat(done).containsExactly("action", "end");
  }

  @Test
  void an_action_within_an_action_is_carried_out() {
    gate.pass(() -> gate.pass(() -> done.add("inner"), false), false);
    gate.pass(() -> done.add("next"), false);
    assertThat(done).containsExactly("inner", "next");
  }

  @RepeatedTest(20)
  void two_threads_never_meet_inside() throws Exception {
    AtomicInteger inside = new AtomicInteger();
    AtomicInteger most = new AtomicInteger();
    AtomicInteger closes = new AtomicInteger();
    Runnable visit =
        () -> {
          most.accumulateAndGet(inside.incrementAndGet(), Math::max);
          Thread.onSpinWait();
          inside.decrementAndGet();
        };
    CallGate both =
        new CallGate(
            () -> {
              visit.run();
              closes.incrementAndGet();
            });
    CountDownLatch go = new CountDownLatch(1);
    Thread ender =
        new Thread(
            () -> {
              try {
                go.await();
              } catch (InterruptedException e) {
                throw new AssertionError(e);
              }
              both.end();
            });
    ender.start();
    go.countDown();
    for (int i = 0; i < 1000; i++) {
      both.pass(visit, false);
    }
    boolean closed = both.pass(() -> {}, true);
    ender.join();
    assertThat(most.get()).isOne();
    assertThat(closes.get() + (closed ? 1 : 0)).isOne();
  }
}
