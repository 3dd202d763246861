package dev.resilience.load;

import static java.time.Duration.ofMillis;
import static java.time.Duration.ofSeconds;

import dev.resilience.Preset;
import dev.resilience.Resilience;
import dev.resilience.breaker.Breaker;
import dev.resilience.discovery.balance.Balancer;
import dev.resilience.hedge.Hedge;
import dev.resilience.limit.ConcurrencyLimit;
import dev.resilience.policy.Classifier;
import dev.resilience.policy.RetryBudget;
import dev.resilience.policy.Verdict;
import dev.resilience.retry.Backoff;
import dev.resilience.retry.Retry;
import dev.resilience.simulation.ClientSetup;
import dev.resilience.simulation.Contender;
import dev.resilience.simulation.ServiceException;
import dev.resilience.timeout.AdaptiveTimeout;
import dev.resilience.timeout.FixedTimeout;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/** Stacks of ours by name, for both kinds of runs. To judge a new one, add a line here. */
final class Stacks {

  /** Which answers say that the service refused before it did any work: they are no evidence. */
  private static final Classifier HTTP =
      Classifier.ofDefaults()
          .onFailure(
              ServiceException.class,
              failure -> failure.isRefusal() ? Verdict.REJECTED : Verdict.FAILURE);

  private static final Map<String, Contender> ALL = new LinkedHashMap<>();

  static {
    ALL.put("nothing", Contender.nothing());
    add("documented", Stacks::documented);
    add("adaptive", Stacks::adaptive);
    add("limit-24", setup -> Resilience.of(ConcurrencyLimit.of(24)));
    add(
        "adaptive-limit",
        setup -> Resilience.of(ConcurrencyLimit.adaptive(setup.service()).build()));
    add("preset", Stacks::preset);
    balanced("preset-balanced", Balancer.leastLoaded());
    balanced("preset-hot-cold", Balancer.hotCold());
    add("throttle", setup -> throttled(setup, 2, 0.9));
    add("throttle-1.2", setup -> throttled(setup, 1.2, 0.9));
  }

  private Stacks() {}

  private static void add(String name, Function<ClientSetup, Resilience> stack) {
    ALL.put(name, Contender.of(name, stack));
  }

  private static void balanced(String name, Balancer balancer) {
    ALL.put(name, BalancedClient.contender(name, Stacks::preset, HTTP, balancer));
  }

  /**
   * A stack by name; with {@code +telling} or {@code +refusing}, its services hear the time left.
   */
  static Contender of(String name) {
    if (name.endsWith("+telling") || name.endsWith("+refusing")) {
      return of(name.substring(0, name.lastIndexOf('+')))
          .tellingTimeLeft(name.endsWith("+refusing"));
    }
    Contender contender = ALL.get(name);
    if (contender == null) {
      throw new IllegalArgumentException("stack: " + name + " (expected: one of " + names() + ")");
    }
    return contender;
  }

  static List<String> names() {
    return List.copyOf(ALL.keySet());
  }

  /** As README has it. */
  private static Resilience documented(ClientSetup setup) {
    return Resilience.of(
        Retry.builder()
            .backoff(Backoff.exponential(ofMillis(50), ofSeconds(1)).withFullJitter())
            .build(),
        Breaker.builder(setup.service()).openFor(ofSeconds(1)).listener(setup.listener()).build(),
        FixedTimeout.of(setup.patience().dividedBy(2)));
  }

  /** As the page on composition has it, with all parts and their defaults. */
  private static Resilience adaptive(ClientSetup setup) {
    RetryBudget budget = RetryBudget.ofDefaults();
    AdaptiveTimeout timeout = AdaptiveTimeout.builder(setup.service()).build();
    return Resilience.of(
        Retry.builder().budget(budget).build(),
        Hedge.builder().sharedBudget(budget).build(),
        Breaker.builder(setup.service())
            .openFor(ofSeconds(1))
            .listener(
                event -> {
                  setup.listener().on(event);
                  timeout.circuitListener().on(event);
                })
            .build(),
        ConcurrencyLimit.builder(setup.service(), 24).maxWaiting(24).build(),
        timeout);
  }

  /** A throttle by acceptance in the place of the breaker. */
  private static Resilience throttled(ClientSetup setup, double k, double most) {
    return Resilience.of(
        new Throttle(k, most), ConcurrencyLimit.adaptive(setup.service()).classifier(HTTP).build());
  }

  /**
   * What a client that knows nothing gets: {@code Resilience.forHttp}, with its rule of refusals.
   */
  private static Resilience preset(ClientSetup setup) {
    return Preset.http(setup.service()).classifier(HTTP).listener(setup.listener()).build();
  }
}
