package dev.resilience.junit;

import static java.time.Duration.ofMillis;
import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.resilience.Resilience;
import dev.resilience.breaker.Breaker;
import dev.resilience.context.Context;
import dev.resilience.context.DeadlineExceededException;
import dev.resilience.error.CircuitOpenException;
import dev.resilience.time.VirtualTime;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

/** The blocks of docs/testing.md. */
class TestingSnippetsTest {

  private static String outcomeOf(Context ctx) throws InterruptedException {
    try {
      ctx.sleep(ofSeconds(1));
      return "in time";
    } catch (DeadlineExceededException e) {
      return "too late";
    }
  }

  @Nested
  @Simulated
  class CircuitTest {

    private final Breaker breaker =
        Breaker.builder("quotes").window(4).failureRate(0.5).openFor(ofSeconds(30)).build();
    private final Resilience quotes = Resilience.of(breaker);

    private void failTimes(Context ctx, int times) {
      for (int i = 0; i < times; i++) {
        assertThatThrownBy(
                () ->
                    quotes.call(
                        ctx,
                        c -> {
                          throw new IllegalStateException("down");
                        }))
            .isInstanceOf(IllegalStateException.class);
      }
    }

    @Test
    void lets_a_call_through_after_half_a_minute(VirtualTime.Automatic time, Context ctx)
        throws Exception {
      failTimes(ctx, 2);
      assertThatThrownBy(() -> quotes.call(ctx, c -> "quote"))
          .isInstanceOf(CircuitOpenException.class);

      ctx.sleep(ofSeconds(31)); // takes no time

      String quote = quotes.call(ctx, c -> "quote");
      assertThat(quote).isEqualTo("quote");
      assertThat(time.elapsed()).isEqualTo(ofSeconds(31));
    }

    @Test
    void two_threads_take_turns(VirtualTime.Automatic time, Context ctx) throws Exception {
      List<String> log = new ArrayList<>();
      var slow =
          time.start(
              "slow",
              () -> {
                ctx.sleep(ofSeconds(2));
                log.add("slow");
              });
      ctx.sleep(ofSeconds(1));
      log.add("fast");
      slow.join();

      assertThat(log).containsExactly("fast", "slow");
    }
  }

  @Test
  void by_hand() {
    List<String> log = new ArrayList<>();
    var time = VirtualTime.manual();
    var ctx = Context.background(time).withTimeout(ofMillis(500));
    time.start("worker", () -> log.add(outcomeOf(ctx)));

    time.advance(ofMillis(499));
    assertThat(log).isEmpty();
    time.advance(ofMillis(1));
    assertThat(log).containsExactly("too late");
  }

  @Nested
  @FailOnContextLeaks
  class CheckoutTest {

    @Test
    void closes_what_it_derives(Context root) throws Exception {
      try (var request = root.withName("checkout").withTimeout(ofSeconds(2))) {
        String done = Resilience.of().call(request, c -> "done");
        assertThat(done).isEqualTo("done");
      }
    }
  }
}
