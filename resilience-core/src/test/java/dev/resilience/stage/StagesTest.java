package dev.resilience.stage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.resilience.Resilience;
import dev.resilience.context.Context;
import java.io.IOException;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BiFunction;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

class StagesTest {

  private final CompletableFuture<String> stage = new CompletableFuture<>();
  private final CompletableFuture<String> promise = new CompletableFuture<>();
  private final List<Object> told = new ArrayList<>();

  private Throwable failureOf(CompletableFuture<?> future) {
    assertThat(future).isCompletedExceptionally();
    return catchThrowable(future::join).getCause();
  }

  /** A stage of somebody else's, of which only {@code handle} is asked. */
  @SuppressWarnings("unchecked")
  private static CompletionStage<String> foreign(InvocationHandler handle) {
    return (CompletionStage<String>)
        Proxy.newProxyInstance(
            StagesTest.class.getClassLoader(), new Class<?>[] {CompletionStage.class}, handle);
  }

  @SuppressWarnings("unchecked")
  private static void tell(Object function, String value) {
    ((BiFunction<Object, Throwable, Object>) function).apply(value, null);
  }

  @Nested
  class A_watcher {

    @Test
    void is_told_the_result() {
      Stages.watch(stage, (value, failure) -> told.add(value));
      stage.complete("done");

      assertThat(told).containsExactly("done");
    }

    @Test
    void is_told_the_failure_as_it_was_thrown() {
      IOException down = new IOException("down");
      Stages.watch(stage.thenApply(value -> value), (value, failure) -> told.add(failure));
      stage.completeExceptionally(down);

      assertThat(told).containsExactly(down);
    }

    @Test
    void is_told_at_once_of_a_minimal_stage_that_has_completed() {
      stage.complete("done");
      Stages.watch(stage.minimalCompletionStage(), (value, failure) -> told.add(value));

      assertThat(told).containsExactly("done");
    }

    @Test
    void that_throws_an_error_fails_the_promise_with_the_failure_kept() {
      IOException down = new IOException("down");
      AssertionError broken = new AssertionError("broken");
      Stages.watch(
          stage,
          promise,
          (value, failure) -> {
            throw broken;
          });
      stage.completeExceptionally(down);

      assertThat(failureOf(promise)).isSameAs(broken);
      assertThat(broken.getSuppressed()).containsExactly(down);
    }

    @Test
    void of_a_stage_that_throws_is_told_so() {
      Error broken = new NoClassDefFoundError("gone");
      Stages.watch(
          foreign(
              (proxy, method, arguments) -> {
                throw broken;
              }),
          (value, failure) -> told.add(failure));

      assertThat(told).containsExactly(broken);
    }

    @Test
    void is_told_once_by_a_stage_that_tells_twice_and_then_throws() {
      Stages.watch(
          foreign(
              (proxy, method, arguments) -> {
                tell(arguments[0], "first");
                tell(arguments[0], "second");
                throw new IllegalStateException("broken");
              }),
          (value, failure) -> told.add(value));

      assertThat(told).containsExactly("first");
    }
  }

  @Nested
  class A_promise_that_follows_a_stage {

    @Test
    void has_its_result() {
      Stages.forward(stage, promise);
      stage.complete("done");

      assertThat(promise).isCompletedWithValue("done");
    }

    @Test
    void fails_with_the_failure_itself() {
      IOException down = new IOException("down");
      Stages.forward(stage, promise);
      stage.completeExceptionally(new CompletionException(down));

      assertThat(failureOf(promise)).isSameAs(down);
    }
  }

  @Nested
  class A_stage_tells_whether_it_has_completed {

    @Test
    void where_it_is_a_future() {
      assertThat(Stages.completed(stage)).isNull();
      stage.complete("done");
      assertThat(Stages.completed(stage)).isSameAs(stage);
    }

    @Test
    void but_not_where_it_is_minimal() {
      stage.complete("done");
      assertThat(Stages.completed(stage.minimalCompletionStage())).isNull();
    }
  }

  @Nested
  class The_future_of_a_call {

    private final List<Object> ends = new ArrayList<>();

    private CompletableFuture<String> pending() {
      return Resilience.of()
          .callAsync(
              Context.background(),
              ctx -> {
                ctx.onDone(() -> ends.add(ctx.cause()));
                return new CompletableFuture<String>();
              })
          .toCompletableFuture();
    }

    @Test
    void that_its_caller_completes_in_any_way_ends_the_call() {
      pending().completeAsync(() -> "mine", Runnable::run);
      pending().obtrudeValue("mine");
      pending().obtrudeException(new IOException("mine"));

      assertThat(ends).containsExactly(CallerFuture.LEFT, CallerFuture.LEFT, CallerFuture.LEFT);
    }

    @Test
    void is_had_of_work_that_returns_a_minimal_stage() {
      CompletableFuture<String> work = new CompletableFuture<>();
      CompletableFuture<String> call =
          Resilience.of()
              .callAsync(Context.background(), ctx -> work.minimalCompletionStage())
              .toCompletableFuture();
      work.complete("done");

      assertThat(call).isCompletedWithValue("done");
    }
  }

  @Nested
  class A_promise {

    @SuppressWarnings("OverrideThrowableToString") // that is the fault
    private static final class Unprintable extends RuntimeException {

      private static final long serialVersionUID = 1L;

      @Override
      public String toString() {
        throw new IllegalStateException("no text");
      }
    }

    /** In CompletableFuture's own way the second one would be lost, and the completer told. */
    @Test
    void that_fails_with_what_cannot_be_printed_tells_all_that_can_be_told() {
      Throwable unprintable = new Unprintable();
      CompletableFuture<String> promise = new CompletableFuture<>();
      AtomicReference<Throwable> told = new AtomicReference<>();
      CompletableFuture<Boolean> watch =
          promise.handle((value, failure) -> told.compareAndSet(null, failure));
      var unused = promise.thenApply(value -> value + "!");
      var unused2 = promise.thenApply(value -> value + "?");

      Stages.complete(promise, null, unprintable);

      assertThat(watch).isCompletedWithValue(true);
      assertThat(told.get()).isSameAs(unprintable);
      assertThat(promise).isCompletedExceptionally();
    }
  }
}
