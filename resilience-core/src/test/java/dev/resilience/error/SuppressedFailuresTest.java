package dev.resilience.error;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import org.junit.jupiter.api.Test;

class SuppressedFailuresTest {

  private final Exception thrown = new Exception("thrown");

  @Test
  void a_second_failure_is_kept_once() {
    IOException second = new IOException();
    Failures.suppress(thrown, second);
    Failures.suppress(thrown, second);
    assertThat(thrown.getSuppressed()).containsExactly(second);
  }

  @Test
  void nothing_is_suppressed_in_itself_nor_beside_being_the_cause() {
    Exception wrapped = new Exception(thrown);
    Failures.suppress(thrown, thrown);
    Failures.suppress(wrapped, thrown);
    assertThat(thrown.getSuppressed()).isEmpty();
    assertThat(wrapped.getSuppressed()).isEmpty();
  }

  @Test
  void a_shared_exception_does_not_grow_for_ever() {
    for (int i = 0; i < 1000; i++) {
      Failures.suppress(thrown, new IOException());
    }
    assertThat(thrown.getSuppressed()).hasSize(32);
  }
}
