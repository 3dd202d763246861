package dev.resilience.laws;

import static java.time.Duration.ofMillis;
import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;

import dev.resilience.Resilience;
import dev.resilience.breaker.Breaker;
import dev.resilience.context.CancellableContext;
import dev.resilience.context.Context;
import dev.resilience.observe.PolicyEvent;
import dev.resilience.observe.PolicyEvent.CircuitChanged;
import dev.resilience.retry.Retry;
import dev.resilience.time.VirtualTime;
import dev.resilience.timeout.AdaptiveTimeout;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * No default breaks a healthy service: one that is called for the first time, that pauses for a
 * moment, or that turns twice as slow. A hundred callers a second, each for two seconds.
 */
class HealthyServiceTest {

  private static final Duration APART = ofMillis(10);
  private static final Duration TROUBLE = ofSeconds(10);
  private static final Duration LENGTH = ofSeconds(15);

  private final VirtualTime.Automatic time = VirtualTime.automatic(7);
  private final Context root = Context.background(time);
  private final List<PolicyEvent> circuits = new ArrayList<>();
  private int calls;
  private final List<Throwable> failures = new ArrayList<>();

  /** What the service does that is not the usual. */
  private enum Trouble {
    /** The first answers take up to 600 ms, as those of a process that has just begun. */
    COLD_START {
      @Override
      Duration takes(Duration now, Duration usual) {
        Duration warmUp = ofMillis(600).minus(now);
        return warmUp.compareTo(usual) > 0 ? warmUp : usual;
      }
    },
    /** Nothing is answered for 300 ms. */
    PAUSE {
      @Override
      Duration takes(Duration now, Duration usual) {
        Duration after = now.minus(TROUBLE);
        return after.isNegative() || after.compareTo(ofMillis(300)) >= 0
            ? usual
            : ofMillis(300).minus(after).plus(usual);
      }
    },
    /** Everything takes twice the time from then on. */
    DOUBLED {
      @Override
      Duration takes(Duration now, Duration usual) {
        return now.compareTo(TROUBLE) < 0 ? usual : usual.multipliedBy(2);
      }
    };

    abstract Duration takes(Duration now, Duration usual);
  }

  static List<Arguments> stacks() {
    List<Arguments> all = new ArrayList<>();
    for (Trouble trouble : Trouble.values()) {
      for (int millis : new int[] {1, 20, 150}) {
        stack(all, "breaker", trouble, millis, test -> Resilience.of(test.breaker().build()));
        stack(all, "time-out", trouble, millis, test -> Resilience.of(timeout()));
        stack(all, "breaker > time-out", trouble, millis, HealthyServiceTest::circuitAndTimeout);
        stack(
            all,
            "retry > breaker > time-out",
            trouble,
            millis,
            test -> {
              AdaptiveTimeout timeout = timeout();
              return Resilience.of(Retry.ofDefaults(), test.breaker(timeout), timeout);
            });
      }
    }
    return all;
  }

  private static void stack(
      List<Arguments> all,
      String name,
      Trouble trouble,
      int usualMillis,
      Function<HealthyServiceTest, Resilience> stack) {
    all.add(Arguments.of(name, trouble, usualMillis, stack));
  }

  private static AdaptiveTimeout timeout() {
    return AdaptiveTimeout.ofDefaults("service");
  }

  private Resilience circuitAndTimeout() {
    AdaptiveTimeout timeout = timeout();
    return Resilience.of(breaker(timeout), timeout);
  }

  private Breaker.Builder breaker() {
    return Breaker.builder("service").listener(this::hear);
  }

  private Breaker breaker(AdaptiveTimeout timeout) {
    return breaker()
        .listener(
            event -> {
              hear(event);
              timeout.circuitListener().on(event);
            })
        .build();
  }

  private void hear(PolicyEvent event) {
    if (event instanceof CircuitChanged) {
      circuits.add(event);
    }
  }

  @ParameterizedTest(name = "{1} at {2} ms: {0}")
  @MethodSource("stacks")
  void has_no_call_failed(
      String name,
      Trouble trouble,
      int usualMillis,
      Function<HealthyServiceTest, Resilience> defaults)
      throws Exception {
    traffic(defaults.apply(this), trouble, usualMillis);

    assertThat(circuits).isEmpty();
    assertThat(failures).isEmpty();
    assertThat(calls).isEqualTo(1500);
  }

  /** Above the floor the limit is twice the percentile: what lies above that may be cut off. */
  @Test
  void has_no_more_calls_failed_than_lie_above_the_percentile() throws Exception {
    traffic(circuitAndTimeout(), Trouble.DOUBLED, 400);

    assertThat(circuits).isEmpty();
    assertThat(failures).hasSizeLessThan(calls / 20);
    assertThat(calls).isEqualTo(1500);
  }

  private void traffic(Resilience stack, Trouble trouble, int usualMillis) throws Exception {
    time.run(
        () -> {
          while (time.elapsed().compareTo(LENGTH) < 0) {
            start(stack, trouble, usualMillis);
            root.sleep(APART);
          }
          root.sleep(ofSeconds(2));
          return null;
        });
  }

  private void start(Resilience stack, Trouble trouble, int usualMillis) {
    CancellableContext caller = root.withTimeout(ofSeconds(2));
    stack
        .callAsync(caller, c -> c.delay(trouble.takes(time.elapsed(), about(usualMillis))))
        .whenComplete(
            (done, failure) -> {
              calls++;
              if (failure != null) {
                failures.add(failure);
              }
              caller.close();
            });
  }

  /** Within a tenth. */
  private Duration about(int millis) {
    return Duration.ofNanos((long) (millis * 1e6 * (0.9 + 0.2 * time.random().nextDouble())));
  }
}
