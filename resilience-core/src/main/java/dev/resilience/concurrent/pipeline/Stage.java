package dev.resilience.concurrent.pipeline;

import dev.resilience.context.Context;
import java.util.ArrayList;
import java.util.List;

/**
 * A stage as it was built: what it makes of an item, or of a batch of them.
 *
 * @param name for results and messages
 * @param options how it runs
 * @param work what it does with one item; types are checked where the pipeline is built
 * @param batch how many items become one; 0: no batch
 */
record Stage(String name, StageOptions options, Work work, int batch) {

  /** Makes any number of items of one. */
  @FunctionalInterface
  interface Work {
    List<Handed<?>> apply(Context ctx, Object item) throws Exception;
  }

  boolean isBatch() {
    return batch > 0;
  }

  /** The values of items as one. */
  static List<Object> values(List<Item> items) {
    List<Object> values = new ArrayList<>(items.size());
    items.forEach(item -> values.add(item.value()));
    return List.copyOf(values);
  }
}
