package dev.resilience.configuration;

import dev.resilience.Preset;
import dev.resilience.Resilience;
import dev.resilience.breaker.Breaker;
import dev.resilience.configuration.StackParts.Recipe;
import dev.resilience.hedge.Hedge;
import dev.resilience.limit.ConcurrencyLimit;
import dev.resilience.limit.RateLimit;
import dev.resilience.observe.PolicyListener;
import dev.resilience.policy.Classifier;
import dev.resilience.policy.ContextPolicy;
import dev.resilience.policy.RetryBudget;
import dev.resilience.retry.Retry;
import dev.resilience.timeout.AdaptiveTimeout;
import dev.resilience.timeout.ServiceTimeouts;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Builds one stack, beside the one that it is to replace. Nothing of that one changes before {@link
 * #commit}, which cannot fail.
 */
final class StackAssembly {

  /** The third part of the largest burst. */
  private static final int MOST_FURTHER_ATTEMPTS = 300_000;

  private final String name;
  private final StackSpec spec;
  private final Configuration configuration;
  private final @Nullable StackParts old;
  private final PolicyListener user;
  private final LimitLink limitLink;
  private final Classifier classifier;

  private final Map<PolicyKind, ContextPolicy> parts = new EnumMap<>(PolicyKind.class);
  private final Map<PolicyKind, Recipe> recipes = new EnumMap<>(PolicyKind.class);
  private final List<String> changed = new ArrayList<>();
  private final List<Runnable> changes = new ArrayList<>();
  private @Nullable RetryBudget budget;
  private @Nullable Integer ownBudget;
  private @Nullable CircuitLink circuit;
  private @Nullable StackParts made;

  /**
   * @param old what it replaces; null: it is new
   * @param user hears of all
   * @param limitLink the one of the stack
   */
  StackAssembly(
      String name,
      Configuration configuration,
      @Nullable StackParts old,
      PolicyListener user,
      LimitLink limitLink,
      Classifier classifier) {
    this.name = name;
    this.spec = Optional.ofNullable(configuration.stacks().get(name)).orElseThrow();
    this.configuration = configuration;
    this.old = old;
    this.user = user;
    this.limitLink = limitLink;
    this.classifier = classifier;
  }

  /** Builds what is new, and takes over what has stayed the same. */
  StackAssembly build(Budgets budgets) {
    chooseBudget(budgets);
    for (PolicyKind kind : spec.kinds()) {
      keepIfUnchanged(kind, recipe(kind));
    }
    Resilience template = preset().build();
    for (ContextPolicy policy : template.policies()) {
      parts.put(kindOf(policy), policy);
    }
    for (PolicyKind kind : spec.kinds()) {
      if (!parts.containsKey(kind)) {
        parts.put(kind, byHand(kind, template.classifier()));
      }
    }
    ContextPolicy[] outermostFirst =
        spec.order().stream().map(parts::get).toArray(ContextPolicy[]::new);
    made =
        new StackParts(
            template.withPolicies(outermostFirst), parts, recipes, budget, ownBudget, circuit);
    return this;
  }

  /** Puts the new stack in the place of the old one. */
  StackParts commit() {
    StackParts next = Optional.ofNullable(made).orElseThrow();
    changes.forEach(Runnable::run);
    limitLink.connect(next.budget());
    CircuitLink before = old == null ? null : old.circuit();
    CircuitLink after = next.circuit();
    if (before != null && before != after) {
      before.connect(PolicyListener.none());
    }
    if (after != null) {
      after.connect(
          next.parts().get(PolicyKind.ADAPTIVE_TIMEOUT) instanceof AdaptiveTimeout timeout
              ? timeout.circuitListener()
              : PolicyListener.none());
    }
    return next;
  }

  /** The keys of what is new, changed or gone. */
  List<String> changed() {
    return changed;
  }

  // ---- what stays

  private void chooseBudget(Budgets budgets) {
    if (!spec.has(PolicyKind.RETRY) && !spec.has(PolicyKind.HEDGE)) {
      return;
    }
    if (spec.budget().isPresent()) {
      budget = budgets.get(spec.budget().get());
      return;
    }
    // A lonely call gets all its attempts, the dear ones too.
    int attempts = spec.values(PolicyKind.RETRY).get(RetryKeys.MAX_ATTEMPTS, 3);
    ownBudget = Math.max(20, 3 * Math.min(attempts - 1, MOST_FURTHER_ATTEMPTS));
    budget =
        old != null && ownBudget.equals(old.ownBudget())
            ? old.budget()
            : RetryBudget.builder().burst(ownBudget).build();
  }

  private Recipe recipe(PolicyKind kind) {
    Map<String, Object> others = new LinkedHashMap<>();
    if (budget != null && (kind == PolicyKind.RETRY || kind == PolicyKind.HEDGE)) {
      others.put("budget", budget);
      others.put("isRetried", spec.has(PolicyKind.RETRY));
    }
    if (kind == PolicyKind.SERVICE_TIMEOUT) {
      others.put("all", configuration.serviceTimeouts());
      others.put("limit", Optional.ofNullable(configuration.services().get(service())));
    }
    return new Recipe(
        spec.values(kind),
        spec.preset().orElse(null),
        spec.isUnrepeatable() && kind == PolicyKind.RETRY,
        others);
  }

  private void keepIfUnchanged(PolicyKind kind, Recipe recipe) {
    recipes.put(kind, recipe);
    StackParts previous = old;
    Recipe before = previous == null ? null : previous.recipes().get(kind);
    ContextPolicy part = previous == null ? null : previous.parts().get(kind);
    String key = Keys.join(Keys.join(ConfigurationReader.STACKS, name), kind.key());
    if (previous == null || before == null || part == null) {
      changed.add(key);
      return;
    }
    if (!before.equals(recipe)) {
      changed.add(key);
      if (!(part instanceof RateLimit limit)
          || !before.isAlikeButFor(recipe)
          || !RateLimitKeys.canChange(before.values(), recipe.values())) {
        return;
      }
      // Who waits in line keeps its place.
      changes.add(() -> RateLimitKeys.change(limit, recipe.values()));
    }
    parts.put(kind, part);
    if (kind == PolicyKind.BREAKER) {
      circuit = previous.circuit();
    }
  }

  // ---- what is new

  /** With the parts that the preset has and that are not kept, to be built. */
  private Preset preset() {
    Preset preset = spec.preset().orElse(PresetKind.CACHE).preset(name);
    preset.classifier(classifier);
    if (user != PolicyListener.none()) {
      preset.listener(user);
    }
    if (spec.isUnrepeatable()) {
      preset.unrepeatable();
    }
    if (budget != null) {
      preset.budget(budget);
    }
    if (isByPreset(PolicyKind.RETRY)) {
      preset.retry(b -> RetryKeys.apply(spec.values(PolicyKind.RETRY), b, true));
    } else {
      preset.withoutRetry();
    }
    if (isByPreset(PolicyKind.HEDGE)) {
      preset.hedge(this::hedge);
    } else {
      preset.withoutHedge();
    }
    if (isByPreset(PolicyKind.BREAKER)) {
      preset.breaker(b -> breaker(b, true));
    } else {
      preset.withoutBreaker();
    }
    if (isByPreset(PolicyKind.CONCURRENCY_LIMIT)) {
      preset.limit(
          b ->
              ConcurrencyLimitKeys.apply(spec.values(PolicyKind.CONCURRENCY_LIMIT), b)
                  .listener(limitLink));
    } else {
      preset.withoutLimit();
    }
    return preset;
  }

  private boolean isByPreset(PolicyKind kind) {
    boolean isFixed = spec.values(kind).has(ConcurrencyLimitKeys.PERMITS);
    return spec.has(kind) && spec.isOfPreset(kind) && !parts.containsKey(kind) && !isFixed;
  }

  private static PolicyKind kindOf(ContextPolicy policy) {
    if (policy instanceof Retry) {
      return PolicyKind.RETRY;
    }
    if (policy instanceof Hedge) {
      return PolicyKind.HEDGE;
    }
    return policy instanceof Breaker ? PolicyKind.BREAKER : PolicyKind.CONCURRENCY_LIMIT;
  }

  private ContextPolicy byHand(PolicyKind kind, Classifier judge) {
    Values values = spec.values(kind);
    return switch (kind) {
      case RETRY -> {
        Retry.Builder retry = Retry.builder(name).classifier(judge).listener(user);
        if (budget != null) {
          retry.budget(budget);
        }
        yield RetryKeys.apply(values, retry, false).build();
      }
      case HEDGE -> hedge(Hedge.builder(name).classifier(judge).listener(user)).build();
      case BREAKER -> breaker(Breaker.builder(name).classifier(judge), false).build();
      case CONCURRENCY_LIMIT -> concurrencyLimit(values, judge);
      case RATE_LIMIT ->
          RateLimitKeys.apply(values, RateLimit.builder(name)).listener(user).build();
      case TIMEOUT -> TimeoutKeys.builder(values, name).listener(user).build();
      case ADAPTIVE_TIMEOUT ->
          AdaptiveTimeoutKeys.apply(values, AdaptiveTimeout.builder(name))
              .classifier(judge)
              .listener(user)
              .build();
      case SERVICE_TIMEOUT -> serviceTimeout();
    };
  }

  /** The successes that fill a budget are counted by the retry, where there is one. */
  private Hedge.Builder hedge(Hedge.Builder builder) {
    if (budget != null) {
      if (spec.has(PolicyKind.RETRY)) {
        builder.sharedBudget(budget);
      } else {
        builder.budget(budget);
      }
    }
    return HedgeKeys.apply(spec.values(PolicyKind.HEDGE), builder);
  }

  private Breaker.Builder breaker(Breaker.Builder builder, boolean isPreset) {
    CircuitLink link = new CircuitLink(user);
    circuit = link;
    return BreakerKeys.apply(spec.values(PolicyKind.BREAKER), builder, isPreset).listener(link);
  }

  private ConcurrencyLimit concurrencyLimit(Values values, Classifier judge) {
    Optional<Integer> permits = values.find(ConcurrencyLimitKeys.PERMITS);
    return permits.isPresent()
        ? ConcurrencyLimitKeys.applyFixed(values, ConcurrencyLimit.builder(name, permits.get()))
            .listener(limitLink)
            .build()
        : ConcurrencyLimitKeys.apply(values, ConcurrencyLimit.adaptive(name))
            .classifier(judge)
            .listener(limitLink)
            .build();
  }

  private ContextPolicy serviceTimeout() {
    ServiceTimeouts limits =
        ServiceTimeoutKeys.builder(configuration.serviceTimeouts(), configuration.services())
            .listener(user)
            .build();
    return limits.forService(service());
  }

  private String service() {
    return spec.values(PolicyKind.SERVICE_TIMEOUT).get(ServiceTimeoutKeys.SERVICE, name);
  }
}
