package dev.resilience.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import java.lang.System.Logger.Level;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SafeTextTest {

  @SuppressWarnings("OverrideThrowableToString") // that is the fault
  private static final class Unprintable extends RuntimeException {

    private static final long serialVersionUID = 1L;

    @Override
    public String toString() {
      throw new AssertionError("unprintable");
    }
  }

  @Test
  void leaves_ordinary_text_alone() {
    String text = "Zahlung für Grüße, 支払い, \ud83d\ude00 ok";

    assertThat(SafeText.of(text)).isSameAs(text);
    assertThat(SafeText.of(null)).isEqualTo("null");
  }

  @ParameterizedTest
  @CsvSource({
    "10, \\n",
    "13, \\r",
    "9, \\t",
    "27, \\u001b",
    "8238, \\u202e",
    "8232, \\u2028",
    "55357, \\ud83d"
  })
  void escapes_what_forges_or_hides(int character, String shown) {
    assertThat(SafeText.of("a" + (char) character + "b")).isEqualTo("a" + shown + "b");
  }

  @Test
  void cuts_what_is_long_and_says_how_much() {
    assertThat(SafeText.of("x".repeat(900_000), 5)).isEqualTo("xxxxx... (899995 more)");
    assertThat(SafeText.of("x\ud83d\ude00y", 2)).isEqualTo("x... (3 more)");
  }

  @Test
  void names_the_class_of_what_has_no_text() {
    assertThat(SafeText.of(new Unprintable()))
        .isEqualTo("a dev.resilience.text.SafeTextTest$Unprintable without a text");
  }

  @Test
  void logs_a_failure_that_cannot_be_printed_and_survives_a_log_that_cannot_be_written() {
    System.Logger logger = System.getLogger("dev.resilience.text.test");
    assertThatCode(() -> SafeText.log(logger, Level.DEBUG, "failed", new Unprintable()))
        .doesNotThrowAnyException();
  }
}
