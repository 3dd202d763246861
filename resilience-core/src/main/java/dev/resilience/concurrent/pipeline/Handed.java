package dev.resilience.concurrent.pipeline;

import static java.util.Objects.requireNonNull;

import dev.resilience.context.Context;
import dev.resilience.text.SafeText;
import org.jspecify.annotations.Nullable;

/**
 * What a stage hands to the next one: an item and, if it changed it, its context. Immutable.
 *
 * <pre>{@code
 * .step("validation", (ctx, request) ->
 *     request.isUrgent()
 *         ? Handed.of(request, ctx.withValue(PRIORITY, "high").withMoreTime(ofSeconds(60)))
 *         : Handed.of(request))
 * }</pre>
 *
 * @param <B> the type of the item
 */
public final class Handed<B> {

  final B item;
  final @Nullable Context context;

  private Handed(B item, @Nullable Context context) {
    this.item = requireNonNull(item, "item");
    this.context = context;
  }

  /** An item that keeps its context. */
  public static <B> Handed<B> of(B item) {
    return new Handed<>(item, null);
  }

  /**
   * An item with another context for the stages to come.
   *
   * @param context derived from the one that the stage got; it ends when the item leaves the
   *     pipeline, and needs no close
   */
  public static <B> Handed<B> of(B item, Context context) {
    return new Handed<>(item, requireNonNull(context, "context"));
  }

  @Override
  public String toString() {
    return SafeText.of(item);
  }
}
