package dev.resilience.examples.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.resilience.examples.program.UsageException;
import java.net.URI;
import java.time.Duration;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class OptionsTest {

  @Nested
  class What_makes_sense {

    @Test
    void nothing_given_means_twelve_seconds_of_our_own_servers() throws UsageException {
      Options options = Options.parse();

      assertThat(options.length()).isEqualTo(Duration.ofSeconds(12));
      assertThat(options.rate()).isEqualTo(30);
      assertThat(options.seed()).isEqualTo(1);
      assertThat(options.port()).isZero();
      assertThat(options.url()).isEmpty();
      assertThat(options.help()).isFalse();
    }

    @Test
    void each_flag_sets_its_option() throws UsageException {
      Options options =
          Options.parse("--rate", "7", "--seed", "-3", "--seconds", "2", "--port", "8080");

      assertThat(options)
          .isEqualTo(
              new Options(
                  -3, Duration.ofSeconds(2), 7, 8080, false, java.util.Optional.empty(), false));
    }

    @Test
    void the_orders_go_where_the_user_says() throws UsageException {
      assertThat(Options.parse().postgres()).isFalse();
      assertThat(Options.parse("--database", "h2").postgres()).isFalse();
      assertThat(Options.parse("--database", "postgres").postgres()).isTrue();
    }

    @Test
    void a_url_is_called_gently_unless_told_otherwise() throws UsageException {
      Options options = Options.parse("--url", "http://localhost:8080/health");

      assertThat(options.url()).contains(URI.create("http://localhost:8080/health"));
      assertThat(options.rate()).isEqualTo(10);
    }

    @Test
    void help_wins_over_whatever_stands_beside_it() throws UsageException {
      assertThat(Options.parse("--seed", "7", "--help").help()).isTrue();
    }

    @Test
    void the_help_names_every_flag() {
      assertThat(Options.HELP)
          .contains("--seed N", "--seconds N", "--rate N", "--port N", "--database D")
          .contains("--url URL", "--help");
    }
  }

  @Nested
  class What_does_not {

    @ParameterizedTest
    @CsvSource(
        delimiter = '|',
        textBlock =
            """
            --bogus                      | unknown argument '--bogus'
            7                            | unknown argument '7'
            --seed                       | --seed: no value given
            --seed x                     | --seed: 'x' (expected: a whole number)
            --seconds 0                  | --seconds: '0' (expected: 1 to 300)
            --seconds 1.5                | --seconds: '1.5' (expected: 1 to 300)
            --rate 501                   | --rate: '501' (expected: 1 to 500)
            --port 65536                 | --port: '65536' (expected: 1 to 65535)
            --seed 1 --seed 2            | --seed: given twice
            --url nowhere                | --url: 'nowhere' (expected: http://host... or https://host...)
            --url ftp://host/            | --url: 'ftp://host/' (expected: http://host... or https://host...)
            --url http://[               | --url: 'http://[' (expected: http://host... or https://host...)
            --database db2               | --database: 'db2' (expected: h2 or postgres)
            --url http://h/ --port 1     | --url: the server is yours, --seed, --port and --database mean nothing there
            --url http://h/ --database h2 | --url: the server is yours, --seed, --port and --database mean nothing there
            """)
    void is_refused_with_what_was_given_and_what_was_expected(String args, String message) {
      assertThatThrownBy(() -> Options.parse(args.split(" ")))
          .isInstanceOf(UsageException.class)
          .hasMessage(message);
    }
  }
}
