package dev.resilience;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.resilience.context.Context;
import dev.resilience.policy.CallMode;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A tool that shows a stack takes nobody else's listener away. */
class AddedListenersTest {

  private final List<String> heard = new ArrayList<>();

  @ParameterizedTest
  @EnumSource
  void both_hear_of_a_call_in_their_order(CallMode mode) throws Exception {
    Resilience stack =
        Resilience.of()
            .withAddedListener(event -> heard.add("first"))
            .withAddedListener(event -> heard.add("second"));
    mode.call(stack, Context.background(), c -> "answer");
    assertThat(heard).containsExactly("first", "second");
  }

  @ParameterizedTest
  @EnumSource
  void one_that_throws_keeps_nothing_from_the_other(CallMode mode) throws Exception {
    Resilience stack =
        Resilience.of()
            .withListener(
                event -> {
                  throw new StackOverflowError("a listener of the user's");
                })
            .withAddedListener(event -> heard.add("event"))
            .withReports(
                report -> {
                  throw new StackOverflowError("a listener of the user's");
                })
            .withAddedReports(report -> heard.add("report"));
    catchThrowable(
        () ->
            mode.call(
                stack,
                Context.background(),
                c -> {
                  throw new IllegalStateException("refused");
                }));
    assertThat(heard).containsExactlyInAnyOrder("event", "report");
  }
}
