package dev.resilience.context;

import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;

import dev.resilience.time.VirtualTime;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Who is told of a context, and who is not. */
class ObserversTest {

  private final VirtualTime.Manual time = VirtualTime.manual();
  private final List<String> told = new ArrayList<>();

  private class Telling implements ContextObserver {

    private final String name;

    Telling(String name) {
      this.name = name;
    }

    @Override
    public void onDerived(Context context, Context parent, long nanos) {
      told.add(name + " derived " + context.name());
    }

    @Override
    public void onEnded(Context context, ContextException error, long nanos) {
      told.add(name + " ended " + context.name());
    }
  }

  /** Is told of contexts of one name only. */
  private final class Choosing extends Telling {

    private final String chosen;

    Choosing(String name, String chosen) {
      super(name);
      this.chosen = chosen;
    }

    @Override
    public ContextObserver observerOf(Context context, Context parent) {
      return context.name().equals(chosen) ? this : null;
    }
  }

  private final class Broken extends Telling {

    Broken() {
      super("broken");
    }

    @Override
    public void onDerived(Context context, Context parent, long nanos) {
      throw new AssertionError("derived");
    }

    @Override
    public void onEnded(Context context, ContextException error, long nanos) {
      throw new AssertionError("ended");
    }
  }

  @Test
  void a_context_that_nobody_chose_is_not_linked() {
    Context root = Context.observed(time, new Choosing("a", "x"));
    var parent = root.withName("x").withCancel();

    var other = parent.withName("y").withTimeout(ofSeconds(1));

    assertThat(ContextProbe.waiters(other)).isZero();
    assertThat(ContextProbe.waiters(parent)).isEqualTo(1); // what tells its observer
    assertThat(time.pendingTimers()).isZero();
    parent.close();
    assertThat(told).containsExactly("a derived x", "a ended x");
  }

  @Test
  void several_are_told_of_what_each_chose() {
    Context root =
        Context.observed(
            time,
            ContextObserver.all(
                new Telling("all"), new Choosing("a", "x"), new Choosing("b", "y")));

    root.withName("x").withCancel().close();
    root.withName("y").withCancel().close();

    assertThat(told)
        .containsExactly(
            "all derived x",
            "a derived x",
            "all ended x",
            "a ended x",
            "all derived y",
            "b derived y",
            "all ended y",
            "b ended y");
  }

  @Test
  void one_that_throws_keeps_nothing_from_the_others() {
    ContextObserver unable =
        new ContextObserver() {
          @Override
          public ContextObserver observerOf(Context context, Context parent) {
            throw new AssertionError("unable");
          }
        };
    Context root =
        Context.observed(time, ContextObserver.all(unable, new Broken(), new Telling("a")));

    root.withName("x").withCancel().close();

    assertThat(told).containsExactly("a derived x", "a ended x");
    Context.observed(time, unable).withCancel().close();
  }

  @Test
  void none_at_all_costs_nothing() {
    Context root = Context.observed(time, ContextObserver.all());

    assertThat(ContextProbe.waiters(root.withCancel())).isZero();
  }
}
