package dev.resilience.laws;

import static java.time.Duration.ofMillis;
import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.resilience.Resilience;
import dev.resilience.context.Context;
import dev.resilience.fallback.Fallbacks;
import dev.resilience.hedge.FirstSuccess;
import dev.resilience.hedge.Hedge;
import dev.resilience.policy.Call;
import dev.resilience.policy.CallMode;
import dev.resilience.policy.Classifier;
import dev.resilience.policy.RetryBudget;
import dev.resilience.retry.Backoff;
import dev.resilience.retry.Retry;
import dev.resilience.time.Simulated;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Exceptions that are made to break those who look at them, and rules that break on them. */
@Timeout(60)
@Simulated(seed = 1)
class BrokenFailuresTest {

  /** As of a remote call, whose cause is not had until somebody asks. */
  private static final class RemoteException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    @Override
    @SuppressWarnings("UnsynchronizedOverridesSynchronized")
    public Throwable getCause() {
      throw new IllegalStateException("cannot deserialize the cause");
    }
  }

  private static final class OwnCause extends CompletionException {

    private static final long serialVersionUID = 1L;

    OwnCause() {
      super("x", null);
    }

    @Override
    @SuppressWarnings("UnsynchronizedOverridesSynchronized")
    public Throwable getCause() {
      return this;
    }
  }

  private final Context root;
  private final AtomicInteger tries = new AtomicInteger();

  BrokenFailuresTest(Context root) {
    this.root = root;
  }

  private Throwable failure(CallMode mode, Resilience stack, Call<Object, Exception> work)
      throws Exception {
    return catchThrowable(() -> mode.call(stack, root, work));
  }

  private static List<Resilience> stacks() {
    return List.of(
        Resilience.of(),
        Resilience.of(Retry.builder().backoff(Backoff.none()).build()),
        Resilience.of(Hedge.after(ofMillis(100))));
  }

  @ParameterizedTest
  @MethodSource("stacks")
  void an_exception_that_throws_when_asked_for_its_cause_comes_out(Resilience stack)
      throws Exception {
    for (CallMode mode : CallMode.values()) {
      RemoteException remote = new RemoteException();
      Throwable thrown =
          failure(
              mode,
              stack,
              c -> {
                throw remote;
              });
      assertThat(thrown == remote).as("%s", mode).isTrue();
    }
  }

  @ParameterizedTest
  @MethodSource("stacks")
  void an_exception_that_is_its_own_cause_comes_out(Resilience stack) throws Exception {
    for (CallMode mode : CallMode.values()) {
      OwnCause own = new OwnCause();
      Throwable thrown =
          failure(
              mode,
              stack,
              c -> {
                throw own;
              });
      assertThat(thrown == own).as("%s", mode).isTrue();
    }
  }

  @Nested
  class Failures_that_hang_together_make_no_cycle {

    private final Retry twice =
        Retry.builder()
            .maxAttempts(2)
            .backoff(Backoff.none())
            .budget(RetryBudget.unlimited())
            .build();

    private void throwInTurn(CallMode mode, Exception first, Exception second) throws Exception {
      tries.set(0);
      Throwable thrown =
          failure(
              mode,
              Resilience.of(twice),
              c -> {
                throw tries.getAndIncrement() == 0 ? first : second;
              });
      assertThat(thrown).isSameAs(second);
      assertThat(depth(thrown, 0)).isLessThan(10);
    }

    /** As a log that follows everything. */
    private int depth(Throwable failure, int above) {
      assertThat(above).as("depth").isLessThan(50);
      int deepest = failure.getCause() == null ? 0 : depth(failure.getCause(), above + 1);
      for (Throwable suppressed : failure.getSuppressed()) {
        deepest = Math.max(deepest, depth(suppressed, above + 1));
      }
      return deepest + 1;
    }

    @ParameterizedTest
    @EnumSource
    void where_constants_come_in_turn(CallMode mode) throws Exception {
      IOException closed = new IOException("connection closed");
      IOException reset = new IOException("connection reset");
      throwInTurn(mode, closed, reset);
      throwInTurn(mode, reset, closed);
    }

    @ParameterizedTest
    @EnumSource
    void where_one_is_a_cause_of_the_other(CallMode mode) throws Exception {
      IllegalStateException inner = new IllegalStateException("inner");
      RuntimeException outer = new RuntimeException("outer", new RuntimeException("middle", inner));
      throwInTurn(mode, inner, outer);
      throwInTurn(mode, outer, inner);
    }

    @Test
    void where_a_fallback_wraps_its_failure() {
      Throwable thrown =
          catchThrowable(
              () ->
                  Resilience.of()
                      .withFallback(
                          Fallbacks.<String>onAny(
                              (c, e) -> {
                                throw new IllegalStateException("no fallback either", e);
                              }))
                      .call(
                          root,
                          c -> {
                            throw new IllegalArgumentException("original");
                          }));

      assertThat(thrown).isInstanceOf(IllegalArgumentException.class);
      assertThat(depth(thrown, 0)).isLessThan(10);
    }
  }

  @Nested
  class A_rule_that_throws_an_error_ends_the_call {

    private final Error broken = new NoClassDefFoundError("org/example/Optional");
    private final IOException down = new IOException("down");
    private final Classifier rules =
        Classifier.ofDefaults()
            .onFailure(
                IOException.class,
                e -> {
                  throw broken;
                })
            .onResult(
                String.class,
                r -> {
                  throw broken;
                });

    /** The fallback judges nothing then: the caller gets what it would without one. */
    @Test
    void of_a_fallback() throws Exception {
      var safe = Resilience.of().withFallback(Fallbacks.ofValue("another")).judgedBy(rules);

      assertThat(
              catchThrowable(
                  () ->
                      safe.call(
                          root,
                          c -> {
                            throw down;
                          })))
          .isSameAs(down);
      assertThat(
              catchThrowable(
                  () ->
                      root.await(safe.callAsync(root, c -> CompletableFuture.failedFuture(down)))))
          .hasCause(down);
      assertThat(down.getSuppressed()).contains(broken);
      assertThat(safe.call(root, c -> "well")).isEqualTo("well");
      assertThat(
              (Object)
                  root.await(safe.callAsync(root, c -> CompletableFuture.completedFuture("well"))))
          .isEqualTo("well");
    }

    @Test
    void of_a_race() throws Exception {
      FirstSuccess race = FirstSuccess.builder().classifier(rules).build();

      assertThat(catchThrowable(() -> race.<String, Exception>call(root, c -> "a")))
          .isSameAs(broken);
      assertThat(
              catchThrowable(
                  () ->
                      root.await(
                          race.callAsync(root, c -> c.delay(ofMillis(1)).thenApply(n -> "a")))))
          .hasCause(broken);
    }
  }

  @Nested
  class As_long_as_it_takes_written_as_the_longest_duration {

    private final Duration forEver = ofSeconds(Long.MAX_VALUE);

    @ParameterizedTest
    @EnumSource
    void is_no_hedge(CallMode mode) throws Exception {
      for (Hedge hedge :
          List.of(Hedge.after(forEver), Hedge.builder().initially(forEver).build())) {
        assertThat((Object) mode.call(Resilience.of(hedge), root, c -> "well")).isEqualTo("well");
      }
    }

    @Test
    void is_a_fallback_with_all_the_time() throws Exception {
      var safe =
          Resilience.of()
              .withFallback(Fallbacks.<String>onAny((c, e) -> "another").within(forEver));

      assertThat(
              safe.call(
                  root,
                  c -> {
                    throw new IOException("down");
                  }))
          .isEqualTo("another");
    }
  }
}
