package dev.resilience.slf4j;

import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import ch.qos.logback.classic.spi.ILoggingEvent;
import dev.resilience.Resilience;
import dev.resilience.concurrent.TaskGroup;
import dev.resilience.context.Context;
import dev.resilience.context.Key;
import dev.resilience.context.RequestInfo;
import dev.resilience.observe.CallReportListener;
import dev.resilience.observe.PolicyListener;
import dev.resilience.policy.RetryBudget;
import dev.resilience.retry.Backoff;
import dev.resilience.retry.Retry;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.MDC;

/**
 * A thousand requests at a time: retried, asynchronous, in groups, timed out, cancelled. Each line
 * says in its text whose it is, and must say the same in its MDC.
 */
class InterleavedRequestsTest {

  private static final Logger LOG = LoggerFactory.getLogger(InterleavedRequestsTest.class);
  private static final Key<Integer> NUMBER = Key.of("number", Integer.class);
  private static final int REQUESTS = 1000;

  private final Resilience stack =
      Resilience.of(
              Retry.builder()
                  .maxAttempts(2)
                  .backoff(Backoff.constant(Duration.ofMillis(1)))
                  .budget(RetryBudget.unlimited())
                  .listener(PolicyListener.withContext((c, event) -> say(c, "event")))
                  .build())
          .withReports(CallReportListener.withContext((c, report) -> say(c, "report")));

  private static void say(Context ctx, String what) {
    LOG.info("{} of {}", what, ctx.require(NUMBER));
  }

  @Test
  void no_line_of_pooled_threads_has_the_id_of_another_request() throws Exception {
    ExecutorService threads = Executors.newFixedThreadPool(16);
    serve(threads);
    List<CompletableFuture<Map<String, String>>> left = new ArrayList<>();
    for (int i = 0; i < 16; i++) {
      left.add(CompletableFuture.supplyAsync(MDC::getCopyOfContextMap, threads));
    }
    for (var mdc : left) {
      assertThat(mdc.get()).isNullOrEmpty();
    }
    threads.shutdown();
  }

  @Test
  void no_line_of_virtual_threads_has_the_id_of_another_request() throws Exception {
    ExecutorService threads = virtualThreads();
    assumeTrue(threads != null, "this JVM has no virtual threads");
    serve(threads);
    threads.shutdown();
  }

  private static ExecutorService virtualThreads() throws ReflectiveOperationException {
    try {
      return (ExecutorService)
          Executors.class.getMethod("newVirtualThreadPerTaskExecutor").invoke(null);
    } catch (NoSuchMethodException before21) {
      return null;
    }
  }

  private void serve(ExecutorService threads) throws Exception {
    try (Lines lines = Lines.of(LOG)) {
      List<CompletableFuture<?>> served = new ArrayList<>();
      for (int i = 0; i < REQUESTS; i++) {
        Context request =
            RequestInfo.builder()
                .requestId("r-" + i)
                .userId("u-" + i)
                .build()
                .in(Context.background().withValue(NUMBER, i));
        served.add(serve(LogFields.ofDefaults().in(request), i, threads).toCompletableFuture());
      }
      for (CompletableFuture<?> one : served) {
        one.handle((result, failure) -> null).get();
      }

      List<ILoggingEvent> events = lines.events();
      assertThat(events.size()).isGreaterThan(4 * REQUESTS);
      assertThat(events)
          .allSatisfy(
              event -> {
                String number = last(event);
                assertThat(event.getMDCPropertyMap())
                    .as(event.getFormattedMessage())
                    .containsEntry("request_id", "r-" + number)
                    .containsEntry("user_id", "u-" + number);
              });
    }
  }

  private static String last(ILoggingEvent event) {
    String text = event.getFormattedMessage();
    return text.substring(text.lastIndexOf(' ') + 1);
  }

  private CompletionStage<?> serve(Context request, int number, ExecutorService threads) {
    AtomicInteger attempts = new AtomicInteger();
    return switch (number % 4) {
      case 0 -> // blocking, retried once
          stack.callOn(request, threads, c -> answer(c, attempts));
      case 1 -> // asynchronous, completed elsewhere
          stack.callAsync(
              request,
              c -> {
                say(c, "attempt");
                CompletableFuture<String> later = new CompletableFuture<>();
                threads.execute(() -> settle(later, attempts));
                return later;
              });
      case 2 -> // forks
          Resilience.of()
              .callOn(
                  request,
                  threads,
                  c -> {
                    try (TaskGroup<String> group = TaskGroup.open(c)) {
                      group.fork(t -> stack.call(t, inner -> answer(inner, attempts)));
                      group.fork(t -> answer(t, new AtomicInteger(1)));
                      group.join();
                    }
                    say(c, "joined");
                    return "done";
                  });
      default -> { // cut off: its callback and its listeners speak on other threads
        var limited = request.withTimeout(Duration.ofMillis(1 + number % 7));
        limited.onDone(() -> say(limited, "end"));
        yield stack.callOn(
            limited,
            threads,
            c -> {
              say(c, "attempt");
              c.sleep(ofSeconds(20));
              return "never";
            });
      }
    };
  }

  private static String answer(Context ctx, AtomicInteger attempts)
      throws IOException, InterruptedException {
    say(ctx, "attempt");
    ctx.sleep(Duration.ofMillis(ThreadLocalRandom.current().nextInt(3)));
    say(ctx, "slept");
    if (attempts.getAndIncrement() == 0) {
      throw new IOException("down");
    }
    return "fine";
  }

  private static void settle(CompletableFuture<String> later, AtomicInteger attempts) {
    if (attempts.getAndIncrement() == 0) {
      later.completeExceptionally(new IOException("down"));
    } else {
      later.complete("fine");
    }
  }
}
