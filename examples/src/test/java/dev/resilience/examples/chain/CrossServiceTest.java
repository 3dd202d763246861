package dev.resilience.examples.chain;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.resilience.context.Context;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class CrossServiceTest {

  @Test
  void what_there_is_travels_and_what_there_is_not_is_left_out() throws Exception {
    var bytes = new ByteArrayOutputStream();
    List<String> told =
        CrossService.play(Context.background(), new PrintStream(bytes, true, UTF_8));
    assertThat(told.get(0))
        .startsWith("trace trace-42, request req-7, path caller > shop > data, ")
        .matches(".*, (2[0-9]|30) s left");
    assertThat(told.get(1))
        .isEqualTo("trace none, request none, path caller > shop > data, no deadline");
  }
}
