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
  void sleepsAnHourInNoTime() throws Exception {
    ctx.sleep(HOUR);
    assertThat(time.elapsed()).isEqualTo(HOUR);
  }

  @Test
  void beginsAnewForEachTest() throws Exception {
    assertThat(time.elapsed()).isZero();
    ctx.sleep(HOUR);
  }

  @Test
  void mayStartOthersAndWaitForThem() throws Exception {
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
  void runsEachOfManyInASimulationOfItsOwn(int hours) throws Exception {
    ctx.sleep(HOUR.multipliedBy(hours));
    assertThat(time.elapsed()).isEqualTo(HOUR.multipliedBy(hours));
  }

  @Nested
  class Inside {

    @Test
    void isASimulationAsWell(Context own) {
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
