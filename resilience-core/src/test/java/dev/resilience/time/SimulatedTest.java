package dev.resilience.time;

import static org.assertj.core.api.Assertions.assertThat;

import dev.resilience.context.Context;
import dev.resilience.context.DeadlineExceededException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Simulated(seed = 7)
class SimulatedTest {

  private static final Duration HOUR = Duration.ofHours(1);

  private final VirtualTime.Automatic time;
  private final Context ctx;
  private final List<String> log = new ArrayList<>();

  SimulatedTest(VirtualTime.Automatic time, Context ctx) {
    this.time = time;
    this.ctx = ctx;
  }

  @BeforeEach
  void getsTheSameSimulation(TimeSource source) {
    assertThat(source).isSameAs(time).isSameAs(ctx.timeSource());
  }

  @Test
  void sleeps_an_hour_in_no_time() throws Exception {
    ctx.sleep(HOUR);
    assertThat(time.elapsed()).isEqualTo(HOUR);
  }

  @Test
  void begins_anew_for_each_test() throws Exception {
    assertThat(time.elapsed()).isZero();
    ctx.sleep(HOUR);
  }

  @Test
  void may_start_others_and_wait_for_them() throws Exception {
    var other =
        time.start(
            "other",
            () -> {
              ctx.sleep(HOUR);
              log.add("other");
            });
    other.join();
    log.add("test");
    assertThat(log).containsExactly("other", "test");
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2})
  void runs_each_of_many_in_a_simulation_of_its_own(int hours) throws Exception {
    ctx.sleep(HOUR.multipliedBy(hours));
    assertThat(time.elapsed()).isEqualTo(HOUR.multipliedBy(hours));
  }

  @Nested
  class Inside {

    @Test
    void is_a_simulation_as_well(Context own) {
      assertThat(own).isSameAs(ctx);
      try (var limited = own.withTimeout(HOUR)) {
        limited.sleep(HOUR.multipliedBy(2));
      } catch (DeadlineExceededException | InterruptedException e) {
        log.add(e.getClass().getSimpleName());
      }
      assertThat(log).containsExactly("DeadlineExceededException");
      assertThat(time.elapsed()).isEqualTo(HOUR);
    }
  }
}
