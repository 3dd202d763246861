package dev.resilience.discovery;

import dev.resilience.context.Context;
import dev.resilience.context.Key;
import java.util.List;
import java.util.function.Function;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Who is next. Who may be called at all is not its business: a {@link ServiceClient} offers it only
 * instances that are registered, well and not set aside.
 *
 * <pre>{@code
 * ServiceClient orders = ServiceClient.builder("orders", registry)
 *     .balancer(Balancer.leastLoaded())
 *     .open(ctx);
 * }</pre>
 *
 * <p>An extension point. A balancer serves one client; implementations are thread-safe, and pass
 * {@code BalancerContract} of this project.
 */
@FunctionalInterface
public interface Balancer {

  /**
   * One after the other, whatever their weights; in proportion while one is brought back gently.
   */
  static Balancer roundRobin() {
    return new Strides(candidate -> candidate.weight() / candidate.instance().weight());
  }

  /**
   * One after the other, in proportion to their weights. Within any number of picks each instance
   * is within two of its share, and its picks are spread out. Needs no lock: the place in the
   * schedule is one counter.
   */
  static Balancer weighted() {
    return new Strides(Candidate::weight);
  }

  /**
   * Draws two at random and takes the one that is likely to answer first: calls in flight and one
   * more, times latency, over weight. Close to the best of all, without a stampede to it.
   *
   * <p>Sources: Mitzenmacher, <em>The Power of Two Choices in Randomized Load Balancing</em>, 2001;
   * the peak-sensitive average of Finagle.
   */
  static Balancer leastLoaded() {
    return new LeastLoaded();
  }

  /**
   * The same instance for the same key, as far as possible: when an instance comes or goes, only
   * its share of the keys moves. Weights count.
   *
   * <pre>{@code
   * static final Key<String> CUSTOMER = Key.of("customer", String.class);
   * Balancer sticky = Balancer.consistentHash(CUSTOMER);
   * orders.call(ctx.withValue(CUSTOMER, "acme"), (c, instance) -> fetch(c, instance));
   * }</pre>
   *
   * <p>Source: Karger and others, <em>Consistent Hashing and Random Trees</em>, 1997. A pick costs
   * the logarithm of the number of instances; a change sorts forty points for each instance of
   * default weight.
   *
   * @param key of the context; calls without a value are spread at random
   */
  static Balancer consistentHash(Key<?> key) {
    java.util.Objects.requireNonNull(key, "key");
    return new ConsistentHash(ctx -> ctx.get(key));
  }

  /**
   * As {@link #consistentHash(Key)}, by something else that a call has.
   *
   * @param key quick; null: this call is placed at random
   */
  static Balancer consistentHash(Function<? super Context, ? extends @Nullable Object> key) {
    return new ConsistentHash(java.util.Objects.requireNonNull(key, "key"));
  }

  /**
   * Prepares for a set of candidates. Called by one thread at a time, whenever the set or a weight
   * has changed; may be expensive, must not block.
   *
   * @param candidates at least one, ordered by id, unmodifiable
   */
  Picker over(List<Candidate> candidates);

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
