package dev.resilience.context;

import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.resilience.time.VirtualTime;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

/** Law 13 in the tree: whatever a callback, an observer or a cause does, nobody else suffers. */
class CallbackFailureTest {

  private final VirtualTime.Manual time = VirtualTime.manual();
  private final Context root = Context.background(time);
  private final AtomicInteger ran = new AtomicInteger();

  @SuppressWarnings("OverrideThrowableToString") // that is the fault
  private static final class Unprintable extends RuntimeException {

    private static final long serialVersionUID = 1L;

    @Override
    public String getMessage() {
      throw new AssertionError("no message");
    }

    @Override
    public String toString() {
      throw new AssertionError("unprintable");
    }
  }

  @Nested
  class A_callback_that_throws {

    @Test
    void what_cannot_be_printed_costs_no_other_its_turn_at_a_cancel() {
      var context = root.withCancel();
      context.onDone(
          () -> {
            throw new Unprintable();
          });
      context.onDone(ran::incrementAndGet);
      context.withCancel().onDone(ran::incrementAndGet);

      assertThat(context.cancel()).isTrue();

      assertThat(ran).hasValue(2);
    }

    @Test
    void what_cannot_be_printed_costs_no_other_its_turn_at_a_deadline() {
      var context = root.withTimeout(ofSeconds(1));
      context.onDone(
          () -> {
            throw new Unprintable();
          });
      context.onDone(ran::incrementAndGet);

      time.advance(ofSeconds(1));

      assertThat(ran).hasValue(1);
    }

    @Test
    void an_error_after_the_end_reaches_nobody() {
      var context = root.withCancel();
      context.cancel();

      context.onDone(
          () -> {
            throw new Unprintable();
          });

      assertThat(context.isDone()).isTrue();
    }
  }

  @Nested
  class An_interrupt_of_the_thread_that_cancels {

    @Test
    void is_given_back_when_a_callback_has_thrown_it() {
      var context = root.withCancel();
      context.onDone(
          () -> {
            Thread.interrupted();
            throw new InterruptedException();
          });
      context.onDone(ran::incrementAndGet);

      Thread.currentThread().interrupt();
      context.cancel();

      assertThat(Thread.interrupted()).isTrue();
      assertThat(ran).hasValue(1);
    }

    @Test
    void is_given_back_when_a_callback_has_swallowed_it() {
      var context = root.withCancel();
      context.onDone(Thread::interrupted);

      Thread.currentThread().interrupt();
      context.cancel();

      assertThat(Thread.interrupted()).isTrue();
    }
  }

  @Nested
  class A_cause {

    @Test
    void without_a_text_is_no_obstacle_to_asking_why() {
      var context = root.withCancel();
      context.cancel(new Unprintable());

      assertThat(context.error()).hasMessageEndingWith("Unprintable without a text");
      assertThat(context.cause()).isInstanceOf(Unprintable.class);
      assertThatThrownBy(context::throwIfDone).isInstanceOf(ContextCancelledException.class);
      assertThat(context.toString()).contains("was cancelled");
    }

    @Test
    void of_many_lines_forges_none() {
      var context = root.withName("a\nb").withCancel();
      context.cancel(new IllegalStateException("x\nERROR all is lost" + "!".repeat(1_000)));

      assertThat(context.error()).message().doesNotContain("\n").hasSizeLessThan(400);
      assertThat(context.toString()).doesNotContain("\n");
    }
  }

  @Nested
  class An_observer {

    @Test
    void that_throws_what_cannot_be_printed_hurts_no_derivation() {
      List<String> told = new ArrayList<>();
      Context observed =
          Context.observed(
              time,
              new ContextObserver() {
                @Override
                public void onDerived(Context context, Context parent, long nanos) {
                  throw new Unprintable();
                }

                @Override
                public void onEnded(Context context, ContextException error, long nanos) {
                  told.add("ended");
                  throw new Unprintable();
                }
              });

      var context = observed.withCancel();
      context.onDone(ran::incrementAndGet);
      context.cancel();

      assertThat(told).containsExactly("ended");
      assertThat(ran).hasValue(1);
    }
  }

  @Test
  void a_value_without_a_text_is_refused_with_a_message_all_the_same() {
    Key<Object> key = Key.of("any", Object.class).shown().checked("never", value -> value == root);

    assertThatThrownBy(() -> root.withValue(key, new Unprintable()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("without a text");
  }
}
