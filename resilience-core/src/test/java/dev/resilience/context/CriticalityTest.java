package dev.resilience.context;

import static dev.resilience.context.Criticality.CRITICAL;
import static dev.resilience.context.Criticality.CRITICAL_PLUS;
import static dev.resilience.context.Criticality.SHEDDABLE;
import static dev.resilience.context.Criticality.SHEDDABLE_PLUS;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class CriticalityTest {

  @Test
  void a_context_is_critical_unless_it_says_otherwise() {
    assertThat(Criticality.of(Context.background())).isEqualTo(CRITICAL);
  }

  @Test
  void a_child_inherits_it_and_may_change_it() {
    Context prefetch = SHEDDABLE.in(Context.background());
    assertThat(Criticality.of(prefetch.withName("child"))).isEqualTo(SHEDDABLE);
    assertThat(Criticality.of(CRITICAL_PLUS.in(prefetch))).isEqualTo(CRITICAL_PLUS);
    assertThat(Criticality.of(prefetch)).isEqualTo(SHEDDABLE);
  }

  @Test
  void the_two_lower_levels_may_be_shed() {
    assertThat(Criticality.values())
        .filteredOn(Criticality::isSheddable)
        .containsExactly(SHEDDABLE_PLUS, SHEDDABLE);
    assertThat(CRITICAL.isAbove(SHEDDABLE_PLUS)).isTrue();
    assertThat(CRITICAL.isAbove(CRITICAL)).isFalse();
    assertThat(CRITICAL.isAbove(CRITICAL_PLUS)).isFalse();
  }
}
