package dev.resilience.jdbc;

import dev.resilience.context.Context;
import dev.resilience.context.Key;
import dev.resilience.limit.ConcurrencyLimit;
import dev.resilience.limit.Permit;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;

/**
 * At most so many at once for each value of a key, each with a line of its own. A limit exists
 * while somebody uses it or waits for it.
 */
final class KeyedLimit {

  /** Calls without a value are a tenant of their own. */
  private static final String NOBODY = "";

  private final String name;
  private final Key<String> key;
  private final int permits;
  private final ConcurrentHashMap<String, Entry> entries = new ConcurrentHashMap<>();

  KeyedLimit(String name, Key<String> key, int permits) {
    this.name = name;
    this.key = key;
    this.permits = permits;
  }

  /** A permit, after a wait if need be; to be closed. */
  @SuppressWarnings("MustBeClosed") // by the caller
  Held acquire(Context ctx) throws InterruptedException {
    String value = ctx.getOrDefault(key, NOBODY);
    Entry entry =
        Objects.requireNonNull(
            entries.compute(
                value,
                (same, old) -> {
                  Entry used = old != null ? old : new Entry(newLimit(value));
                  used.users++;
                  return used;
                }));
    Held held = null;
    try {
      held = new Held(entry.limit.acquire(ctx), value);
    } finally {
      if (held == null) {
        leave(value);
      }
    }
    return held;
  }

  private ConcurrencyLimit newLimit(String value) {
    String whose = value.equals(NOBODY) ? "calls without one" : "one of them";
    return ConcurrencyLimit.builder(name + ", share of " + key.name() + " (" + whose + ")", permits)
        .maxWaiting(Integer.MAX_VALUE)
        .build();
  }

  private void leave(String value) {
    entries.computeIfPresent(value, (same, entry) -> --entry.users == 0 ? null : entry);
  }

  /** How many values have somebody now. */
  int size() {
    return entries.size();
  }

  private static final class Entry {

    final ConcurrencyLimit limit;

    /** Changed within {@code compute} alone. */
    int users;

    Entry(ConcurrencyLimit limit) {
      this.limit = limit;
    }
  }

  /** A permit of one of the limits. */
  final class Held implements AutoCloseable {

    private final Permit permit;
    private final String value;

    private Held(Permit permit, String value) {
      this.permit = permit;
      this.value = value;
    }

    @Override
    public void close() {
      try {
        permit.close();
      } finally {
        leave(value);
      }
    }
  }
}
