package dev.resilience.discovery.balance;

import dev.resilience.context.Context;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** What a {@link CandidateFilter} has chosen. Immutable. */
public final class FilterChoice {

  private static final FilterChoice ALL = new FilterChoice(null, null, null);

  private final @Nullable List<Candidate> some;
  private final @Nullable Predicate<? super Context> calls;
  private final @Nullable Duration validFor;

  private FilterChoice(
      @Nullable List<Candidate> some,
      @Nullable Predicate<? super Context> calls,
      @Nullable Duration validFor) {
    this.some = some;
    this.calls = calls;
    this.validFor = validFor;
  }

  /** All of them. */
  public static FilterChoice all() {
    return ALL;
  }

  /** These, and no other. */
  public static FilterChoice keep(List<Candidate> kept) {
    return new FilterChoice(List.copyOf(kept), null, null);
  }

  /**
   * Some calls go to these, the others to the others.
   *
   * @param some of the candidates
   * @param calls asked for each attempt whether it goes to those: quick
   */
  public static FilterChoice split(List<Candidate> some, Predicate<? super Context> calls) {
    return new FilterChoice(List.copyOf(some), Objects.requireNonNull(calls, "calls"), null);
  }

  /** The same choice, to be made anew after a time at the latest; else when something changes. */
  public FilterChoice validFor(Duration time) {
    return new FilterChoice(some, calls, Objects.requireNonNull(time, "time"));
  }

  /** Those that were chosen; empty: all. */
  public Optional<List<Candidate>> some() {
    return Optional.ofNullable(some);
  }

  /** Which calls go to them, while the others go to the others; empty: all calls. */
  public Optional<Predicate<? super Context>> calls() {
    return Optional.ofNullable(calls);
  }

  /** After which time the choice is to be made anew. */
  public Optional<Duration> validFor() {
    return Optional.ofNullable(validFor);
  }
}
