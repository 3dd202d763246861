package dev.resilience.concurrent;

import static java.time.Duration.ofMillis;
import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.resilience.context.CancelReason;
import dev.resilience.context.Context;
import dev.resilience.context.ContextProbe;
import dev.resilience.context.Key;
import dev.resilience.time.VirtualTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

class ConditionsTest {

  private static final Key<String> USER = Key.of("user", String.class);

  private final VirtualTime.Manual time = VirtualTime.manual();
  private final Context root = Context.background(time);
  private double load;

  private final Conditions conditions =
      Conditions.builder("web")
          .when(
              "premium user",
              c -> Set.of("ada").contains(c.getOrDefault(USER, "")),
              c -> c.withMoreTime(ofSeconds(60)))
          .when("high load", c -> load > 0.8, c -> c.withTimeout(ofSeconds(1)))
          .build();

  @Test
  void a_premium_user_has_more_time_than_the_request() {
    try (var request = root.withTimeout(ofSeconds(5));
        var derived = conditions.derive(request.withValue(USER, "ada"))) {
      assertThat(derived.timeLeft()).isEqualTo(ofSeconds(60));
      time.advance(ofSeconds(6));
      assertThat(request.isDone()).isTrue();
      assertThat(derived.isDone()).isFalse();
      request.cancel(CancelReason.USER); // but still hears when the user leaves
      assertThat(derived.cause()).isSameAs(CancelReason.USER);
    }
  }

  @Test
  void high_load_shortens_and_rules_see_what_earlier_ones_made() {
    load = 0.9;
    try (var request = root.withTimeout(ofSeconds(5))) {
      assertThat(conditions.matching(request.withValue(USER, "ada")))
          .containsExactly("premium user", "high load");
      try (var derived = conditions.derive(request.withValue(USER, "ada"))) {
        assertThat(derived.timeLeft()).isEqualTo(ofSeconds(1));
      }
      try (var derived = conditions.derive(request.withValue(USER, "bob"))) {
        assertThat(derived.timeLeft()).isEqualTo(ofSeconds(1));
      }
    }
  }

  @Test
  void without_a_rule_that_applies_it_is_a_plain_child() {
    try (var request = root.withTimeout(ofSeconds(5));
        var derived = conditions.derive(request)) {
      assertThat(derived.timeLeft()).isEqualTo(ofSeconds(5));
      derived.cancel(CancelReason.USER);
      assertThat(request.isDone()).isFalse();
    }
  }

  @Nested
  class Releasing {

    private final List<String> released = new ArrayList<>();
    private final List<Context> made = new ArrayList<>();

    private Context make(Context parent, String name) {
      var one = parent.withCancel();
      one.onDone(() -> released.add(name));
      made.add(one);
      return one;
    }

    @Test
    void undoes_all_together_the_last_first() {
      var both =
          Conditions.builder("both")
              .when("a", c -> true, c -> make(c, "a"))
              .when("b", c -> true, c -> make(c, "b"))
              .build();
      try (var request = root.withCancel()) {
        both.derive(request).close();
        assertThat(released).containsExactly("b", "a");
        assertThat(made).allMatch(Context::isDone);
        assertThat(ContextProbe.waiters(request)).isZero();
      }
    }

    @Test
    void leaves_nothing_behind_when_a_rule_throws() {
      var failing =
          Conditions.builder("failing")
              .when("a", c -> true, c -> make(c, "a"))
              .when(
                  "b",
                  c -> {
                    throw new StackOverflowError();
                  },
                  c -> c)
              .build();
      try (var request = root.withCancel()) {
        assertThatThrownBy(() -> failing.derive(request)).isInstanceOf(StackOverflowError.class);
        assertThat(released).containsExactly("a");
        assertThatThrownBy(() -> failing.matching(request)).isInstanceOf(StackOverflowError.class);
        assertThat(ContextProbe.waiters(request)).isZero();
      }
    }
  }

  @Nested
  class Load {

    @Test
    void is_the_largest_of_its_figures_read_once_in_an_interval() {
      var reads = new AtomicInteger();
      var wait = new Duration[] {ofMillis(300)};
      SystemLoad busy =
          SystemLoad.builder()
              .figure(
                  () -> {
                    reads.incrementAndGet();
                    return 0.2;
                  })
              .queueWait(() -> wait[0], ofSeconds(1))
              .every(ofMillis(500))
              .build();
      assertThat(busy.current(time)).isEqualTo(0.3);
      wait[0] = ofSeconds(2);
      assertThat(busy.current(time)).isEqualTo(0.3);
      time.advance(ofMillis(500));
      assertThat(busy.above(0.8)).accepts(root);
      assertThat(busy.current(time)).isEqualTo(2);
      assertThat(reads).hasValue(2);
    }

    @Test
    void that_cannot_be_read_is_none() {
      SystemLoad broken =
          SystemLoad.builder()
              .figure(
                  () -> {
                    throw new StackOverflowError();
                  })
              .figure(() -> Double.NaN)
              .build();
      assertThat(broken.current(time)).isZero();
    }

    @Test
    void of_the_processor_is_a_share() {
      assertThat(SystemLoad.builder().processor().build().current(time)).isBetween(0.0, 16.0);
    }
  }
}
