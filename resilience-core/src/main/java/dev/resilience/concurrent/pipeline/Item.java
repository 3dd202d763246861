package dev.resilience.concurrent.pipeline;

import dev.resilience.context.CancellableContext;
import dev.resilience.context.Context;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * An item on its way.
 *
 * @param value what it is
 * @param ctx what the next stage works under
 * @param trip ends the contexts of the item when all that came of it has left
 */
record Item(Object value, Context ctx, Trip trip) {

  /** The same trip with another value, and perhaps another context. */
  Item handed(Handed<?> handed) {
    if (handed.context instanceof CancellableContext made) {
      trip.own(made);
    }
    return new Item(handed.item, handed.context == null ? ctx : handed.context, trip);
  }

  /** What came of it has left, or never was. */
  void leave() {
    trip.leave();
  }

  /**
   * What one item of the source, or one batch, opened. All contexts of the stages derive from
   * {@code scope}; those that a stage derived from elsewhere are closed one by one.
   */
  static final class Trip {

    final CancellableContext scope;
    private final AtomicInteger travellers = new AtomicInteger(1);
    private final List<Trip> joined;
    private @Nullable List<CancellableContext> owned;

    Trip(CancellableContext scope, List<Trip> joined) {
      this.scope = scope;
      this.joined = joined;
    }

    /** One stage has the item at a time, so there is no race. */
    void own(CancellableContext made) {
      if (owned == null) {
        owned = new ArrayList<>(1);
      }
      owned.add(made);
    }

    /** One item has become several. */
    void split(int into) {
      travellers.addAndGet(into - 1);
    }

    void leave() {
      if (travellers.decrementAndGet() == 0) {
        if (owned != null) {
          owned.forEach(CancellableContext::close);
        }
        scope.close();
        joined.forEach(Trip::leave);
      }
    }
  }
}
