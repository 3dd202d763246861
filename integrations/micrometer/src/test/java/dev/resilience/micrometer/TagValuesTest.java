package dev.resilience.micrometer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class TagValuesTest {

  @Test
  void beyond_the_cap_all_new_names_are_one_and_the_known_ones_stay() {
    TagValues names = new TagValues(3);

    assertThat(IntStream.range(0, 1000).mapToObj(i -> names.of("n" + i)).distinct())
        .containsExactly("n0", "n1", "n2", "other");
    assertThat(names.of("n1")).isEqualTo("n1");
    assertThat(names.of("n500")).isEqualTo("other");
  }

  @Test
  void no_number_of_threads_gets_more_of_them() {
    TagValues names = new TagValues(50);

    assertThat(
            IntStream.range(0, 20_000)
                .parallel()
                .mapToObj(i -> names.of("n" + i % 400))
                .filter(name -> !name.equals("other"))
                .distinct()
                .count())
        .isEqualTo(50);
  }

  @Test
  void a_name_that_is_empty_or_very_long_is_a_value_all_the_same() {
    TagValues names = new TagValues(3);

    assertThat(names.of(" ")).isEqualTo("none");
    assertThat(names.of("x".repeat(1000))).hasSize(100);
  }

  @Test
  void a_cap_that_is_none_is_refused() {
    assertThatThrownBy(() -> TagValues.checked(0, "maxNames"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("maxNames: 0 (expected: 1 to 100000)");
  }
}
