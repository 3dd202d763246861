package dev.resilience.examples.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FaultScriptTest {

  private static final Duration LENGTH = Duration.ofSeconds(12);
  private static final List<String> SERVICES = Pipeline.SERVICES;

  private static FaultScript script(long seed) {
    return FaultScript.of(seed, LENGTH, SERVICES);
  }

  /** What a thousand requests and callers meet. */
  private static List<Object> luck(FaultScript script) {
    return IntStream.range(0, 1_000)
        .mapToObj(
            n -> {
              Duration time = LENGTH.multipliedBy(n).dividedBy(1_000);
              return List.<Object>of(
                  script.faultOf(SERVICES.get(n % SERVICES.size()), time, n),
                  script.leavesAfter(time, n));
            })
        .map(Object.class::cast)
        .toList();
  }

  @ParameterizedTest
  @ValueSource(longs = {0, 1, 7, -1, Long.MAX_VALUE})
  void the_same_seed_is_the_same_script_and_the_same_luck(long seed) {
    assertThat(script(seed)).isEqualTo(script(seed));
    assertThat(luck(script(seed))).isEqualTo(luck(script(seed)));
  }

  @Test
  void another_seed_is_another_script_and_other_luck() {
    assertThat(script(1).phases()).isNotEqualTo(script(2).phases());
    assertThat(luck(script(1))).isNotEqualTo(luck(script(2)));
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 12, 45, 300})
  void every_fault_has_its_phase_one_after_the_other_with_calm_at_both_ends(int seconds) {
    Duration length = Duration.ofSeconds(seconds);
    List<FaultScript.Phase> phases = FaultScript.of(5, length, SERVICES).phases();

    assertThat(phases).extracting(FaultScript.Phase::fault).contains(Fault.values());
    Duration before = length.dividedBy(10);
    for (FaultScript.Phase phase : phases) {
      assertThat(phase.from()).isGreaterThanOrEqualTo(before);
      assertThat(phase.to()).isGreaterThan(phase.from());
      before = phase.to();
    }
    assertThat(before).isLessThanOrEqualTo(length.multipliedBy(9).dividedBy(10));
  }

  @Test
  void a_fault_meets_most_requests_of_its_service_in_its_time_and_no_others() {
    var phase =
        new FaultScript.Phase(Duration.ofSeconds(1), Duration.ofSeconds(2), "auth", Fault.SLOW);
    var script = new FaultScript(1, List.of(phase));

    assertThat(faults(script, "auth", 1_500)).isBetween(600, 800);
    assertThat(faults(script, "auth", 999)).isZero();
    assertThat(faults(script, "auth", 2_000)).isZero();
    assertThat(faults(script, "mail", 1_500)).isZero();
    assertThat(script.at(Duration.ofMillis(1_500))).isEqualTo("auth slow");
    assertThat(script.at(Duration.ofSeconds(2))).isEmpty();
  }

  @Test
  void without_faults_nothing_happens_and_nobody_leaves() {
    assertThat(luck(FaultScript.none())).containsOnly(List.of(Optional.empty(), Optional.empty()));
  }

  private static int faults(FaultScript script, String service, int millis) {
    return (int)
        IntStream.range(0, 1_000)
            .filter(n -> script.faultOf(service, Duration.ofMillis(millis), n).isPresent())
            .count();
  }
}
