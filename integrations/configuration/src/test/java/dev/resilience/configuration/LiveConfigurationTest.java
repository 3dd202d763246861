package dev.resilience.configuration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.resilience.Resilience;
import dev.resilience.breaker.Breaker;
import dev.resilience.context.CancellableContext;
import dev.resilience.context.Context;
import dev.resilience.context.ContextCancelledException;
import dev.resilience.context.ContextException;
import dev.resilience.context.ContextObserver;
import dev.resilience.diagnostics.LeakDetector;
import dev.resilience.error.CircuitOpenException;
import dev.resilience.error.ConcurrencyLimitExceededException;
import dev.resilience.error.RateLimitExceededException;
import dev.resilience.limit.RateLimit;
import dev.resilience.observe.PolicyEvent;
import dev.resilience.observe.PolicyEvent.Circuit;
import dev.resilience.policy.Classifier;
import dev.resilience.policy.ContextPolicy;
import dev.resilience.policy.PolicyRole;
import dev.resilience.policy.Verdict;
import dev.resilience.time.VirtualTime;
import dev.resilience.timeout.AdaptiveTimeout;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class LiveConfigurationTest {

  private static final Duration SECOND = Duration.ofSeconds(1);

  private final VirtualTime.Manual time = VirtualTime.manual();
  private final Context root = Context.background(time);

  private static LiveConfiguration live(String yaml) {
    return LiveConfiguration.of(Configuration.ofYaml(yaml));
  }

  private static Configuration yaml(String text) {
    return Configuration.ofYaml(text);
  }

  private static <P extends ContextPolicy> P part(LiveStack stack, Class<P> type) {
    return stack.current().policies().stream()
        .filter(type::isInstance)
        .map(type::cast)
        .findFirst()
        .orElseThrow();
  }

  private void fail(LiveStack stack) {
    catchThrowable(
        () ->
            stack.run(
                root,
                c -> {
                  throw new IOException("down");
                }));
  }

  @ParameterizedTest
  @EnumSource
  void a_preset_without_changes_is_the_preset(PresetKind kind) {
    LiveStack stack = live("stacks: {quotes: {preset: " + kind.key() + "}}").stack("quotes");
    Resilience preset = kind.preset("quotes").build();
    assertThat(stack.current().describe()).isEqualTo(preset.describe());
    assertThat(stack.current().roles()).isEqualTo(preset.roles());
    assertThat(stack.current().name()).isEqualTo("quotes");
    assertThat(stack.current().warnings()).isEmpty();
  }

  @Test
  void a_stack_by_hand_has_what_is_listed_in_the_usual_order_or_in_its_own() {
    LiveConfiguration live =
        live(
            """
            service_timeouts: {network_overhead: 20ms, services: {payment: 1s}}
            stacks:
              usual:
                timeout: 100ms
                adaptive_timeout: {floor: 50ms}
                service_timeout: payment
                concurrency_limit: {permits: 7}
                rate_limit: {rate: 10}
                breaker:
                hedge: {delay: 5ms}
                retry: {max_attempts: 2}
              own: {retry: on, timeout: 100ms, order: "timeout, retry"}
            """);
    assertThat(live.stack("usual").current().describe())
        .isEqualTo(
            "usual (2 attempts, 100 ms x 2.0 up to 5 s with full jitter) > usual (1 hedge after 5"
                + " ms) > breaker 'usual' (CLOSED) > usual (10.0 per s, burst 10) > usual (7 at"
                + " once) > usual (adaptive, now 2 s) > timeout of payment (1.02 s) > usual (100"
                + " ms)");
    assertThat(live.stack("own").current().roles())
        .containsExactly(PolicyRole.TIMEOUT, PolicyRole.RETRY);
    assertThat(live.stack("own")).hasToString("own: " + live.stack("own").current().describe());
  }

  @Test
  void a_preset_can_have_more_and_fewer_parts() {
    LiveStack stack =
        live("""
        stacks:
          quotes: {preset: http, hedge: off, timeout: 1s, concurrency_limit: {permits: 3}}
        """)
            .stack("quotes");
    assertThat(stack.current().roles())
        .containsExactly(
            PolicyRole.RETRY, PolicyRole.BREAKER, PolicyRole.LIMIT, PolicyRole.TIMEOUT);
    assertThat(stack.current().describe()).contains("(3 at once)");
  }

  @Test
  void an_unknown_stack_is_refused_with_a_guess() {
    assertThatThrownBy(() -> live("stacks: {quotes: {preset: rpc}}").stack("quote"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("name: 'quote', unknown stack (did you mean quotes?)");
  }

  @Nested
  class A_change {

    private final List<PolicyEvent> heard = new ArrayList<>();
    private final LiveConfiguration live =
        LiveConfiguration.builder(
                yaml(
                    """
                    budgets: {shared: {ratio: 10 %}}
                    stacks:
                      quotes: {preset: http, budget: shared, breaker: {consecutive_failures: 2}}
                      mail: {rate_limit: {rate: 10, per: 1s}}
                    """))
            .listener(heard::add)
            .build();
    private final LiveStack quotes = live.stack("quotes");

    @Test
    void of_one_policy_keeps_the_others_with_their_state() {
      Breaker breaker = part(quotes, Breaker.class);
      breaker.forceOpen();
      List<ContextPolicy> before = quotes.current().policies();
      List<ContextPolicy> mail = live.stack("mail").current().policies();

      List<String> changed =
          live.update(
              yaml(
                  """
                  budgets: {shared: {ratio: 0.1}}
                  stacks:
                    mail: {rate_limit: {rate: 10, per: 1000ms}}
                    quotes:
                      preset: http
                      budget: shared
                      breaker: {consecutiveFailures: 2}
                      retry: {max_attempts: 5}
                  """));

      assertThat(changed).containsExactly("stacks.quotes.retry");
      assertThat(quotes.current().describe()).startsWith("quotes (5 attempts, ");
      assertThat(quotes.current().policies().subList(1, 4)).isEqualTo(before.subList(1, 4));
      assertThat(part(quotes, Breaker.class)).isSameAs(breaker);
      assertThatThrownBy(() -> quotes.run(root, c -> {}))
          .as("the circuit is not forgotten")
          .isInstanceOf(CircuitOpenException.class);
      assertThat(live.stack("mail").current().policies()).isEqualTo(mail);
    }

    @Test
    void of_a_shared_budget_concerns_those_that_it_pays() {
      List<ContextPolicy> before = quotes.current().policies();
      List<String> changed =
          live.update(
              yaml(
                  """
                  budgets: {shared: {ratio: 20 %}}
                  stacks:
                    quotes: {preset: http, budget: shared, breaker: {consecutive_failures: 2}}
                    mail: {rate_limit: {rate: 10, per: 1s}}
                  """));
      assertThat(changed)
          .containsExactly("budgets.shared", "stacks.quotes.retry", "stacks.quotes.hedge");
      assertThat(quotes.current().policies().subList(2, 4)).isEqualTo(before.subList(2, 4));
    }

    @Test
    void to_the_same_changes_nothing() {
      Resilience before = quotes.current();
      assertThat(live.update(live.configuration())).isEmpty();
      assertThat(quotes.current().policies()).isEqualTo(before.policies());
    }

    @Test
    void keeps_the_listeners_also_those_of_new_policies() {
      live.update(
          yaml(
              """
              stacks:
                quotes: {preset: http, retry: off, breaker: {consecutive_failures: 1}}
                mail: {rate_limit: {rate: 10, per: 1s}}
              """));
      fail(quotes);
      assertThat(heard)
          .hasAtLeastOneElementOfType(PolicyEvent.CircuitChanged.class)
          .hasAtLeastOneElementOfType(PolicyEvent.CallCompleted.class)
          .allSatisfy(event -> assertThat(event.policy()).isEqualTo("quotes"));
    }

    @Test
    void that_is_refused_changes_nothing() {
      Configuration before = live.configuration();
      List<ContextPolicy> policies = quotes.current().policies();
      assertThatThrownBy(() -> live.update(yaml("stacks: {mail: {rate_limit: {rate: 99}}}")))
          .isInstanceOf(ConfigurationException.class)
          .hasMessageContaining(
              "stacks.quotes: missing (expected: to stay, since somebody holds it)");
      assertThat(live.configuration()).isSameAs(before);
      assertThat(quotes.current().policies()).isEqualTo(policies);
      assertThat(part(live.stack("mail"), RateLimit.class).snapshot().burst()).isEqualTo(10);
    }

    @Test
    void may_take_away_what_nobody_holds_and_bring_something_new() {
      assertThat(
              live.update(
                  yaml(
                      """
                      stacks:
                        quotes: {preset: http, breaker: {consecutive_failures: 2}}
                        orders: {preset: database}
                      """)))
          .contains("stacks.mail", "stacks.orders.retry", "stacks.orders.breaker");
      assertThat(live.stack("orders").current().roles()).hasSize(3);
      assertThatThrownBy(() -> live.stack("mail")).hasMessageContaining("unknown stack");
    }

    @Test
    void leaves_calls_under_way_on_what_they_began_with() {
      CompletableFuture<String> answer = new CompletableFuture<>();
      Breaker old = part(quotes, Breaker.class);
      var call = quotes.callAsync(root, c -> answer).toCompletableFuture();
      live.update(
          yaml(
              """
              stacks:
                quotes: {breaker: {count_successes: on}}
                mail: {rate_limit: {rate: 10, per: 1s}}
              """));
      assertThat(part(quotes, Breaker.class)).isNotSameAs(old);
      answer.complete("late");
      assertThat(call).isCompletedWithValue("late");
      assertThat(part(quotes, Breaker.class).snapshot().succeeded()).hasValue(0);
    }

    @Test
    void of_the_order_alone_is_told() {
      String stack =
          "stacks: {mail: {rate_limit: on}, quotes: {retry: on, timeout: 1s, order: [%s]}}";
      live.update(yaml(String.format(stack, "retry, timeout")));
      List<ContextPolicy> before = quotes.current().policies();
      assertThat(live.update(yaml(String.format(stack, "timeout, retry"))))
          .containsExactly("stacks.quotes.order");
      assertThat(quotes.current().policies()).containsExactly(before.get(1), before.get(0));
    }
  }

  @Test
  void a_new_rate_keeps_those_who_wait_in_line() {
    LiveConfiguration live = live("stacks: {mail: {rate_limit: {rate: 1, per: 10s}}}");
    LiveStack mail = live.stack("mail");
    mail.run(root, c -> {});
    var waiting =
        mail.callAsync(root, c -> CompletableFuture.completedFuture("sent")).toCompletableFuture();
    assertThat(waiting).isNotDone();

    assertThat(live.update(yaml("stacks: {mail: {rate_limit: {rate: 10, per: 1s}}}")))
        .containsExactly("stacks.mail.rate_limit");
    time.advance(Duration.ofMillis(100));
    assertThat(waiting).isCompletedWithValue("sent");

    RateLimit kept = part(mail, RateLimit.class);
    live.update(yaml("stacks: {mail: {rate_limit: {rate: 10, max_wait: 0s}}}"));
    assertThat(part(mail, RateLimit.class)).as("a new one").isNotSameAs(kept);
    for (int i = 0; i < 10; i++) {
      mail.run(root, c -> {});
    }
    assertThatThrownBy(() -> mail.run(root, c -> {}))
        .isInstanceOf(RateLimitExceededException.class);
  }

  @Nested
  class An_adaptive_timeout_under_a_breaker {

    private static final String STACK =
        "stacks: {a: {breaker: {consecutive_failures: %d, open_for: 1s}, adaptive_timeout: {floor:"
            + " %s}}}";

    private final LiveConfiguration live = live(String.format(STACK, 1, "10ms"));
    private final LiveStack stack = live.stack("a");

    private boolean isFrozen() {
      return part(stack, AdaptiveTimeout.class).snapshot().frozen();
    }

    @Test
    void learns_nothing_while_the_circuit_is_open() {
      assertThat(isFrozen()).isFalse();
      fail(stack);
      assertThat(part(stack, Breaker.class).state()).isEqualTo(Circuit.OPEN);
      assertThat(isFrozen()).isTrue();
    }

    @Test
    void is_not_left_frozen_by_a_breaker_that_goes() {
      fail(stack);
      live.update(yaml(String.format(STACK, 2, "10ms")));
      assertThat(part(stack, Breaker.class).state()).isEqualTo(Circuit.CLOSED);
      assertThat(isFrozen()).isFalse();
    }

    @Test
    void that_is_new_hears_that_the_circuit_is_open() {
      fail(stack);
      live.update(yaml(String.format(STACK, 1, "20ms")));
      assertThat(part(stack, Breaker.class).state()).isEqualTo(Circuit.OPEN);
      assertThat(isFrozen()).isTrue();
      part(stack, Breaker.class).reset();
      assertThat(isFrozen()).isFalse();
    }

    @Test
    void does_not_hear_a_breaker_that_has_gone() {
      Breaker gone = part(stack, Breaker.class);
      live.update(yaml(String.format(STACK, 2, "10ms")));
      gone.forceOpen();
      assertThat(isFrozen()).isFalse();
    }
  }

  @Nested
  class Time_limits {

    private final LiveConfiguration live =
        live("default_timeout: 2s\nmax_timeout: 10s\nstacks: {a: {breaker: on}}");
    private final LiveStack stack = live.stack("a");

    @Test
    void work_without_a_deadline_gets_the_default_and_other_work_the_maximum() {
      try (CancellableContext usual = live.withLimit(root);
          CancellableContext shorter = root.withTimeout(SECOND);
          CancellableContext kept = live.withLimit(shorter);
          CancellableContext longer = root.withTimeout(Duration.ofHours(1));
          CancellableContext cut = live.withLimit(longer);
          CancellableContext asked = live.withLimit(root, Duration.ofSeconds(5));
          CancellableContext tooMuch = live.withLimit(root, Duration.ofHours(1))) {
        assertThat(usual.timeLeft()).isEqualTo(Duration.ofSeconds(2));
        assertThat(kept.timeLeft()).isEqualTo(SECOND);
        assertThat(cut.timeLeft()).isEqualTo(Duration.ofSeconds(10));
        assertThat(asked.timeLeft()).isEqualTo(Duration.ofSeconds(5));
        assertThat(tooMuch.timeLeft()).isEqualTo(Duration.ofSeconds(10));
      }
    }

    @Test
    void hold_for_calls_too() throws Exception {
      assertThat(stack.<Duration, RuntimeException>call(root, Context::timeLeft))
          .isEqualTo(Duration.ofSeconds(2));
      try (CancellableContext longer = root.withTimeout(Duration.ofHours(1));
          CancellableContext shorter = root.withTimeout(SECOND)) {
        assertThat(stack.<Duration, RuntimeException>call(longer, Context::timeLeft))
            .isEqualTo(Duration.ofSeconds(10));
        assertThat(stack.<Duration, RuntimeException>call(shorter, Context::timeLeft))
            .isEqualTo(SECOND);
        assertThat(
                stack
                    .callAsync(longer, c -> CompletableFuture.completedFuture(c.timeLeft()))
                    .toCompletableFuture()
                    .get())
            .isEqualTo(Duration.ofSeconds(10));
        assertThat(stack.callOn(root, Runnable::run, Context::timeLeft).toCompletableFuture().get())
            .isEqualTo(Duration.ofSeconds(2));
      }
    }

    @Test
    void end_the_work() {
      var call = stack.callAsync(root, c -> new CompletableFuture<String>()).toCompletableFuture();
      time.advance(Duration.ofSeconds(2));
      assertThat(call).isCompletedExceptionally();
    }

    /** The seed's manager threw the release of the default limit away. */
    @Test
    void leave_nothing_behind() throws Exception {
      try (CancellableContext request = root.withCancel()) {
        List<Context> scopes = new ArrayList<>();
        stack.run(request, c -> scopes.add(c));
        CompletableFuture<String> answer = new CompletableFuture<>();
        var call =
            stack.callAsync(
                request,
                c -> {
                  scopes.add(c);
                  return answer;
                });
        assertThat(time.pendingTimers()).as("of the call under way").isOne();
        answer.complete("there");
        assertThat(call.toCompletableFuture()).isCompletedWithValue("there");
        assertThat(scopes).hasSize(2).allSatisfy(scope -> assertThat(scope.isDone()).isTrue());
        assertThat(time.pendingTimers()).isZero();
        assertThat(request.isDone()).isFalse();
      }
    }

    @Test
    void let_a_caller_cancel_the_call() {
      List<Context> work = new ArrayList<>();
      var call =
          stack
              .callAsync(
                  root,
                  c -> {
                    work.add(c);
                    return new CompletableFuture<String>();
                  })
              .toCompletableFuture();
      call.cancel(true);
      assertThat(work.get(0).error()).isInstanceOf(ContextCancelledException.class);
      assertThat(time.pendingTimers()).isZero();
    }

    @Test
    void hold_for_what_is_made_after_a_change() {
      try (CancellableContext before = live.withLimit(root)) {
        live.update(yaml("default_timeout: 1s\nstacks: {a: {breaker: on}}"));
        try (CancellableContext after = live.withLimit(root);
            CancellableContext asked = live.withLimit(root, Duration.ofHours(1))) {
          assertThat(before.timeLeft()).isEqualTo(Duration.ofSeconds(2));
          assertThat(after.timeLeft()).isEqualTo(SECOND);
          assertThat(asked.timeLeft()).isEqualTo(Duration.ofHours(1));
        }
      }
    }

    @Test
    void need_not_be_there() {
      live.update(yaml("stacks: {a: {breaker: on}}"));
      assertThat(stack.<Boolean, RuntimeException>call(root, c -> c.deadline().isEmpty())).isTrue();
      try (CancellableContext child = live.withLimit(root)) {
        assertThat(child.deadline()).isEmpty();
        child.cancel();
        assertThat(child.isDone()).isTrue();
      }
    }
  }

  @Nested
  class Switches {

    private final AtomicInteger derived = new AtomicInteger();
    private final AtomicInteger active = new AtomicInteger();
    private final ContextObserver counter =
        new ContextObserver() {
          @Override
          public void onDerived(Context context, Context parent, long nanos) {
            derived.incrementAndGet();
            active.incrementAndGet();
          }

          @Override
          public void onEnded(Context context, ContextException error, long nanos) {
            active.decrementAndGet();
          }
        };

    @Test
    void that_are_turned_on_later_have_something_behind_them() {
      try (CancellableContext service = root.withCancel()) {
        LeakDetector leaks = LeakDetector.builder("test").sampleOneIn(1).open(service);
        LiveConfiguration live =
            LiveConfiguration.builder(yaml("stacks: {}"))
                .leakDetector(leaks)
                .metrics(counter)
                .build();
        Context observed = Context.observed(time, live.observer());
        try (CancellableContext before = observed.withCancel()) {
          live.update(yaml("enable_metrics: on\nenable_leak_detection: on"));
          try (CancellableContext counted = observed.withCancel()) {
            assertThat(derived).hasValue(1);
            assertThat(leaks.unfinished()).hasSize(1);
            live.update(yaml("enable_metrics: off\nenable_leak_detection: off"));
            assertThat(leaks.isPaused()).isTrue();
            try (CancellableContext after = observed.withCancel()) {
              assertThat(derived).as("made after").hasValue(1);
              assertThat(leaks.unfinished()).isEmpty();
            }
            assertThat(active).as("made between").hasValue(1);
          }
        }
        assertThat(active).as("told of the end, although switched off").hasValue(0);
      }
    }

    @Test
    void without_anything_to_switch_are_refused() {
      assertThatThrownBy(() -> live("enable_metrics: on\nenable_leak_detection: on"))
          .isInstanceOf(ConfigurationException.class)
          .hasMessageContaining("line 2: enable_leak_detection: on (expected: off, unless")
          .hasMessageContaining("line 1: enable_metrics: on (expected: off, unless");
    }
  }

  @Test
  void a_classifier_judges_for_all_policies_of_its_stack() {
    LiveConfiguration live =
        LiveConfiguration.builder(yaml("stacks: {a: {preset: http, retry: off}, b: {breaker: on}}"))
            .classifier("a", Classifier.ofDefaults().onResult(String.class, r -> Verdict.FAILURE))
            .build();
    for (int i = 0; i < 10; i++) {
      live.stack("a").<String, RuntimeException>call(root, c -> "bad");
      live.stack("b").<String, RuntimeException>call(root, c -> "fine");
    }
    assertThat(part(live.stack("a"), Breaker.class).state()).isEqualTo(Circuit.OPEN);
    assertThat(part(live.stack("b"), Breaker.class).state()).isEqualTo(Circuit.CLOSED);
    assertThatThrownBy(
            () ->
                LiveConfiguration.builder(yaml("stacks: {}"))
                    .classifier("a", Classifier.ofDefaults())
                    .build())
        .hasMessageContaining("stacks.a: missing (expected: to be there");
  }

  @Test
  void a_limit_with_fixed_permits_refuses_the_next_call() {
    LiveStack stack = live("stacks: {a: {concurrency_limit: {permits: 1}}}").stack("a");
    stack.callAsync(root, c -> new CompletableFuture<String>());
    assertThatThrownBy(() -> stack.run(root, c -> {}))
        .isInstanceOf(ConcurrencyLimitExceededException.class);
  }

  @Test
  void a_shrinking_limit_stops_the_retries_of_the_budget_that_pays_now() {
    LimitLink link = new LimitLink(dev.resilience.observe.PolicyListener.none());
    var budget = dev.resilience.policy.RetryBudget.ofDefaults();
    link.connect(budget);
    link.on(new PolicyEvent.ConcurrencyLimitChanged("a", 100, 10));
    assertThat(budget.isUnderPressure(root)).isTrue();
  }
}
