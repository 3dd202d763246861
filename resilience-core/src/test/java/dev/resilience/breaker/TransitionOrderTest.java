package dev.resilience.breaker;

import static dev.resilience.observe.PolicyEvent.Circuit.CLOSED;
import static dev.resilience.observe.PolicyEvent.Circuit.OPEN;
import static org.assertj.core.api.Assertions.assertThat;

import dev.resilience.observe.PolicyEvent.Circuit;
import dev.resilience.observe.PolicyEvent.CircuitChanged;
import dev.resilience.timeout.AdaptiveTimeout;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

/** What a listener heard last is the state. */
class TransitionOrderTest {

  private static final int ROUNDS = 3_000;

  @Test
  void changes_by_several_threads_are_told_in_their_order() throws Exception {
    List<CircuitChanged> heard = new ArrayList<>();
    Breaker breaker =
        Breaker.builder("payments").listener(event -> heard.add((CircuitChanged) event)).build();
    inPairs(
        () -> {
          breaker.forceOpen();
          return null;
        },
        () -> {
          breaker.reset();
          return null;
        },
        () -> {
          Circuit last = heard.isEmpty() ? CLOSED : heard.get(heard.size() - 1).to();
          assertThat(last).isEqualTo(breaker.state());
        });

    Circuit before = CLOSED;
    for (CircuitChanged change : heard) {
      assertThat(change.from()).isEqualTo(before);
      before = change.to();
    }
  }

  @Test
  void an_adaptive_time_out_is_frozen_if_and_only_if_a_circuit_is_open() throws Exception {
    AdaptiveTimeout timeout = AdaptiveTimeout.ofDefaults("payments");
    Breaker one = Breaker.builder("one").listener(timeout.circuitListener()).build();
    Breaker other = Breaker.builder("other").listener(timeout.circuitListener()).build();
    inPairs(
        () -> {
          one.forceOpen();
          other.reset();
          return null;
        },
        () -> {
          other.forceOpen();
          one.reset();
          return null;
        },
        () ->
            assertThat(timeout.snapshot().frozen())
                .isEqualTo(one.state() == OPEN || other.state() == OPEN));
  }

  @Test
  void a_listener_that_changes_the_state_hears_of_that_after_what_it_hears() {
    List<Circuit> heard = new ArrayList<>();
    Breaker[] breaker = new Breaker[1];
    breaker[0] =
        Breaker.builder("payments")
            .listener(
                event -> {
                  Circuit to = ((CircuitChanged) event).to();
                  if (to == OPEN) {
                    breaker[0].reset();
                  }
                  heard.add(to);
                })
            .build();

    breaker[0].forceOpen();

    assertThat(heard).containsExactly(OPEN, CLOSED);
    assertThat(breaker[0].state()).isEqualTo(CLOSED);
  }

  private static void inPairs(Callable<Void> one, Callable<Void> other, Runnable check)
      throws Exception {
    ExecutorService threads = Executors.newFixedThreadPool(2);
    try {
      CyclicBarrier together = new CyclicBarrier(2);
      for (int i = 0; i < ROUNDS; i++) {
        Future<?> first = threads.submit(after(together, one));
        Future<?> second = threads.submit(after(together, other));
        first.get();
        second.get();
        check.run();
      }
    } finally {
      threads.shutdownNow();
    }
  }

  private static Callable<Void> after(CyclicBarrier together, Callable<Void> action) {
    return () -> {
      together.await();
      return action.call();
    };
  }
}
