package dev.resilience.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.lang.System.Logger.Level;
import java.time.Duration;
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

  @Test
  void takes_a_name_as_it_is_unless_it_is_blank_or_has_to_be_made_safe() {
    String good = "payments";
    assertThat(SafeText.name(good)).isSameAs(good);
    assertThat(SafeText.name("a\nb")).isEqualTo("a\\nb");
    assertThatThrownBy(() -> SafeText.name("\n\n"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("name: '\\n\\n' (expected: not blank)");
  }

  private record Told(Object key, Duration took, Throwable cause) {}

  @Test
  void shows_the_failing_part_of_a_record_by_its_class() {
    assertThat(SafeText.ofRecord(new Told("a\nb", Duration.ofMillis(5), new Unprintable())))
        .isEqualTo(
            "Told[key=a\\nb, took=5 ms,"
                + " cause=a dev.resilience.text.SafeTextTest$Unprintable without a text]");
  }

  @Test
  void logs_a_failure_as_it_is_where_its_text_is_harmless() {
    Throwable failure = new IOException("down", new IllegalStateException("below"));
    failure.addSuppressed(new IOException("besides"));
    assertThat(PrintableFailure.of(failure)).isSameAs(failure);
  }

  @Test
  void logs_a_stand_in_for_a_failure_whose_text_would_forge_a_line() {
    Throwable failure = new IOException("down", new IllegalStateException("a\n2026 ERROR forged"));
    failure.addSuppressed(new Unprintable());
    failure.addSuppressed(new IOException("x".repeat(900_000)));
    StringWriter log = new StringWriter();
    PrintableFailure.of(failure).printStackTrace(new PrintWriter(log));
    assertThat(log.toString())
        .startsWith("java.io.IOException: down")
        .contains("Caused by: java.lang.IllegalStateException: a\\n2026 ERROR forged")
        .contains("Suppressed: a dev.resilience.text.SafeTextTest$Unprintable without a text")
        .contains("at dev.resilience")
        .hasSizeLessThan(100_000);
    assertThat(log.toString().lines()).noneMatch(line -> line.startsWith("2026"));
  }
}
