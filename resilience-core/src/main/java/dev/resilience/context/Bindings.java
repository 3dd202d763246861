package dev.resilience.context;

import static java.util.Objects.requireNonNull;

import org.jspecify.annotations.Nullable;

/**
 * Several values for one child context: they are written into one new table, where a chain of
 * {@link Context#withValue} copies it each time. For code on every request's path.
 *
 * <pre>{@code
 * Context request = Bindings.on(server, 3)
 *     .set(RequestInfo.REQUEST_ID, id)
 *     .set(RequestInfo.USER_ID, user)
 *     .bind();
 * }</pre>
 *
 * <p>Not thread-safe. Of no use after {@link #bind}. Costs the table and two small objects.
 */
public final class Bindings {

  private final Node parent;
  private final int expected;
  private @Nullable Object @Nullable [] table;
  private int size;
  private boolean bound;

  private Bindings(Node parent, int expected) {
    this.parent = parent;
    this.expected = expected;
  }

  /**
   * Values on top of those of a context.
   *
   * @param parent what the child is derived from
   * @param expected how many there will be, about; a larger number costs a larger table
   */
  public static Bindings on(Context parent, int expected) {
    if (expected < 0 || expected > 1000) {
      throw new IllegalArgumentException("expected: " + expected + " (expected: 0 to 1000)");
    }
    return new Bindings((Node) requireNonNull(parent, "parent"), expected);
  }

  /**
   * Sets a value, in place of one that the parent has.
   *
   * @throws IllegalArgumentException if the value is not of the key's type or the key's validator
   *     refuses it
   */
  public <T> Bindings set(Key<T> key, T value) {
    put(requireNonNull(key, "key"), key.check(value));
    return this;
  }

  /**
   * Sets a value from elsewhere, if its key takes it.
   *
   * @return whether it does
   */
  public <T> boolean setIfValid(Key<T> key, T value) {
    if (!requireNonNull(key, "key").accepts(requireNonNull(value, "value"))) {
      return false;
    }
    put(key, value);
    return true;
  }

  private void put(Key<?> key, Object value) {
    if (bound) {
      throw new IllegalStateException("already bound (expected: to be used once)");
    }
    @Nullable Object[] mine = table;
    if (mine == null) {
      mine = parent.values.tableFor(expected);
      size = parent.values.size();
    }
    if (!Values.hasKey(mine, key)) {
      size++;
    }
    table = Values.put(mine, size, key, value);
  }

  /** A child of the parent that carries the values; the parent itself where none was set. */
  public Context bind() {
    if (bound) {
      throw new IllegalStateException("already bound (expected: to be used once)");
    }
    bound = true;
    return table == null ? parent : parent.withValues(parent.values.withTable(table, size));
  }
}
