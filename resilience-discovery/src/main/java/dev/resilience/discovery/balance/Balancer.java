package dev.resilience.discovery.balance;

import dev.resilience.context.Context;
import dev.resilience.context.Key;
import java.util.List;
import java.util.Objects;
import java.util.function.Function;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Chooses the instance for the next call. A {@link dev.resilience.discovery.client.ServiceClient}
 * offers it only instances that are registered, healthy and not ejected.
 *
 * <pre>{@code
 * ServiceClient orders = ServiceClient.builder("orders", registry)
 *     .balancer(Balancer.leastLoaded())
 *     .open(ctx);
 * }</pre>
 *
 * <p>An extension point. A balancer is a way to choose and keeps no state of its own: what a choice
 * depends on, such as whose turn it is, is in the {@link Picker}, which one client has, and which
 * is handed on from one set of candidates to the next. So one balancer may serve many clients.
 * Implementations are thread-safe, and pass {@code BalancerContract} of this project.
 */
@FunctionalInterface
public interface Balancer {

  /**
   * One after the other, whatever their weights; in proportion while one is brought back gently. A
   * pick is an increment and a division.
   */
  static Balancer roundRobin() {
    return new RoundRobin();
  }

  /**
   * One after the other, in proportion to their weights. At any time each instance is within three
   * picks of its share, within five after millions of picks, and its picks are spread out. A pick
   * is an increment, a multiplication and a look into a table, however different the weights are.
   *
   * <p>Sources: the places are those of a Kronecker sequence over the golden ratio, whose
   * discrepancy is among the lowest (Niederreiter, <em>Random Number Generation and Quasi-Monte
   * Carlo Methods</em>, 1992); the table is that of Chen and Asau, 1974.
   */
  static Balancer weighted() {
    return new Weighted();
  }

  /**
   * Draws two at random, in proportion to their weights, and takes the one that is likely to answer
   * first: calls in flight for its weight, times latency. Close to the best of all, without a
   * stampede to it. Whoever was much slower than before gets few calls, and when it answers quickly
   * again it is brought back gently ({@link dev.resilience.discovery.client.Ejection#slowStart}).
   *
   * <p>Sources: Mitzenmacher, <em>The Power of Two Choices in Randomized Load Balancing</em>, 2001;
   * the peak-sensitive average of Finagle.
   */
  static Balancer leastLoaded() {
    return new LeastLoaded();
  }

  /**
   * Draws four at random; of those that have no more calls in flight than most, the quickest one is
   * taken. Made for instances that tell how busy they are ({@code ServiceClient.reportLoad}), which
   * counts the calls of all callers; of the others it goes by what this client sees. Weights do not
   * count.
   *
   * <p>Source: Wydrowski and others, <em>Load is not what you should balance: Introducing
   * Prequal</em>, 2024, whose quantile of 0.84 this is; it asks instances by probes of its own.
   */
  static Balancer hotCold() {
    return new HotCold();
  }

  /**
   * The same instance for the same key, as far as possible: when an instance comes or goes, only
   * its share of the keys moves, in every process alike, whatever came and went before. Weights
   * count.
   *
   * <pre>{@code
   * static final Key<String> CUSTOMER = Key.of("customer", String.class);
   * Balancer sticky = Balancer.consistentHash(CUSTOMER);
   * orders.call(ctx.withValue(CUSTOMER, "acme"), (c, instance) -> fetch(c, instance));
   * }</pre>
   *
   * <p>Source: Karger and others, <em>Consistent Hashing and Random Trees</em>, 1997. An instance
   * of default weight has forty points, so shares differ by about a sixth. A pick looks into a
   * table and at a few points, whatever the number of instances; an instance that comes or goes
   * changes its own forty points, and what else there is stays. For up to a million instances.
   *
   * @param key of the context; its values are texts, numbers, booleans, UUIDs, enums (by name) or
   *     lists of such, since the hash of another type may differ between processes: a call with one
   *     fails with an {@link IllegalArgumentException}. Calls without a value are spread at random
   */
  static Balancer consistentHash(Key<?> key) {
    Objects.requireNonNull(key, "key");
    return new ConsistentHash(ctx -> ctx.get(key));
  }

  /**
   * As {@link #consistentHash(Key)}, by something else that a call has.
   *
   * @param key quick; null: this call is placed at random
   */
  static Balancer consistentHash(Function<? super Context, ? extends @Nullable Object> key) {
    return new ConsistentHash(Objects.requireNonNull(key, "key"));
  }

  /**
   * Prepares for a set of candidates. May be expensive, must not block.
   *
   * @param candidates at least one, ordered by id, unmodifiable
   */
  Picker over(List<Candidate> candidates);

  /**
   * Prepares for the set that follows another one, whenever the set or a weight has changed. Called
   * by one thread at a time. A balancer that takes turns goes on where the previous picker is; one
   * whose preparation is expensive prepares only what has changed. Those that are the same object
   * in both sets have not changed. By default nothing is carried over.
   *
   * @param candidates at least one, ordered by id, unmodifiable
   * @param previous made by this balancer for the set before; calls may still be picking from it
   */
  default Picker over(List<Candidate> candidates, Picker previous) {
    return over(candidates);
  }

  /** Picks from one set of candidates. Thread-safe. */
  @FunctionalInterface
  interface Picker {

    /**
     * Picks one. Called for each attempt of each call: allocate nothing, take no lock, do not wait.
     *
     * @param ctx the context of the call; randomness comes from its time source
     * @param now its time: what {@link dev.resilience.time.TimeSource#nanoTime} has just read
     * @param usable says no to those that this call has tried already
     * @return one of the candidates that is usable, or null if there is none
     */
    @Nullable Candidate pick(Context ctx, long now, Predicate<? super Candidate> usable);
  }
}
