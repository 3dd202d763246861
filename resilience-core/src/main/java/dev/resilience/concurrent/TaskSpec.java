package dev.resilience.concurrent;

import static java.util.Objects.requireNonNull;

import dev.resilience.text.Arguments;
import dev.resilience.text.SafeText;
import dev.resilience.time.Durations;
import java.time.Duration;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/**
 * What a {@link WorkerPool} is to do, and how. Immutable; {@code with…} returns a new one.
 *
 * <pre>{@code
 * TaskSpec.of("send emails", c -> mail.send(c, batch))
 *     .withPriority(1)
 *     .withTimeout(ofSeconds(5))
 *     .withRetry(3, failed -> ofMillis(100).multipliedBy(failed));
 * }</pre>
 *
 * @param <T> the type of the result
 */
public final class TaskSpec<T extends @Nullable Object> {

  /** The priority of a task that says nothing: {@value}. */
  public static final int DEFAULT_PRIORITY = 5;

  /** The largest number that a priority may have, the least urgent: {@value}. */
  public static final int LEAST_PRIORITY = 1000;

  final String name;
  final ContextTask<? extends T> body;
  final int priority;
  final @Nullable Duration timeout;
  final @Nullable Duration expected;
  final int maxAttempts;
  final IntFunction<Duration> delay;

  private TaskSpec(
      String name,
      ContextTask<? extends T> body,
      int priority,
      @Nullable Duration timeout,
      @Nullable Duration expected,
      int maxAttempts,
      IntFunction<Duration> delay) {
    this.name = name;
    this.body = body;
    this.priority = priority;
    this.timeout = timeout;
    this.expected = expected;
    this.maxAttempts = maxAttempts;
    this.delay = delay;
  }

  /**
   * A task of the default priority, with the limit of the pool, tried once.
   *
   * @param name for messages, logs and pages; need not be unique
   * @param body the work
   */
  public static <T extends @Nullable Object> TaskSpec<T> of(
      String name, ContextTask<? extends T> body) {
    return new TaskSpec<>(
        SafeText.of(requireNonNull(name, "name")),
        requireNonNull(body, "body"),
        DEFAULT_PRIORITY,
        null,
        null,
        1,
        failed -> Duration.ZERO);
  }

  /**
   * The same with a priority. While it waits, a task rises; see {@link WorkerPool.Builder#ageing}.
   *
   * @param newPriority 1, the most urgent, to {@value #LEAST_PRIORITY}
   */
  public TaskSpec<T> withPriority(int newPriority) {
    if (newPriority < 1 || newPriority > LEAST_PRIORITY) {
      throw new IllegalArgumentException(
          "priority: " + newPriority + " (expected: 1 to " + LEAST_PRIORITY + ")");
    }
    return new TaskSpec<>(name, body, newPriority, timeout, expected, maxAttempts, delay);
  }

  /**
   * The same with a limit of its own, in place of the pool's.
   *
   * @param newTimeout for each attempt, from its beginning; positive
   */
  public TaskSpec<T> withTimeout(Duration newTimeout) {
    Durations.requirePositive(newTimeout, "timeout");
    return new TaskSpec<>(name, body, priority, newTimeout, expected, maxAttempts, delay);
  }

  /**
   * The same, and the pool knows how long it takes: if less time is left before it begins, it is
   * dropped instead.
   *
   * @param newExpected not negative
   */
  public TaskSpec<T> withExpected(Duration newExpected) {
    Durations.requireNotNegative(newExpected, "expected");
    return new TaskSpec<>(name, body, priority, timeout, newExpected, maxAttempts, delay);
  }

  /**
   * The same, tried again when it throws an {@link Exception} while its context is alive. Between
   * two attempts no worker is kept. There is no attempt that the context leaves no time for.
   *
   * @param newMaxAttempts in all, at least 1
   * @param newDelay before the next attempt, by the number of failed ones
   */
  public TaskSpec<T> withRetry(int newMaxAttempts, IntFunction<Duration> newDelay) {
    Arguments.requireAtLeastOne(newMaxAttempts, "maxAttempts");
    requireNonNull(newDelay, "delay");
    return new TaskSpec<>(name, body, priority, timeout, expected, newMaxAttempts, newDelay);
  }

  @Override
  public String toString() {
    return name + ", priority " + priority;
  }
}
