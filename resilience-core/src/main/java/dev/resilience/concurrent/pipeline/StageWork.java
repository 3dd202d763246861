package dev.resilience.concurrent.pipeline;

import dev.resilience.context.BlockingWork;
import dev.resilience.context.CancellableContext;
import dev.resilience.context.Context;
import java.util.ArrayList;
import java.util.List;

/** One item in one stage, or several that become one. */
final class StageWork {

  private StageWork() {}

  /**
   * Lets a stage work on an item, under the interrupt of the item's context.
   *
   * @return what it made; each has to leave
   */
  static List<Item> apply(Stage stage, Item item) throws Exception {
    BlockingWork<List<Handed<?>>, Exception> work =
        () -> stage.work().apply(item.ctx(), item.value());
    List<Handed<?>> handed = item.ctx().interruptibly(work);
    if (handed.isEmpty()) {
      item.leave();
      return List.of();
    }
    item.trip().split(handed.size());
    List<Item> made = new ArrayList<>(handed.size());
    for (Handed<?> one : handed) {
      made.add(item.handed(one));
    }
    return made;
  }

  /** Makes one item of several. */
  static Item batch(Context ctx, List<Item> items) {
    @SuppressWarnings("MustBeClosed") // closed with the item
    CancellableContext scope = ctx.withCancel();
    List<Item.Trip> trips = items.stream().map(Item::trip).toList();
    return new Item(Stage.values(items), scope, new Item.Trip(scope, trips));
  }
}
