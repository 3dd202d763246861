package dev.resilience.concurrent;

import static java.util.Objects.requireNonNull;

import com.google.errorprone.annotations.MustBeClosed;
import dev.resilience.context.CancellableContext;
import dev.resilience.context.Context;
import dev.resilience.text.SafeText;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;

/**
 * Rules that are applied where a context is derived: more time for some users, less under load.
 *
 * <pre>{@code
 * Conditions conditions =
 *     Conditions.builder("web")
 *         .when("premium user", c -> premium.contains(c.get(USER)), c -> c.withMoreTime(ofSeconds(60)))
 *         .when("high load", load.above(0.8), c -> c.withTimeout(ofSeconds(1)))
 *         .build();
 *
 * try (CancellableContext ctx = conditions.derive(request)) { ... }
 * }</pre>
 *
 * <p>Rules run in the order in which they were added; each sees what the earlier ones have made.
 * Closing the derived context releases everything that they made, the last first; so does its end,
 * and so does a rule that throws. To give more time than the parent has, a rule uses {@link
 * Context#withMoreTime}: a longer time-out alone changes nothing.
 *
 * <p>Immutable and thread-safe, as far as the conditions are.
 */
public final class Conditions {

  private record Rule(
      String name, Predicate<? super Context> condition, UnaryOperator<Context> change) {}

  private final String name;
  private final List<Rule> rules;

  private Conditions(Builder builder) {
    this.name = builder.name;
    this.rules = List.copyOf(builder.rules);
  }

  /** Returns a builder without rules. */
  public static Builder builder(String name) {
    return new Builder(SafeText.name(name));
  }

  /**
   * Derives a context by the rules that apply.
   *
   * @return to be closed; ends all that the rules have made
   */
  @MustBeClosed
  public CancellableContext derive(Context parent) {
    Deque<CancellableContext> made = new ArrayDeque<>();
    Context present = requireNonNull(parent, "parent");
    boolean complete = false;
    try {
      for (Rule rule : rules) {
        if (rule.condition().test(present)) {
          present = requireNonNull(rule.change().apply(present), rule.name());
          if (present instanceof CancellableContext one) {
            made.push(one);
          }
        }
      }
      @SuppressWarnings("MustBeClosed") // the caller closes it
      CancellableContext derived = present.withCancel();
      if (!made.isEmpty()) {
        derived.onDone(() -> made.forEach(CancellableContext::close));
      }
      complete = true;
      return derived;
    } finally {
      if (!complete) {
        made.forEach(CancellableContext::close);
      }
    }
  }

  /** The names of the rules that apply to a context, in their order. Makes nothing that lasts. */
  public List<String> matching(Context parent) {
    List<String> names = new ArrayList<>();
    Deque<CancellableContext> made = new ArrayDeque<>();
    Context present = requireNonNull(parent, "parent");
    try {
      for (Rule rule : rules) {
        if (rule.condition().test(present)) {
          names.add(rule.name());
          present = requireNonNull(rule.change().apply(present), rule.name());
          if (present instanceof CancellableContext one) {
            made.push(one);
          }
        }
      }
    } finally {
      made.forEach(CancellableContext::close);
    }
    return names;
  }

  @Override
  public String toString() {
    return name + " " + rules.stream().map(Rule::name).toList();
  }

  /** Builds {@link Conditions}. Not thread-safe. */
  public static final class Builder {

    private final String name;
    private final List<Rule> rules = new ArrayList<>();

    private Builder(String name) {
      this.name = name;
    }

    /**
     * Adds a rule behind those that were added before.
     *
     * @param ruleName for messages
     * @param condition whether it applies, asked about the context as the earlier rules left it
     * @param change derives a context from that one
     */
    public Builder when(
        String ruleName, Predicate<? super Context> condition, UnaryOperator<Context> change) {
      rules.add(
          new Rule(
              SafeText.of(requireNonNull(ruleName, "ruleName")),
              requireNonNull(condition, "condition"),
              requireNonNull(change, "change")));
      return this;
    }

    /** The conditions. */
    public Conditions build() {
      return new Conditions(this);
    }
  }
}
