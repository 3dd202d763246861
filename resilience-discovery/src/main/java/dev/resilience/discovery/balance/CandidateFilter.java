package dev.resilience.discovery.balance;

import dev.resilience.context.Context;
import dev.resilience.discovery.registry.ServiceInstance;
import dev.resilience.text.Arguments;
import java.util.List;
import java.util.Objects;
import java.util.function.Predicate;

/**
 * Decides which candidates get calls, before the {@link Balancer} chooses among them: canaries,
 * versions, regions. A client asks its filters one after the other; {@code explain()} shows their
 * order, and which one took an instance out. Health checks, ejection and zones are such filters,
 * too.
 *
 * <pre>{@code
 * ServiceClient orders = ServiceClient.builder("orders", registry)
 *     .filter(CandidateFilter.share("canary", 0.05, it -> "yes".equals(it.metadata().get("canary"))))
 *     .open(ctx);
 * }</pre>
 *
 * <p>An extension point. A filter is asked when the set of candidates changes, and not for each
 * call. One filter may serve many clients: it is thread-safe and keeps no state. One that throws
 * keeps all candidates, and what it threw is logged.
 */
public interface CandidateFilter {

  /** A few words for {@code explain()}; always the same. */
  String name();

  /**
   * Chooses among the candidates that the filters before have left.
   *
   * @param candidates ordered by id, unmodifiable, at least one
   */
  FilterChoice choose(List<Candidate> candidates);

  /** Keeps the instances that match. Where none does, nobody can be called. */
  static CandidateFilter only(String name, Predicate<? super ServiceInstance> matches) {
    return new MatchingFilter(name, matches, false) {
      @Override
      FilterChoice divided(List<Candidate> matching) {
        return FilterChoice.keep(matching);
      }
    };
  }

  /** Keeps the instances that match, or all where none does. */
  static CandidateFilter prefer(String name, Predicate<? super ServiceInstance> matches) {
    return new MatchingFilter(name, matches, true) {
      @Override
      FilterChoice divided(List<Candidate> matching) {
        return FilterChoice.keep(matching);
      }
    };
  }

  /**
   * Gives the instances that match a share of the calls, and the others the rest.
   *
   * @param share 0 to 1
   */
  static CandidateFilter share(
      String name, double share, Predicate<? super ServiceInstance> matches) {
    Arguments.requireShare(share, "share");
    return when(name, ctx -> ctx.timeSource().random().nextDouble() < share, matches);
  }

  /**
   * Gives some calls to the instances that match, and the other calls to the others. Where a side
   * has nobody left whom the call has not tried, it goes to the other one.
   *
   * @param calls asked for each attempt: quick
   */
  static CandidateFilter when(
      String name, Predicate<? super Context> calls, Predicate<? super ServiceInstance> matches) {
    Objects.requireNonNull(calls, "calls");
    return new MatchingFilter(name, matches, true) {
      @Override
      FilterChoice divided(List<Candidate> matching) {
        return FilterChoice.split(matching, calls);
      }
    };
  }
}
