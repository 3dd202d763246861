package dev.resilience.examples.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

class StalledBodyTest {

  @Test
  @Timeout(60)
  void prints_what_it_shows() throws Exception {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    StalledBody.run(2, 5, new PrintStream(bytes, true, StandardCharsets.UTF_8));
    assertThat(bytes.toString(StandardCharsets.UTF_8))
        .contains(
            "JDK alone, time-out of the request: ",
            "ours, caller freed after the deadline: median ",
            "connections used again: 0 of 2",
            "median: JDK alone ");
  }
}
