package dev.resilience.fallback;

import dev.resilience.text.SafeText;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What to answer instead for each operation of a service, by name; and for those that are not
 * listed.
 *
 * <pre>{@code
 * var fallbacks = OperationFallbacks.builder()
 *     .operation("quote", Quote.class,
 *         Fallbacks.onOpenCircuit((c, e) -> stale.quote(c)).otherwise(Quote.NONE))
 *     .operation("page", Page.class, Fallbacks.onTimeout((c, e) -> Page.PLAIN))
 *     .otherwise(Fallbacks.onAny((c, e) -> lastKnown(c)))
 *     .build();
 *
 * Quote quote = payments
 *     .withFallback(fallbacks.forOperation("quote", Quote.class))
 *     .call(ctx, c -> api.quote(c, order));
 * }</pre>
 *
 * <p>The answers that are found are named by the operation, in events and messages. Look them up
 * where a stack is built: a wrong name or type then shows at once, and a call costs no look-up.
 *
 * <p>Immutable, and thread-safe if the answers are. To change it while it is used, put a new one in
 * its place.
 */
public final class OperationFallbacks {

  private final Map<String, Listed<?>> operations;
  private final @Nullable Fallbacks<?> otherwise;

  private OperationFallbacks(Builder builder) {
    this.operations = Map.copyOf(builder.operations);
    this.otherwise = builder.otherwise;
  }

  /** Fallbacks to be listed. */
  public static Builder builder() {
    return new Builder();
  }

  /** The names that are listed. */
  public Set<String> operations() {
    return operations.keySet();
  }

  /**
   * The answers for an operation: its own, or, if it is not listed, those for all others. Of the
   * latter an answer of another type counts as one that failed, and the next one is asked.
   *
   * @param operation its name
   * @param type of its results
   * @throws IllegalArgumentException if the name is not listed, and there is nothing for those
   *     others; or if the operation is listed with results of another type
   */
  public <T> Fallbacks<T> forOperation(String operation, Class<T> type) {
    Objects.requireNonNull(operation, "operation");
    Objects.requireNonNull(type, "type");
    Listed<?> listed = operations.get(operation);
    if (listed != null) {
      return listed.as(type, operation).forOperation(operation);
    }
    if (otherwise == null) {
      throw new IllegalArgumentException(
          "operation: '" + SafeText.of(operation) + "' (expected: one of " + names() + ")");
    }
    return otherwise.checked(type).forOperation(operation);
  }

  private String names() {
    return operations.keySet().stream().sorted().map(SafeText::of).toList().toString();
  }

  /** The names that are listed, and whether there is something for others. */
  @Override
  public String toString() {
    return names() + (otherwise == null ? "" : ", otherwise " + otherwise);
  }

  /** What was said of an operation. */
  private record Listed<T>(Class<T> type, Fallbacks<? extends T> fallbacks) {

    /** A caller may want less of a result than was promised, not more. */
    <U> Fallbacks<U> as(Class<U> wanted, String operation) {
      if (!wanted.isAssignableFrom(type)) {
        throw new IllegalArgumentException(
            "type: "
                + wanted.getName()
                + " (expected: "
                + type.getName()
                + ", the type of '"
                + SafeText.of(operation)
                + "', or a wider one)");
      }
      return fallbacks.checked(wanted);
    }
  }

  /** Says what to answer instead. Not thread-safe. */
  public static final class Builder {

    private final Map<String, Listed<?>> operations = new LinkedHashMap<>();
    private @Nullable Fallbacks<?> otherwise;

    private Builder() {}

    /**
     * What to answer for an operation.
     *
     * @param name not blank, and each once
     * @param type of its results
     * @param fallbacks its answers
     */
    public <T> Builder operation(String name, Class<T> type, Fallbacks<? extends T> fallbacks) {
      String shown = SafeText.name(name);
      Objects.requireNonNull(type, "type");
      Objects.requireNonNull(fallbacks, "fallbacks");
      if (operations.putIfAbsent(name, new Listed<T>(type, fallbacks)) != null) {
        throw new IllegalArgumentException(
            "name: '" + shown + "' (expected: one that is not listed already)");
      }
      return this;
    }

    /**
     * What to answer for operations that are not listed. Default: an operation that is not listed
     * is refused.
     *
     * @param fallbacks whose answers are checked against the type of the operation
     */
    public Builder otherwise(Fallbacks<?> fallbacks) {
      otherwise = Objects.requireNonNull(fallbacks, "otherwise");
      return this;
    }

    /** The fallbacks. */
    public OperationFallbacks build() {
      return new OperationFallbacks(this);
    }
  }
}
