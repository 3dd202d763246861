package dev.resilience.laws;

import static java.time.Duration.ofMillis;
import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.resilience.Resilience;
import dev.resilience.breaker.Breaker;
import dev.resilience.budget.Phase;
import dev.resilience.budget.TimeBudget;
import dev.resilience.context.Context;
import dev.resilience.error.CircuitOpenException;
import dev.resilience.fallback.Fallbacks;
import dev.resilience.hedge.FirstSuccess;
import dev.resilience.hedge.Hedge;
import dev.resilience.limit.ConcurrencyLimit;
import dev.resilience.limit.RateLimit;
import dev.resilience.observe.CallReport;
import dev.resilience.observe.PolicyEvent;
import dev.resilience.policy.CallMode;
import dev.resilience.retry.Backoff;
import dev.resilience.retry.Retry;
import dev.resilience.time.VirtualTime;
import dev.resilience.timeout.FixedTimeout;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The report of a call of a whole stack, and what listeners hear of limits and hedges. */
class ReportsTest {

  private final VirtualTime.Automatic time = VirtualTime.automatic(1);
  private final Context root = Context.background(time);
  private final List<CallReport> reports = new ArrayList<>();
  private final List<PolicyEvent> events = new ArrayList<>();
  private final AtomicInteger calls = new AtomicInteger();

  private final Retry retry =
      Retry.builder()
          .maxAttempts(3)
          .backoff(Backoff.constant(ofMillis(50)))
          .waitForOpenCircuit()
          .build();
  private final Breaker breaker =
      Breaker.builder("payments").window(2).minimumCalls(2).openFor(ofSeconds(1)).build();

  private String failTimes(int times) throws IOException {
    if (calls.incrementAndGet() <= times) {
      throw new IOException("down " + calls);
    }
    return "well";
  }

  @Nested
  class The_story_of_a_call {

    @ParameterizedTest
    @EnumSource
    void is_none_where_the_first_attempt_succeeds(CallMode mode) throws Exception {
      Resilience stack = Resilience.of(retry, breaker).withReports(reports::add);

      assertThat(time.<String>run(() -> mode.call(stack, root, c -> failTimes(0))))
          .isEqualTo("well");
      assertThat(reports).isEmpty();
    }

    @ParameterizedTest
    @EnumSource
    void has_what_all_policies_did_in_order(CallMode mode) throws Exception {
      Resilience stack = Resilience.of(retry, breaker).withReports(reports::add);

      assertThat(time.<String>run(() -> mode.call(stack, root, c -> failTimes(2))))
          .isEqualTo("well");

      CallReport report = reports.get(0);
      assertThat(reports).hasSize(1);
      assertThat(report.attemptCount()).isEqualTo(3);
      assertThat(report.attempts()).hasSize(3);
      assertThat(report.waited()).isEqualTo(ofMillis(50 + 50 + 950));
      assertThat(report.toTree())
          .isEqualTo(
              """
              %s, stopped: it succeeded
              ├─ retry: attempt 1: FAILURE, java.io.IOException: down 1
              ├─ retry: waited 50 ms
              ├─ payments: OPEN, 2 of 2 calls failed
              ├─ retry: attempt 2: FAILURE, java.io.IOException: down 2
              ├─ retry: waited 50 ms
              ├─ retry: REJECTED, %s: circuit 'payments' is open, retry after 950 ms
              ├─ retry: waited 950 ms
              ├─ payments: HALF_OPEN, time to probe
              ├─ payments: CLOSED, a probe succeeded
              ├─ retry: attempt 3: SUCCESS, a result of java.lang.String
              └─ retry: stopped: an attempt succeeded\
              """
                  .formatted(stack.describe(), CircuitOpenException.class.getName()));
      assertThat(report)
          .hasToString(stack.describe() + ": 3 attempts, waited 1.05 s, stopped: it succeeded");
    }

    @ParameterizedTest
    @EnumSource
    void of_a_failure_is_on_the_exception_too(CallMode mode) throws Exception {
      Resilience stack = Resilience.of(FixedTimeout.of(ofSeconds(1))).withReports(reports::add);
      IOException down = new IOException("down");

      Throwable failure =
          time.run(
              () ->
                  catchThrowable(
                      () ->
                          mode.call(
                              stack,
                              root,
                              c -> {
                                throw down;
                              })));

      assertThat(failure).isSameAs(down);
      assertThat(reports).containsExactly(CallReport.from(failure).orElseThrow());
      assertThat(reports.get(0).toTree())
          .isEqualTo(
              stack.describe()
                  + ", stopped: it failed with java.io.IOException: down\n"
                  + "└─ attempt 1: FAILURE, java.io.IOException: down");
    }

    @ParameterizedTest
    @EnumSource
    void that_retries_tell_takes_the_place_of_theirs(CallMode mode) throws Exception {
      Resilience stack = Resilience.of(retry).withReports(reports::add);

      Throwable failure =
          time.run(() -> catchThrowable(() -> mode.call(stack, root, c -> failTimes(9))));

      assertThat(reports).containsExactly(CallReport.from(failure).orElseThrow());
      assertThat(reports.get(0).attemptCount()).isEqualTo(3);
      assertThat(reports.get(0).steps())
          .last()
          .hasToString("retry: stopped: all 3 attempts are used");
    }

    @Test
    void says_what_a_fallback_answered() throws Exception {
      Resilience stack = Resilience.of(breaker).withReports(reports::add);
      var safe = stack.withFallback(Fallbacks.ofValue("none"));
      breaker.forceOpen();

      time.run(
          () -> {
            assertThat(safe.call(root, c -> failTimes(0))).isEqualTo("none");
            assertThat(safe.callDegradable(root, c -> failTimes(0)).isDegraded()).isTrue();
            CompletionStage<String> stage =
                safe.callAsync(root, c -> CompletableFuture.completedFuture("well"));
            assertThat(root.await(stage)).isEqualTo("none");
            safe.run(root, c -> failTimes(0));
            return null;
          });

      assertThat(reports)
          .hasSize(4)
          .allSatisfy(
              report ->
                  assertThat(report.stopped())
                      .isEqualTo("a fallback answered, degraded: 'value' for REJECTED"));
      breaker.reset();
      assertThat(time.run(() -> safe.call(root, c -> failTimes(0)))).isEqualTo("well");
      assertThat(reports).hasSize(4);
    }

    @Test
    void has_the_time_of_the_stages_inside_and_the_steps_of_other_stacks() throws Exception {
      Phase find = Phase.of("find", 1);
      Phase show = Phase.of("show", 1);
      TimeBudget page = TimeBudget.of(find, show);
      Resilience quotes = Resilience.of(retry);
      Resilience pages = Resilience.of().withReports(reports::add);

      for (int fails : new int[] {0, 1}) {
        calls.set(0);
        time.run(
            () ->
                pages.call(
                    root.withTimeout(ofSeconds(2)),
                    c -> {
                      try (var spend = page.start(c)) {
                        String found = spend.call(find, s -> quotes.call(s, q -> failTimes(fails)));
                        return spend.call(show, s -> found);
                      }
                    }));
      }

      assertThat(reports)
          .singleElement()
          .extracting(CallReport::toTree)
          .isEqualTo(
              """
              no policy, stopped: it succeeded
              ├─ retry: attempt 1: FAILURE, java.io.IOException: down 1
              ├─ retry: waited 50 ms
              ├─ retry: attempt 2: SUCCESS, a result of java.lang.String
              ├─ retry: stopped: an attempt succeeded
              ├─ phase find: given 1 s, used 50 ms, DONE
              └─ phase show: given 1.95 s, used 0 s, DONE\
              """);
    }

    @Test
    void is_kept_from_a_listener_that_fails() throws Exception {
      Resilience stack =
          Resilience.of(retry)
              .withReports(
                  report -> {
                    throw new IllegalStateException("listener");
                  });

      assertThat(time.<String>run(() -> stack.call(root, c -> failTimes(1)))).isEqualTo("well");
    }
  }

  @Nested
  class A_limit {

    @ParameterizedTest
    @EnumSource
    void that_makes_a_call_wait_says_how_long(CallMode mode) throws Exception {
      RateLimit rate =
          RateLimit.builder("mail").rate(1, ofSeconds(1)).listener(events::add).build();
      Resilience stack = Resilience.of(rate).withReports(reports::add);

      time.run(
          () -> {
            mode.call(stack, root, c -> "first");
            return mode.call(stack, root, c -> "second");
          });

      assertThat(events).containsExactly(new PolicyEvent.Waited("mail", ofSeconds(1)));
      assertThat(reports)
          .singleElement()
          .satisfies(
              report -> {
                assertThat(report.waited()).isEqualTo(ofSeconds(1));
                assertThat(report.toTree()).endsWith("└─ mail: waited 1 s");
              });
    }

    @ParameterizedTest
    @EnumSource
    void that_turns_a_call_away_says_so(CallMode mode) throws Exception {
      RateLimit rate =
          RateLimit.builder("mail").rate(1, ofSeconds(1)).listener(events::add).build();

      Throwable second =
          time.run(
              () -> {
                mode.call(Resilience.of(rate), root, c -> "first");
                return catchThrowable(
                    () ->
                        mode.call(
                            Resilience.of(rate), root.withTimeout(ofMillis(10)), c -> "second"));
              });

      assertThat(events)
          .singleElement()
          .isInstanceOfSatisfying(
              PolicyEvent.Rejected.class,
              told -> {
                assertThat(told.policy()).isEqualTo("mail");
                assertThat(told.rejection()).isSameAs(second);
              });
    }

    @Test
    void on_calls_at_once_says_who_waited_and_who_was_turned_away() throws Exception {
      ConcurrencyLimit limit =
          ConcurrencyLimit.builder("reports", 1)
              .maxWaiting(1)
              .maxWait(ofSeconds(3))
              .listener(events::add)
              .build();
      Resilience stack = Resilience.of(limit).withReports(reports::add);

      for (Duration busy : List.of(ofSeconds(2), ofSeconds(5))) {
        events.clear();
        time.run(
            () -> {
              time.start("first", () -> stack.run(root, c -> c.sleep(busy)));
              root.sleep(ofMillis(1));
              time.start(
                  "second", () -> catchThrowable(() -> stack.run(root, c -> calls.addAndGet(1))));
              root.sleep(ofMillis(1));
              CompletionStage<String> third =
                  stack.callAsync(root, c -> CompletableFuture.completedFuture("third"));
              assertThat(third.toCompletableFuture()).isCompletedExceptionally();
              return null;
            });
        assertThat(events).hasSize(2);
        assertThat(events.get(0))
            .isInstanceOfSatisfying(
                PolicyEvent.Rejected.class,
                told ->
                    assertThat(told.rejection())
                        .hasMessage("reports: 1 calls under way, 1 waiting"));
        if (busy.equals(ofSeconds(2))) {
          assertThat(events.get(1)).isEqualTo(new PolicyEvent.Waited("reports", ofMillis(1999)));
        } else {
          assertThat(events.get(1))
              .isInstanceOfSatisfying(
                  PolicyEvent.Rejected.class,
                  told -> assertThat(told.rejection()).hasMessage("reports: no permit in time"));
        }
      }
      assertThat(reports).hasSize(4);
    }

    @Test
    void on_calls_at_once_says_how_long_a_stage_waited() throws Exception {
      for (ConcurrencyLimit limit :
          List.of(
              ConcurrencyLimit.builder("reports", 1).maxWaiting(1).listener(events::add).build(),
              ConcurrencyLimit.builder("reports", 1)
                  .maxWaiting(1)
                  .maxWait(ofSeconds(3))
                  .listener(events::add)
                  .build())) {
        Resilience stack = Resilience.of(limit).withReports(reports::add);
        time.run(
            () -> {
              time.start("first", () -> stack.run(root, c -> c.sleep(ofSeconds(2))));
              root.sleep(ofMillis(1));
              CompletionStage<String> second =
                  stack.callAsync(root, c -> CompletableFuture.completedFuture("second"));
              assertThat(root.await(second)).isEqualTo("second");
              return null;
            });
      }
      PolicyEvent waited = new PolicyEvent.Waited("reports", ofMillis(1999));
      assertThat(events).containsExactly(waited, waited);
      assertThat(reports)
          .hasSize(2)
          .allSatisfy(report -> assertThat(report.waited()).isEqualTo(ofMillis(1999)));
    }
  }

  @Nested
  class A_hedge {

    private final Hedge hedge =
        Hedge.builder("quotes").delay(ofMillis(100)).listener(events::add).build();

    private void play(Duration first, Duration second) throws Exception {
      AtomicInteger attempt = new AtomicInteger();
      time.run(
          () ->
              Resilience.of(hedge)
                  .withReports(reports::add)
                  .call(
                      root,
                      c -> {
                        c.sleep(attempt.getAndIncrement() == 0 ? first : second);
                        return "well";
                      }));
    }

    @Test
    void that_is_not_needed_is_not_spoken_of() throws Exception {
      play(ofMillis(50), ofMillis(50));

      assertThat(events).isEmpty();
      assertThat(reports).isEmpty();
    }

    @Test
    void that_wins_says_so() throws Exception {
      play(ofSeconds(5), ofMillis(50));

      assertThat(events)
          .containsExactly(
              new PolicyEvent.HedgeStarted("quotes", 1, ofMillis(100)),
              new PolicyEvent.RaceWon("quotes", 1, 2));
      assertThat(reports)
          .singleElement()
          .extracting(CallReport::toTree)
          .asString()
          .endsWith(
              """
              ├─ quotes: hedge 1 started after 100 ms
              └─ quotes: number 2 of 2 attempts won\
              """);
    }

    @Test
    void that_loses_says_so() throws Exception {
      play(ofMillis(120), ofMillis(50));

      assertThat(events).last().isEqualTo(new PolicyEvent.RaceWon("quotes", 0, 2));
      assertThat(hedge.snapshot().hedgesWon()).isZero();
    }

    @Test
    void that_fails_like_the_first_says_so() throws Exception {
      time.run(
          () ->
              catchThrowable(
                  () ->
                      Resilience.of(hedge)
                          .call(
                              root,
                              c -> {
                                c.sleep(ofMillis(150));
                                throw new IOException("down");
                              })));

      assertThat(events).last().isEqualTo(new PolicyEvent.RaceLost("quotes", 2));
    }
  }

  @Test
  void a_race_of_different_calls_says_who_won() throws Exception {
    FirstSuccess quotes = FirstSuccess.builder("quotes").listener(events::add).build();

    time.run(
        () -> {
          quotes.call(root, c -> "alone");
          quotes.call(
              root,
              c -> {
                c.sleep(ofSeconds(1));
                return "slow";
              },
              c -> "quick");
          return catchThrowable(
              () -> quotes.<String, IOException>call(root, c -> failTimes(9), c -> failTimes(9)));
        });

    assertThat(events)
        .containsExactly(
            new PolicyEvent.RaceWon("quotes", 1, 2), new PolicyEvent.RaceLost("quotes", 2));
  }
}
