package dev.resilience.concurrent.pipeline;

import static java.time.Duration.ofMillis;
import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.resilience.concurrent.AbandonedTask;
import dev.resilience.context.CancelReason;
import dev.resilience.context.Context;
import dev.resilience.context.ContextCancelledException;
import dev.resilience.context.ContextProbe;
import dev.resilience.context.DeadlineExceededException;
import dev.resilience.context.Key;
import dev.resilience.time.VirtualTime;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.SubmissionPublisher;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

class PipelineTest {

  private static final Key<String> PRIORITY = Key.of("priority", String.class);

  private final VirtualTime.Automatic time = VirtualTime.automatic(13);
  private final Context root = Context.background(time);

  @FunctionalInterface
  private interface Program {
    void run() throws Exception;
  }

  private void run(Program program) throws Exception {
    time.run(
        () -> {
          program.run();
          return null;
        });
  }

  private static <A, B> ItemFunction<A, B> slowly(Duration work, ItemFunction<A, B> function) {
    return (c, item) -> {
      c.sleep(work);
      return function.apply(c, item);
    };
  }

  private static List<Integer> upTo(int last) {
    return IntStream.rangeClosed(1, last).boxed().toList();
  }

  /** One each 100 ms. */
  private Iterable<Integer> numbers(int last) {
    return () -> {
      Iterator<Integer> all = upTo(last).iterator();
      return new Iterator<>() {
        @Override
        public boolean hasNext() {
          return all.hasNext();
        }

        @Override
        public Integer next() {
          try {
            root.sleep(ofMillis(100));
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
          return all.next();
        }
      };
    };
  }

  /** 000 "Pipeline processing with context". */
  @Nested
  class The_numbers_of_the_guide {

    private final Pipeline<Integer, Integer> numbers =
        Pipeline.<Integer>builder("numbers")
            .map("square", slowly(ofMillis(50), (Context c, Integer n) -> n * n))
            .map("add10", slowly(ofMillis(50), (Context c, Integer n) -> n + 10))
            .filter("filter-even", (c, n) -> n % 2 == 0)
            .build();

    @Test
    void come_through_in_order() throws Exception {
      run(
          () -> {
            PipelineResult<Integer> result =
                numbers.run(root.withTimeout(ofSeconds(3)), numbers(10));

            assertThat(result.resultsOrThrow()).containsExactly(14, 26, 46, 74, 110);
            assertThat(result.stages())
                .map(StageResult::toString)
                .containsExactly(
                    "square: 10 in, 10 out", "add10: 10 in, 10 out", "filter-even: 10 in, 5 out");
            assertThat(time.elapsed()).isEqualTo(ofMillis(1_100));
          });
    }

    @Test
    void come_through_in_part_under_a_shorter_limit() throws Exception {
      run(
          () -> {
            PipelineResult<Integer> result =
                numbers.run(root.withTimeout(ofMillis(650)), numbers(10));

            assertThat(result.results()).containsExactly(14, 26);
            assertThat(result.delivered()).isEqualTo(2);
            assertThat(result.isComplete()).isFalse();
            assertThat(result.failure().orElseThrow())
                .isInstanceOf(DeadlineExceededException.class);
            assertThatThrownBy(result::resultsOrThrow)
                .isInstanceOf(DeadlineExceededException.class);
            assertThat(result.toString()).startsWith("numbers: 2 came through, then ");
            assertThat(time.elapsed()).isEqualTo(ofMillis(650));
          });
    }

    @Test
    void may_be_taken_one_by_one() {
      assertThat(numbers.executeAll(Context.background(), 4)).containsExactly(26);
      assertThat(numbers.executeAll(Context.background(), 3)).isEmpty();
      assertThatThrownBy(() -> numbers.execute(Context.background(), 3))
          .isInstanceOf(NoSuchElementException.class)
          .hasMessage("numbers: 0 results (expected: 1)");
    }
  }

  /** 003 "Context Pipelines"; there more time is asked for and not given. */
  @Nested
  class A_request_pipeline {

    private final List<Context> made = new CopyOnWriteArrayList<>();

    private final Pipeline<String, String> requests =
        Pipeline.<String>builder("requests")
            .step(
                "validation",
                (Context c, String request) -> {
                  if (request.isBlank()) {
                    throw new IllegalArgumentException("empty");
                  }
                  if (!request.startsWith("high")) {
                    return Handed.of(request);
                  }
                  Context more = c.withMoreTime(ofSeconds(60)).withValue(PRIORITY, "high");
                  made.add(more);
                  return Handed.of(request, more);
                })
            .map(
                "processing",
                slowly(
                    ofSeconds(2),
                    (Context c, String request) ->
                        request + " on the " + c.getOrDefault(PRIORITY, "normal") + " path"))
            .build();

    @Test
    void chooses_the_path_by_the_context() throws Exception {
      run(
          () -> {
            assertThat(requests.execute(root, "high 1")).isEqualTo("high 1 on the high path");
            assertThat(requests.execute(root, "low 1")).isEqualTo("low 1 on the normal path");
            assertThat(made).hasSize(1).allMatch(Context::isDone);
          });
    }

    @Test
    void names_the_stage_and_the_item_that_failed() throws Exception {
      run(
          () -> {
            assertThatThrownBy(() -> requests.execute(root, " "))
                .isInstanceOf(StageFailedException.class)
                .hasMessage(
                    "requests: validation failed on  : java.lang.IllegalArgumentException: empty")
                .hasCauseInstanceOf(IllegalArgumentException.class);
            PipelineResult<String> result = requests.run(root, List.of("low", " ", "low"));
            assertThat(result.failure().orElseThrow())
                .isInstanceOfSatisfying(
                    StageFailedException.class,
                    failed -> {
                      assertThat(failed.stage()).isEqualTo("validation");
                      assertThat(failed.item()).isEqualTo(" ");
                    });
          });
    }

    @Test
    void gives_one_item_more_time_than_the_caller_has() throws Exception {
      run(
          () -> {
            Context caller = root.withTimeout(ofSeconds(1));
            assertThat(requests.execute(caller, "high")).isEqualTo("high on the high path");
            assertThatThrownBy(() -> requests.execute(root.withTimeout(ofSeconds(1)), "low"))
                .isInstanceOf(StageFailedException.class)
                .hasCauseInstanceOf(DeadlineExceededException.class);
          });
    }

    @Test
    void lets_items_with_more_time_come_through_after_the_deadline_of_the_run() throws Exception {
      run(
          () -> {
            var caller = root.withTimeout(ofSeconds(1));
            PipelineResult<String> result =
                requests.run(caller, List.of("high 1", "low 1", "high 2", "low 2"));
            assertThat(result.results())
                .containsExactly("high 1 on the high path", "high 2 on the high path");
            assertThat(result.failure().orElseThrow())
                .isInstanceOf(DeadlineExceededException.class);
            assertThat(time.elapsed()).isEqualTo(ofSeconds(4));
            assertThat(made).hasSize(2).allMatch(Context::isDone);
            assertThat(ContextProbe.waiters(caller)).isZero();
          });
    }

    @Test
    void cancels_also_those_with_more_time() throws Exception {
      run(
          () -> {
            var caller = root.withTimeout(ofSeconds(1)).withCancel();
            time.start(
                "user",
                () -> {
                  root.sleep(ofMillis(1_500));
                  caller.cancel(CancelReason.USER);
                });
            PipelineResult<String> result = requests.run(caller, List.of("high 1", "high 2"));
            assertThat(result.results()).isEmpty();
            assertThat(time.elapsed()).isEqualTo(ofMillis(1_500));
          });
    }
  }

  @Nested
  class A_stage {

    @Test
    void works_on_several_items_at_once_and_keeps_their_order() throws Exception {
      run(
          () -> {
            var most = new AtomicInteger();
            var now = new AtomicInteger();
            var pipeline =
                Pipeline.<Integer>builder("p")
                    .map(
                        "work",
                        StageOptions.parallel(3),
                        (Context c, Integer n) -> {
                          most.accumulateAndGet(now.incrementAndGet(), Math::max);
                          c.sleep(ofMillis(10L * (4 - n % 4)));
                          now.decrementAndGet();
                          return n;
                        })
                    .build();
            assertThat(pipeline.run(root, upTo(30)).results()).isEqualTo(upTo(30));
            assertThat(most).hasValue(3);
          });
    }

    @Test
    void may_hand_on_items_as_they_are_ready() throws Exception {
      run(
          () -> {
            var pipeline =
                Pipeline.<Integer>builder("p")
                    .map(
                        "work",
                        StageOptions.parallel(3).unordered(),
                        (Context c, Integer n) -> {
                          c.sleep(ofMillis(100L / n));
                          return n;
                        })
                    .build();
            assertThat(pipeline.run(root, upTo(3)).results()).containsExactly(3, 2, 1);
          });
    }

    @Test
    void makes_several_items_of_one_and_one_of_several() throws Exception {
      run(
          () -> {
            var pipeline =
                Pipeline.<String>builder("p")
                    .flatMap("split", (Context c, String line) -> List.of(line.split(" ")))
                    .batch("pairs", 2)
                    .build();
            assertThat(pipeline.run(root, List.of("a b c", "d e")).results())
                .containsExactly(List.of("a", "b"), List.of("c", "d"), List.of("e"));
            assertThat(pipeline.executeAll(root, "a b c"))
                .containsExactly(List.of("a", "b"), List.of("c"));
          });
    }

    @Test
    void that_is_slow_holds_up_the_source() throws Exception {
      run(
          () -> {
            var read = new AtomicInteger();
            var most = new AtomicInteger();
            Iterable<Integer> source =
                () -> {
                  Iterator<Integer> all = upTo(20).iterator();
                  return new Iterator<>() {
                    @Override
                    public boolean hasNext() {
                      return all.hasNext();
                    }

                    @Override
                    public Integer next() {
                      read.incrementAndGet();
                      return all.next();
                    }
                  };
                };
            var done = new AtomicInteger();
            var pipeline =
                Pipeline.<Integer>builder("p")
                    .map(
                        "slow",
                        StageOptions.ofDefaults().withQueue(2),
                        (Context c, Integer n) -> {
                          c.sleep(ofMillis(10));
                          most.accumulateAndGet(read.get() - done.incrementAndGet(), Math::max);
                          return n;
                        })
                    .build();
            pipeline.run(root, source);
            // Two wait, and the source holds one in its hands.
            assertThat(most.get()).isLessThanOrEqualTo(3);
          });
    }

    @Test
    void may_fail_on_items_that_are_skipped() throws Exception {
      run(
          () -> {
            var pipeline =
                Pipeline.<Integer>builder("p")
                    .map(
                        "odd",
                        StageOptions.parallel(2),
                        (Context c, Integer n) -> {
                          if (n % 2 == 0) {
                            throw new IOException("even");
                          }
                          return n;
                        })
                    .skipFailures()
                    .build();
            PipelineResult<Integer> result = pipeline.run(root, upTo(5));
            assertThat(result.isComplete()).isTrue();
            assertThat(result.results()).containsExactly(1, 3, 5);
            assertThat(result.failures()).map(StageFailedException::item).containsExactly(2, 4);
            assertThat(result).hasToString("p: 3 came through, 2 skipped");
          });
    }

    @Test
    void that_throws_an_error_ends_the_run_in_any_case() throws Exception {
      run(
          () -> {
            var pipeline =
                Pipeline.<Integer>builder("p")
                    .map(
                        "deep",
                        (Context c, Integer n) -> {
                          throw new StackOverflowError();
                        })
                    .skipFailures()
                    .build();
            assertThat(pipeline.run(root, upTo(5)).failure().orElseThrow())
                .hasCauseInstanceOf(StackOverflowError.class);
          });
    }
  }

  @Nested
  class A_cancelled_run {

    private Pipeline<Integer, Integer> fiveStages(AtomicInteger running) {
      var builder = Pipeline.<Integer>builder("p");
      for (int i = 1; i <= 5; i++) {
        builder =
            builder.map(
                "stage-" + i,
                StageOptions.parallel(2).withQueue(4),
                (Context c, Integer n) -> {
                  running.incrementAndGet();
                  try {
                    c.sleep(ofMillis(5));
                    return n;
                  } finally {
                    running.decrementAndGet();
                  }
                });
      }
      return builder.build();
    }

    /** B.3.3 (3): also while a stage waits to hand over its output. */
    @Test
    void of_five_stages_with_full_queues_leaves_no_thread() throws Exception {
      var running = new AtomicInteger();
      run(
          () -> {
            var caller = root.withCancel();
            time.start(
                "user",
                () -> {
                  root.sleep(ofSeconds(1));
                  caller.cancel(CancelReason.USER);
                });
            PipelineResult<Integer> result =
                fiveStages(running)
                    .run(caller, upTo(1_000_000), (c, n) -> root.sleep(ofMillis(100)));
            assertThat(result.delivered()).isBetween(1L, 12L);
            assertThat(result.failure().orElseThrow())
                .isInstanceOf(ContextCancelledException.class)
                .hasCause(CancelReason.USER);
            assertThat(result.abandoned()).isEmpty();
            assertThat(running).hasValue(0);
            assertThat(ContextProbe.waiters(caller)).isZero();
          });
      // All participants have ended, or the simulation would not have.
      assertThat(time.parked()).isZero();
    }

    @Test
    void names_a_stage_that_ignores_its_interrupt() throws Exception {
      run(
          () -> {
            var pipeline =
                Pipeline.<Integer>builder("p")
                    .map(
                        "stubborn",
                        (Context c, Integer n) -> {
                          long end = time.nanoTime() + ofSeconds(9).toNanos();
                          while (end - time.nanoTime() > 0) {
                            time.parkUntil("stubborn", end);
                            boolean ignored = Thread.interrupted();
                          }
                          return n;
                        })
                    .build();
            PipelineResult<Integer> result = pipeline.run(root.withTimeout(ofSeconds(1)), upTo(9));
            assertThat(result.abandoned()).map(AbandonedTask::name).containsExactly("stubborn");
            assertThat(time.elapsed()).isEqualTo(ofMillis(1_100));
          });
    }

    @Test
    void by_an_interrupt_of_its_caller_stops() throws Exception {
      run(
          () -> {
            var running = new AtomicInteger();
            var runner =
                time.start(
                    "runner",
                    () ->
                        assertThatThrownBy(() -> fiveStages(running).run(root, upTo(1_000_000)))
                            .isInstanceOf(InterruptedException.class));
            root.sleep(ofMillis(100));
            runner.interrupt();
            runner.join();
            assertThat(running).hasValue(0);
          });
    }
  }

  @Nested
  class Source_and_sink {

    @Test
    void that_fail_end_the_run() throws Exception {
      run(
          () -> {
            var pipeline = Pipeline.<Integer>builder("p").map("m", (c, n) -> n).build();
            var broken = new IOException("disk");
            assertThat(
                    pipeline
                        .run(
                            root,
                            upTo(9),
                            (c, n) -> {
                              throw broken;
                            })
                        .failure())
                .contains(broken);
            Iterable<Integer> source =
                () -> {
                  throw new IllegalStateException("no iterator");
                };
            assertThatThrownBy(() -> pipeline.run(root, source)).hasMessage("no iterator");
          });
    }

    @Test
    void without_stages_are_connected() throws Exception {
      run(
          () ->
              assertThat(Pipeline.<Integer>builder("p").build().run(root, upTo(3)).results())
                  .containsExactly(1, 2, 3));
    }

    @Test
    void may_be_a_publisher() throws Exception {
      var pipeline = Pipeline.<Integer>builder("p").map("double", (c, n) -> 2 * n).build();
      try (var publisher = new SubmissionPublisher<Integer>()) {
        var feeder =
            new Thread(
                () -> {
                  while (publisher.getNumberOfSubscribers() == 0) {
                    Thread.onSpinWait();
                  }
                  upTo(1_000).forEach(publisher::submit);
                  publisher.close();
                });
        feeder.start();
        PipelineResult<Integer> result =
            pipeline.run(Context.background().withTimeout(ofSeconds(30)), publisher);
        assertThat(result.resultsOrThrow()).hasSize(1_000).startsWith(2, 4).endsWith(2_000);
        feeder.join();
      }
    }
  }

  @Test
  void options_refuse_what_makes_no_sense() {
    assertThatThrownBy(() -> StageOptions.parallel(0))
        .hasMessage("parallelism: 0 (expected: >= 1)");
    assertThatThrownBy(() -> StageOptions.ofDefaults().withQueue(0))
        .hasMessage("queue: 0 (expected: >= 1)");
    assertThatThrownBy(() -> Pipeline.<Integer>builder("p").batch("b", 0))
        .hasMessage("size: 0 (expected: >= 1)");
    assertThat(new ArrayList<>(List.of(StageOptions.parallel(2).unordered())))
        .hasToString("[2 at a time, queue of 16, unordered]");
  }
}
