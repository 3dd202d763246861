package dev.resilience.examples.discovery;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.resilience.context.CancellableContext;
import dev.resilience.context.Context;
import dev.resilience.discovery.registry.ServiceInstance;
import dev.resilience.examples.discovery.Logbook.Answer;
import dev.resilience.examples.discovery.Logbook.Fate;
import dev.resilience.examples.discovery.Logbook.Phase;
import dev.resilience.examples.discovery.Logbook.Standing;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The whole drama, shortened, with its five processes. */
class ThreeInstancesTest {

  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();

  @AfterEach
  void no_process_is_left() {
    assertThat(ProcessHandle.current().descendants().filter(ProcessHandle::isAlive)).isEmpty();
  }

  @Test
  void callers_lose_nothing_once_the_victim_is_ejected_and_the_set_is_never_empty()
      throws Exception {
    var options = new Options(1, Duration.ofSeconds(10), 200, false);

    Logbook log = Drama.play(Context.background(), options, print(out));

    for (Fate fate : List.of(Fate.KILLED, Fate.PAUSED)) {
      Phase phase = log.phase(fate).orElseThrow();
      ServiceInstance victim = phase.who().orElseThrow();
      assertThat(log.firstAfter(phase.from(), victim, Standing.GONE)).as(phase.name()).isPresent();
      Phase recovery = log.after(phase).orElseThrow();
      Duration aside =
          log.firstAfter(phase.from(), victim, Standing.EJECTED, Standing.GONE).orElseThrow();
      // A call that was under way when the victim was ejected may still be lost to it, and on a
      // busy
      // machine any instance may fail: what counts is who began later, and was lost to the victim.
      assertThat(log.lostTo(victim, phase.from().plus(aside), recovery.to()))
          .as(phase.name())
          .isEmpty();
      assertThat(log.firstAnswerOf(victim, recovery.from())).as(recovery.name()).isPresent();
    }
    Phase away = log.phase(Fate.REGISTRY_AWAY).orElseThrow();
    Phase back = log.after(away).orElseThrow();
    List<Answer> answers = log.answers(away.from(), back.to());
    assertThat(answers).anyMatch(Answer::stale);
    assertThat(answers).allMatch(answer -> answer.instances() == Cluster.SIZE);
    assertThat(answers.get(answers.size() - 1).stale()).isFalse();

    new Report(print(out)).print(log);
    assertThat(out.toString(UTF_8)).contains("killed (kill -9)", "paused (kill -STOP)", "Away for");
  }

  @Test
  void ctrl_c_ends_it_with_what_there_is() throws Exception {
    try (CancellableContext root = Context.background().withCancel()) {
      root.delay(Duration.ofMillis(500)).thenRun(root::cancel);

      int code = ThreeInstances.run(root, print(out), print(err));

      assertThat(code).isZero();
      assertThat(out.toString(UTF_8)).contains("Ended early by Ctrl-C");
      assertThat(err.toString(UTF_8)).isEmpty();
    }
  }

  @Test
  void help_names_every_flag() {
    int code = ThreeInstances.run(Context.background(), print(out), print(err), "--help");

    assertThat(code).isZero();
    assertThat(out.toString(UTF_8)).contains("--seed N", "--seconds N", "--rate N", "--help");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          --bogus     | three-instances: unknown argument '--bogus'; see --help
          --seconds 9 | three-instances: --seconds: '9' (expected: 10 to 600); see --help
          --rate 501  | three-instances: --rate: '501' (expected: 1 to 500); see --help
          """)
  void what_makes_no_sense_is_refused(String args, String message) {
    int code = ThreeInstances.run(Context.background(), print(out), print(err), args.split(" "));

    assertThat(code).isEqualTo(2);
    assertThat(err.toString(UTF_8).strip()).isEqualTo(message);
  }

  private static PrintStream print(ByteArrayOutputStream text) {
    return new PrintStream(text, true, UTF_8);
  }
}
