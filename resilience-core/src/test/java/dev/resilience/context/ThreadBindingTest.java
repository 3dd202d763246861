package dev.resilience.context;

import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.resilience.Resilience;
import dev.resilience.concurrent.TaskGroup;
import dev.resilience.concurrent.WorkerPool;
import dev.resilience.concurrent.pipeline.Pipeline;
import dev.resilience.context.ThreadBinding.Bound;
import dev.resilience.observe.CallReportListener;
import dev.resilience.observe.PolicyListener;
import dev.resilience.retry.Backoff;
import dev.resilience.retry.Retry;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

/** A thread-local that is not ours is true to the context wherever work is done for it. */
class ThreadBindingTest {

  private static final Key<String> TENANT = Key.of("tenant", String.class);

  /** The other library's. */
  private static final ThreadLocal<String> CURRENT = new ThreadLocal<>();

  private static final ThreadBinding BINDING =
      ctx -> {
        String before = CURRENT.get();
        CURRENT.set(ctx.get(TENANT));
        return () -> CURRENT.set(before);
      };

  private final Context root = Context.background();
  private final Context acme = root.withValue(TENANT, "acme").withBinding(BINDING);

  private static String current(Context ctx) {
    return CURRENT.get();
  }

  @AfterEach
  void nothing_is_left_on_this_thread() {
    assertThat(CURRENT.get()).isNull();
  }

  @Nested
  class Says_what_the_context_says_in {

    @Test
    void a_stack() {
      assertThat(Resilience.of().<String, RuntimeException>call(acme, ThreadBindingTest::current))
          .isEqualTo("acme");
      try (var ends = acme.withTimeout(ofSeconds(60))) {
        assertThat(Resilience.of().<String, RuntimeException>call(ends, ThreadBindingTest::current))
            .isEqualTo("acme");
      }
    }

    @Test
    void work_that_fails() {
      Throwable failure =
          catchThrowable(
              () ->
                  Resilience.of()
                      .call(
                          acme,
                          c -> {
                            throw new IOException(CURRENT.get());
                          }));
      assertThat(failure).hasMessage("acme");
    }

    @Test
    void every_attempt_of_an_asynchronous_call_and_in_what_hears_of_it() {
      var seen = new ConcurrentLinkedQueue<String>();
      Retry retry =
          Retry.builder()
              .maxAttempts(2)
              .backoff(Backoff.constant(Duration.ofMillis(1)))
              .listener(
                  PolicyListener.withContext((c, event) -> seen.add("event " + CURRENT.get())))
              .build();
      Resilience stack =
          Resilience.of(retry)
              .withReports(
                  CallReportListener.withContext(
                      (c, report) -> seen.add("report " + CURRENT.get())))
              .withListener(event -> seen.add("end " + CURRENT.get()));

      stack
          .callAsync(
              acme,
              c -> {
                seen.add("attempt " + CURRENT.get());
                return CompletableFuture.failedFuture(new IOException("down"));
              })
          .exceptionally(down -> null)
          .toCompletableFuture()
          .join();

      assertThat(seen)
          .contains("attempt acme", "event acme", "end acme", "report acme")
          .allMatch(line -> line.endsWith(" acme"));
    }

    @Test
    void a_group_a_pool_and_a_pipeline() throws Exception {
      try (TaskGroup<String> group = TaskGroup.open(acme)) {
        var task = group.fork(ThreadBindingTest::current);
        group.join();
        assertThat(task.result()).isEqualTo("acme");
      }
      try (WorkerPool pool = WorkerPool.builder("pool").workers(1).open(root)) {
        assertThat(pool.<String>submit(acme, "a", ThreadBindingTest::current).await(root))
            .isEqualTo("acme");
        assertThat(pool.<String>submit(root, "b", c -> String.valueOf(CURRENT.get())).await(root))
            .isEqualTo("null");
      }
      Pipeline<Integer, String> pipeline =
          Pipeline.<Integer>builder("p")
              .<String>map("tenant", (c, item) -> item + CURRENT.get())
              .build();
      assertThat(pipeline.run(acme, List.of(1, 2)).results()).containsExactly("1acme", "2acme");
    }

    @Test
    void callbacks_on_the_end() {
      var seen = new ConcurrentLinkedQueue<String>();
      try (var ctx = acme.withCancel()) {
        ctx.onDone(() -> seen.add("done " + CURRENT.get()));
        ctx.onAbort(() -> seen.add("abort " + CURRENT.get()));
        ctx.cancel();
      }
      assertThat(seen).containsExactly("done acme", "abort acme");
    }

    @Test
    void detached_work_and_the_first_of_several_and_not_in_another_tree() {
      assertThat(inside(acme.detached())).isEqualTo("acme");
      try (var first = Context.firstOf(root.withCancel(), acme)) {
        assertThat(inside(first)).isEqualTo("acme");
      }
      assertThat(inside(root.withValuesOf(acme, TENANT))).isNull();
    }

    private String inside(Context ctx) {
      try (Bound bound = ThreadBinding.bind(ctx)) {
        return CURRENT.get();
      }
    }
  }

  @Test
  void it_is_not_added_twice() {
    var entered = new ConcurrentLinkedQueue<String>();
    ThreadBinding counting =
        ctx -> {
          entered.add("in");
          return () -> entered.add("out");
        };
    Context twice = root.withBinding(counting).withBinding(counting).withBinding(BINDING);

    ThreadBinding.bind(twice).close();

    assertThat(entered).containsExactly("in", "out");
  }

  @Test
  void two_are_left_in_the_reverse_order() {
    var told = new ConcurrentLinkedQueue<String>();
    Context both = root.withBinding(told(told, "first")).withBinding(told(told, "second"));

    ThreadBinding.bind(both).close();

    assertThat(told).containsExactly("+first", "+second", "-second", "-first");
  }

  private static ThreadBinding told(ConcurrentLinkedQueue<String> told, String name) {
    return ctx -> {
      told.add("+" + name);
      return () -> told.add("-" + name);
    };
  }

  @Test
  void one_that_throws_costs_the_work_nothing_and_the_other_is_left() {
    ThreadBinding broken =
        ctx -> {
          throw new StackOverflowError("enter");
        };
    ThreadBinding breaksLater =
        ctx ->
            () -> {
              throw new IllegalStateException("leave");
            };
    Context ctx = acme.withBinding(broken).withBinding(breaksLater);

    assertThat(Resilience.of().<String, RuntimeException>call(ctx, ThreadBindingTest::current))
        .isEqualTo("acme");
  }

  @Test
  void a_wrapped_task_is_bound_and_one_of_a_context_without_is_the_same() {
    String[] seen = new String[1];
    ThreadBinding.wrap(acme, () -> seen[0] = CURRENT.get()).run();
    assertThat(seen[0]).isEqualTo("acme");

    Runnable task = () -> {};
    assertThat(ThreadBinding.wrap(root, task)).isSameAs(task);
  }

  @Test
  void a_thread_of_a_pool_never_keeps_what_was_anothers() throws Exception {
    ExecutorService two = Executors.newFixedThreadPool(2);
    try {
      var calls =
          IntStream.range(0, 1000)
              .mapToObj(
                  i -> {
                    Context mine = acme.withValue(TENANT, "t" + i);
                    return Resilience.of()
                        .<String, RuntimeException>callOn(mine, two, ThreadBindingTest::current)
                        .toCompletableFuture();
                  })
              .toList();
      for (int i = 0; i < 1000; i++) {
        assertThat(calls.get(i).join()).isEqualTo("t" + i);
      }
      assertThat(two.submit(CURRENT::get).get()).isNull();
    } finally {
      two.shutdown();
    }
  }
}
