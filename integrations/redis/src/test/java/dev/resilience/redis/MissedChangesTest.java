package dev.resilience.redis;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class MissedChangesTest {

  private final MissedChanges missed = new MissedChanges(3, 100);

  @Test
  void are_made_up_for_page_by_page() {
    missed.add("a");
    missed.add("b");
    missed.add("c");
    MissedChanges.Page page = missed.first(2, 100);
    assertThat(page.keys()).containsExactly("a", "b");
    missed.done(page);
    assertThat(missed.first(2, 100).keys()).containsExactly("c");
    assertThat(missed.isEmpty()).isFalse();
    missed.done(missed.first(2, 100));
    assertThat(missed.isEmpty()).isTrue();
    assertThat(missed.size()).isZero();
  }

  @Test
  void stay_where_the_key_was_changed_again_meanwhile() {
    missed.add("a");
    MissedChanges.Page page = missed.first(2, 100);
    missed.add("a");
    missed.done(page);
    assertThat(missed.cover("a")).isTrue();
    assertThat(missed.cover("b")).isFalse();
  }

  @Test
  void are_taken_back_by_the_one_who_noted_them_only() {
    long first = missed.add("a");
    long second = missed.add("a");
    missed.remove("a", first);
    assertThat(missed.cover("a")).isTrue();
    missed.remove("a", second);
    assertThat(missed.isEmpty()).isTrue();
  }

  @Test
  void beyond_a_number_need_no_memory_and_cover_all_keys() {
    for (String key : new String[] {"a", "b", "c", "d", "e"}) {
      missed.add(key);
    }
    assertThat(missed.size()).isZero();
    assertThat(missed.cover("anything")).isTrue();
    long overflow = missed.overflow();
    missed.add("f");
    missed.overflowDone(overflow);
    assertThat(missed.cover("anything")).as("one came later").isTrue();
    missed.overflowDone(missed.overflow());
    assertThat(missed.isEmpty()).isTrue();
    missed.add("g");
    assertThat(missed.size()).isEqualTo(1);
  }

  @Test
  void are_bounded_by_their_length_too() {
    missed.add("x".repeat(60));
    missed.add("y".repeat(60));
    assertThat(missed.overflow()).isPositive();
  }

  @Test
  void come_in_pages_of_bounded_length_with_one_key_at_least() {
    missed.add("x".repeat(50));
    missed.add("y".repeat(40));
    assertThat(missed.first(10, 60).keys()).hasSize(1);
    assertThat(missed.first(10, 5).keys()).hasSize(1);
    assertThat(missed.first(10, 90).keys()).hasSize(2);
  }
}
