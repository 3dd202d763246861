package dev.resilience.context;

import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * All values that are visible in a context, in one flat table: open addressing, at most half full,
 * keys at the even and values at the odd places. A look-up is a probe or two however deep the tree
 * is; adding a value copies the table. Beside them what brings some of them to a thread. Immutable.
 */
final class Values {

  static final Values NONE = new Values(new @Nullable Object[4], 0, null);

  private final @Nullable Object[] table;
  private final int size;
  private final @Nullable BindingChain bindings;

  private Values(@Nullable Object[] table, int size, @Nullable BindingChain bindings) {
    this.table = table;
    this.size = size;
    this.bindings = bindings;
  }

  @Nullable BindingChain bindings() {
    return bindings;
  }

  Values with(ThreadBinding binding) {
    return new Values(table, size, BindingChain.add(binding, bindings));
  }

  @Nullable Object get(Key<?> key) {
    return table[slot(table, key) + 1];
  }

  Values with(Key<?> key, Object value) {
    boolean known = get(key) != null;
    int newSize = known ? size : size + 1;
    @Nullable Object[] copy =
        copied(table, newSize * 4 <= table.length ? table.length : table.length * 2);
    int slot = slot(copy, key);
    copy[slot] = key;
    copy[slot + 1] = value;
    return new Values(copy, newSize, bindings);
  }

  /** These values and bindings, and those of another table that are not here. */
  Values orElse(Values other) {
    Values merged = this;
    for (BindingChain link = other.bindings; link != null; link = link.older()) {
      merged = merged.with(link.binding());
    }
    for (int i = 0; i < other.table.length; i += 2) {
      Object value = other.table[i + 1];
      if (value != null && other.table[i] instanceof Key<?> key && merged.get(key) == null) {
        merged = merged.with(key, value);
      }
    }
    return merged;
  }

  /** A table of its own with these values and room for more, for {@link #put}. */
  @Nullable Object[] tableFor(int more) {
    int length = table.length;
    while ((size + more) * 4 > length) {
      length *= 2;
    }
    return copied(table, length);
  }

  int size() {
    return size;
  }

  /**
   * Puts a key that is new into a table, or another value to one that is there.
   *
   * @param newSize how many there would be were the key new
   * @return the table, or a larger one
   */
  static @Nullable Object[] put(@Nullable Object[] table, int newSize, Key<?> key, Object value) {
    @Nullable Object[] target = table;
    int slot = slot(target, key);
    if (target[slot] == null) {
      if (newSize * 4 > target.length) {
        target = copied(target, target.length * 2);
        slot = slot(target, key);
      }
      target[slot] = key;
    }
    target[slot + 1] = value;
    return target;
  }

  static boolean hasKey(@Nullable Object[] table, Key<?> key) {
    return table[slot(table, key)] != null;
  }

  /** These bindings, with a table that nobody changes any more. */
  Values withTable(@Nullable Object[] newTable, int newSize) {
    return new Values(newTable, newSize, bindings);
  }

  /** The keys and values of a table in another one, which has more room. */
  private static @Nullable Object[] copied(@Nullable Object[] table, int length) {
    if (length == table.length) {
      return table.clone();
    }
    @Nullable Object[] copy = new @Nullable Object[length];
    for (int i = 0; i < table.length; i += 2) {
      if (table[i] instanceof Key<?> old) {
        int slot = slot(copy, old);
        copy[slot] = old;
        copy[slot + 1] = table[i + 1];
      }
    }
    return copy;
  }

  /** Hands all keys and values to somebody, in no order. */
  void forEach(BiConsumer<? super Key<?>, Object> reader) {
    for (int i = 0; i < table.length; i += 2) {
      Object value = table[i + 1];
      if (value != null && table[i] instanceof Key<?> key) {
        reader.accept(key, value);
      }
    }
  }

  /** Where the key stands or would stand; the table always has a free place. */
  private static int slot(@Nullable Object[] table, Key<?> key) {
    int mask = table.length - 2;
    int slot = key.hash >>> 15 & mask;
    while (table[slot] != key && table[slot] != null) {
      slot = slot + 2 & mask;
    }
    return slot;
  }
}
