package dev.resilience.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;

import org.junit.jupiter.api.Test;

class ArgumentsTest {

  @Test
  void a_good_one_is_returned() {
    assertThat(Arguments.requireNotBlank("orders", "name")).isEqualTo("orders");
    assertThat(Arguments.requireAtLeastOne(1, "permits")).isEqualTo(1);
    assertThat(Arguments.requireAtLeastOne(Long.MAX_VALUE, "bytes")).isEqualTo(Long.MAX_VALUE);
    assertThat(Arguments.requireNotNegative(0, "queue")).isZero();
    assertThat(Arguments.requireNotNegative(1L << 40, "weight")).isEqualTo(1L << 40);
    assertThat(Arguments.requireShare(0, "rate")).isZero();
    assertThat(Arguments.requireShare(1, "rate")).isEqualTo(1);
  }

  @Test
  void a_bad_one_is_named_with_its_value_and_what_was_expected() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Arguments.requireNotBlank(" ", "name"))
        .withMessage("name: ' ' (expected: not blank)");
    assertThatNullPointerException()
        .isThrownBy(() -> Arguments.requireNotBlank(null, "name"))
        .withMessage("name");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Arguments.requireAtLeastOne(0, "permits"))
        .withMessage("permits: 0 (expected: >= 1)");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Arguments.requireNotNegative(-1, "queue"))
        .withMessage("queue: -1 (expected: >= 0)");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Arguments.requireShare(1.5, "rate"))
        .withMessage("rate: 1.5 (expected: 0 to 1)");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Arguments.requireShare(Double.NaN, "rate"))
        .withMessage("rate: NaN (expected: 0 to 1)");
  }
}
