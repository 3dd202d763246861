package dev.resilience.concurrent.pipeline;

import dev.resilience.context.Context;
import java.util.Iterator;
import org.jspecify.annotations.Nullable;

/** Where the items of a run come from. Read by one thread. */
interface Source<A> {

  /** The next item, or null at the end. */
  @Nullable A next(Context ctx) throws Exception;

  /** The run is over, whatever is left. */
  default void close() {}

  static <A> Source<A> of(Iterator<? extends A> items) {
    return ctx -> items.hasNext() ? items.next() : null;
  }
}
