package dev.resilience.text;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DurationTextTest {

  @ParameterizedTest
  @CsvSource({
    "PT0S, 0 s",
    "PT0.0000015S, 1.5 us",
    "PT0.0663S, 66.3 ms",
    "PT0.291467673S, 291 ms",
    "PT1S, 1 s",
    "PT90S, 90 s",
    "PT2H, 7200 s",
    "PT-0.05S, -50 ms"
  })
  void has_three_digits_and_a_unit(Duration duration, String expected) {
    assertThat(DurationText.of(duration)).isEqualTo(expected);
  }

  @Test
  void can_be_had_of_any_duration() {
    assertThat(DurationText.of(Duration.ofSeconds(Long.MAX_VALUE, 999_999_999)))
        .isEqualTo("146 years");
    assertThat(DurationText.of(Duration.ofSeconds(Long.MIN_VALUE))).isEqualTo("-146 years");
    assertThat(DurationText.of(Duration.ofNanos(Long.MIN_VALUE))).isEqualTo("-146 years");
    assertThat(DurationText.of(Duration.ofNanos(Long.MAX_VALUE / 2))).isEqualTo("146 years");
  }
}
