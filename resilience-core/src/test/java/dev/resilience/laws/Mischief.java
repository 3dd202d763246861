package dev.resilience.laws;

import dev.resilience.context.Context;
import java.time.Duration;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * What users' functions do: mostly what they are there for; at random they throw an exception, an
 * {@link Error} or what cannot even be printed, return null, or block for a while.
 */
final class Mischief {

  /** The functions that were asked at least once, as {@code Retry.Builder.retryIf}. */
  private final Set<String> asked;

  private final RandomGenerator random;
  private final Context root;
  private final int share;

  Mischief(RandomGenerator random, Context root, Set<String> asked) {
    this.random = random;
    this.root = root;
    this.asked = asked;
    this.share = random.nextInt(1, 20);
  }

  static Set<String> nobodyAsked() {
    return ConcurrentHashMap.newKeySet();
  }

  static Set<String> missing(Set<String> all, Set<String> asked) {
    Set<String> missing = new TreeSet<>(all);
    missing.removeAll(asked);
    return missing;
  }

  /** A function of the user's; where it may not return null, {@code result} comes instead. */
  <R> R act(String function, R result) {
    return act(function, result, result);
  }

  /** A function that may also return null, although it should not. */
  @SuppressWarnings("NullAway") // that is the point
  <R> R actOrNull(String function, R result) {
    return act(function, result, null);
  }

  @SuppressWarnings("NullAway")
  private <R> R act(String function, R result, @Nullable R instead) {
    asked.add(function);
    int dice = random.nextInt(100);
    if (dice < share) {
      throw new IllegalStateException("mischief of " + function);
    }
    if (dice < 2 * share) {
      throw new NoClassDefFoundError("mischief of " + function);
    }
    if (dice < 3 * share) {
      throw new Hostile();
    }
    if (dice < 4 * share) {
      return instead;
    }
    if (dice < 5 * share - 4) {
      pause();
    }
    return result;
  }

  private void pause() {
    try {
      root.sleep(Duration.ofMillis(random.nextInt(20)));
    } catch (InterruptedException overtaken) {
      Thread.currentThread().interrupt();
    }
  }

  /** Whatever it is asked, it throws. */
  @SuppressWarnings("OverrideThrowableToString")
  static final class Hostile extends RuntimeException {

    private static final long serialVersionUID = 1L;

    @Override
    public String getMessage() {
      throw new IllegalStateException("no message");
    }

    @Override
    public String getLocalizedMessage() {
      throw new IllegalStateException("no message");
    }

    @Override
    public synchronized Throwable getCause() {
      throw new NoClassDefFoundError("no cause");
    }

    @Override
    public StackTraceElement[] getStackTrace() {
      throw new IllegalStateException("no stack trace");
    }

    @Override
    public String toString() {
      throw new NoClassDefFoundError("no text");
    }

    @Override
    public boolean equals(Object other) {
      throw new IllegalStateException("no equality");
    }

    @Override
    public int hashCode() {
      throw new IllegalStateException("no hash code");
    }
  }
}
