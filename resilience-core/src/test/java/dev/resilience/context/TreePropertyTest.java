package dev.resilience.context;

import static org.assertj.core.api.Assertions.assertThat;

import dev.resilience.Schedules;
import dev.resilience.time.VirtualTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

/** Laws 1 to 3 and 8: random programs on the tree do what the plain model says. */
class TreePropertyTest {

  private static final int SCHEDULES = 20_000;

  @Test
  void the_tree_agrees_with_the_model() {
    Schedules.check(SCHEDULES, (seed, random) -> new Program(random).run());
  }

  /** One random program, run on both. */
  private static final class Program {

    private final RandomGenerator random;
    private final VirtualTime.Manual time = VirtualTime.manual();
    private final Context root = Context.background(time);
    private final TreeModel model = new TreeModel();
    private final List<CancellableContext> real = new ArrayList<>();
    private final List<TreeModel.Member> plain = new ArrayList<>();
    private final List<Registration> registrations = new ArrayList<>();
    private final List<TreeModel.Member> registeredAt = new ArrayList<>();
    private final List<Integer> fired = new ArrayList<>();
    private final List<String> log = new ArrayList<>();

    Program(RandomGenerator random) {
      this.random = random;
    }

    void run() {
      try {
        add("root", root.withCancel(), List.of(), false, null);
        int steps = 5 + random.nextInt(40);
        for (int i = 0; i < steps; i++) {
          step();
          assertThat(fired).containsExactlyInAnyOrderElementsOf(model.fired);
        }
        for (int i = 0; i < real.size(); i++) {
          compare(i);
        }
        closeAll();
      } catch (Throwable failure) {
        throw new AssertionError(String.join("\n", log), failure);
      }
    }

    private void step() {
      int at = random.nextInt(real.size());
      switch (random.nextInt(14)) {
        case 0 -> add("child of " + at, real.get(at).withCancel(), List.of(at), false, null);
        case 1, 2 -> {
          int ticks = random.nextInt(30) - 2;
          add(
              "child of " + at + " for " + ticks,
              real.get(at).withTimeout(Duration.ofMillis(ticks)),
              List.of(at),
              false,
              model.now + ticks);
        }
        case 3 -> moreTime(at);
        case 4 -> merge(at);
        case 5 ->
            add(
                "child of a value in " + at,
                real.get(at).withName("v").withCancel(),
                List.of(at),
                false,
                null);
        case 6, 7, 8 -> register(at);
        case 9 -> withdraw();
        case 10 -> cancel(at);
        case 11 -> close(at);
        case 12 -> advance(random.nextInt(12));
        default -> compare(at);
      }
    }

    private void add(
        String what,
        CancellableContext context,
        List<Integer> parents,
        boolean moreTime,
        Long deadline) {
      log.add(real.size() + " = " + what);
      real.add(context);
      plain.add(model.new Member(parents.stream().map(plain::get).toList(), moreTime, deadline));
    }

    private void moreTime(int at) {
      int ticks = 1 + random.nextInt(30);
      Long above = plain.get(at).effectiveDeadline();
      boolean needed = above != null && above < model.now + ticks;
      add(
          "more time than " + at + ": " + ticks,
          real.get(at).withMoreTime(Duration.ofMillis(ticks)),
          List.of(at),
          needed,
          needed ? model.now + ticks : null);
    }

    private void merge(int first) {
      int second = random.nextInt(real.size());
      int third = random.nextInt(real.size());
      add(
          "first of " + first + ", " + second + ", " + third,
          Context.firstOf(real.get(first), real.get(second), real.get(third)),
          List.of(first, second, third),
          false,
          null);
    }

    private void register(int at) {
      int id = registrations.size();
      log.add("callback " + id + " at " + at);
      registeredAt.add(plain.get(at));
      if (plain.get(at).end != null) {
        model.fired.add(id);
      } else {
        plain.get(at).callbacks.add(id);
      }
      registrations.add(real.get(at).onDone(() -> fired.add(id)));
    }

    private void withdraw() {
      if (registrations.isEmpty()) {
        return;
      }
      int id = random.nextInt(registrations.size());
      log.add("withdraw " + id);
      boolean expected = registeredAt.get(id).callbacks.remove((Integer) id);
      assertThat(registrations.get(id).withdraw()).isEqualTo(expected);
    }

    private void cancel(int at) {
      log.add("cancel " + at);
      Throwable cause = new IllegalStateException("cancel of " + at + " at " + model.now);
      assertThat(real.get(at).cancel(cause)).isEqualTo(plain.get(at).cancel(cause));
      compare(at);
      advance(random.nextInt(2));
    }

    /** Looks first: only what was looked at is promised to be seen by a close. */
    private void close(int at) {
      compare(at);
      log.add("close " + at);
      plain.get(at).close(ContextProbe.waiters(real.get(at)) > 0);
      real.get(at).close();
      compare(at);
      assertThat(ContextProbe.waiters(real.get(at))).isZero();
      advance(random.nextInt(2));
    }

    private void advance(int ticks) {
      log.add("advance " + ticks);
      model.advance(ticks);
      time.advance(Duration.ofMillis(ticks));
    }

    private void compare(int at) {
      Context context = real.get(at);
      TreeModel.Member member = plain.get(at);
      log.add("look at " + at);
      if (random.nextBoolean()) {
        assertThat(context.isDone()).isEqualTo(member.end != null);
      }
      ContextException error = context.error();
      if (member.end == null) {
        assertThat(error).isNull();
        assertThat(context.cause()).isNull();
        Long deadline = member.effectiveDeadline();
        assertThat(context.deadline().isPresent()).isEqualTo(deadline != null);
      } else if (member.end.cancel()) {
        assertThat(error).isInstanceOf(ContextCancelledException.class);
        assertThat(context.cause()).isSameAs(member.end.cause());
        assertThat(context.isCancelled()).isTrue();
        assertThat(context.isEndInherited()).isEqualTo(member.end.origin() != member);
      } else {
        assertThat(error).isInstanceOf(DeadlineExceededException.class);
        assertThat(context.cause()).isSameAs(error);
        assertThat(context.isCancelled()).isFalse();
      }
      assertThat(context.error()).isSameAs(error);
    }

    private void closeAll() {
      for (int i = real.size() - 1; i >= 0; i--) {
        real.get(i).isDone();
        real.get(i).close();
      }
      for (CancellableContext context : real) {
        assertThat(context.isDone()).isTrue();
        assertThat(ContextProbe.waiters(context)).isZero();
      }
      assertThat(time.pendingTimers()).isZero();
    }
  }
}
