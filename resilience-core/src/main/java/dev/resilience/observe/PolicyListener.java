package dev.resilience.observe;

import dev.resilience.context.Context;
import java.util.Objects;
import java.util.function.BiConsumer;

/**
 * Hears what policies do. Called on the thread of the call, or of a timer's executor, without a
 * lock; be quick. What it throws is contained and logged.
 */
@FunctionalInterface
public interface PolicyListener {

  /** Something happened. */
  void on(PolicyEvent event);

  /**
   * The same, with the context of the call in which it happened; policies call this one. Default:
   * {@link #on(PolicyEvent)}.
   *
   * @param ctx of the call; the background context where no call caused it, such as a circuit that
   *     was opened by hand. Do not keep it
   */
  default void on(Context ctx, PolicyEvent event) {
    on(event);
  }

  /**
   * Whether this wants to hear just now how each call of a stack ends ({@link
   * PolicyEvent.CallCompleted}). Asked before each call; if not, the clock is not read for it, so a
   * recording that is off costs next to nothing. Default: yes.
   */
  default boolean wantsCalls() {
    return true;
  }

  /**
   * A listener that wants to know for whom it happened.
   *
   * <pre>{@code
   * .listener(PolicyListener.withContext((ctx, event) -> log.info(ctx.get(REQUEST_ID) + " " + event)))
   * }</pre>
   *
   * @param listener gets the context of the call and what happened
   */
  static PolicyListener withContext(BiConsumer<? super Context, ? super PolicyEvent> listener) {
    Objects.requireNonNull(listener, "listener");
    return new PolicyListener() {
      @Override
      public void on(PolicyEvent event) {
        on(Context.background(), event);
      }

      @Override
      public void on(Context ctx, PolicyEvent event) {
        listener.accept(ctx, event);
      }
    };
  }

  /**
   * A listener that tells two others, in this order; what the first throws keeps nothing from the
   * second. It wants calls if either does.
   */
  static PolicyListener both(PolicyListener first, PolicyListener second) {
    return new JoinedListeners(contained(first), contained(second));
  }

  /** Hears and does nothing. */
  static PolicyListener none() {
    return ContainedListener.NONE;
  }

  /**
   * A listener that never throws: what the other one throws is logged; for policies.
   *
   * @param listener the user's
   */
  static PolicyListener contained(PolicyListener listener) {
    return listener instanceof ContainedListener
        ? listener
        : new ContainedListener(Objects.requireNonNull(listener, "listener"));
  }
}
