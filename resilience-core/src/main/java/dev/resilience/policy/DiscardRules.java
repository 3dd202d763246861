package dev.resilience.policy;

import dev.resilience.text.SafeText;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.Objects;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * What to do with results that no caller gets, such as to close a response; for policies that make
 * several attempts. Immutable.
 */
public final class DiscardRules {

  private static final Logger LOG = System.getLogger(DiscardRules.class.getName());
  private static final DiscardRules NONE = new DiscardRules(Void.class, nothing -> {}, null);

  private final Class<?> type;
  private final Consumer<Object> action;
  private final @Nullable DiscardRules older;

  private DiscardRules(Class<?> type, Consumer<Object> action, @Nullable DiscardRules older) {
    this.type = type;
    this.action = action;
    this.older = older;
  }

  /** Results are dropped. */
  public static DiscardRules none() {
    return NONE;
  }

  /**
   * Rules with one more, which is asked first.
   *
   * @param resultType of the results that it is for
   * @param newAction must be thread-safe
   */
  public <R> DiscardRules with(Class<R> resultType, Consumer<? super R> newAction) {
    Objects.requireNonNull(resultType, "type");
    Objects.requireNonNull(newAction, "action");
    return new DiscardRules(resultType, result -> newAction.accept(resultType.cast(result)), this);
  }

  /** Whether there are no rules, so that results need not be looked after. */
  public boolean isEmpty() {
    return older == null;
  }

  /**
   * Applies the first rule for the type of a result. Never throws: what the rule throws is logged.
   */
  public void discard(@Nullable Object result) {
    for (DiscardRules rule = this; rule != null && result != null; rule = rule.older) {
      if (rule.type.isInstance(result)) {
        try {
          rule.action.accept(result);
        } catch (Throwable thrown) {
          SafeText.log(LOG, Level.WARNING, "a result could not be discarded", thrown);
        }
        return;
      }
    }
  }
}
