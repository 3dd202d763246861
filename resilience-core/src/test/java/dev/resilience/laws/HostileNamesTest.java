package dev.resilience.laws;

import static java.time.Duration.ofMillis;
import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.resilience.Preset;
import dev.resilience.Resilience;
import dev.resilience.breaker.Breaker;
import dev.resilience.budget.Phase;
import dev.resilience.budget.TimeBudget;
import dev.resilience.chaos.Chaos;
import dev.resilience.chaos.Fault;
import dev.resilience.concurrent.Conditions;
import dev.resilience.concurrent.GracefulShutdown;
import dev.resilience.concurrent.ResourcePool;
import dev.resilience.concurrent.TaskGroup;
import dev.resilience.concurrent.TaskSpec;
import dev.resilience.concurrent.WorkerPool;
import dev.resilience.concurrent.pipeline.Pipeline;
import dev.resilience.context.CancelReason;
import dev.resilience.context.CancellableContext;
import dev.resilience.context.Context;
import dev.resilience.context.Credential;
import dev.resilience.context.Key;
import dev.resilience.diagnostics.ContextMonitor;
import dev.resilience.diagnostics.LeakDetector;
import dev.resilience.error.CircuitOpenException;
import dev.resilience.fallback.Fallbacks;
import dev.resilience.hedge.FirstSuccess;
import dev.resilience.hedge.Hedge;
import dev.resilience.limit.ConcurrencyLimit;
import dev.resilience.limit.RateLimit;
import dev.resilience.observe.CallReport;
import dev.resilience.observe.PolicyListener;
import dev.resilience.policy.ContextPolicy;
import dev.resilience.policy.FallbackAnswer;
import dev.resilience.policy.TimeSourceGuard;
import dev.resilience.propagation.Baggage;
import dev.resilience.propagation.CancelMessage;
import dev.resilience.propagation.HopPath;
import dev.resilience.propagation.Propagation;
import dev.resilience.propagation.ReportedLoad;
import dev.resilience.propagation.TraceContext;
import dev.resilience.retry.Backoff;
import dev.resilience.retry.Retry;
import dev.resilience.time.VirtualTime;
import dev.resilience.timeout.AdaptiveTimeout;
import dev.resilience.timeout.FixedTimeout;
import dev.resilience.timeout.ServiceTimeouts;
import java.io.IOException;
import java.lang.reflect.Constructor;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Names, reasons and messages with line breaks, escapes and 900 kB forge no line and fill no disk:
 * whatever is made of them is looked at in all its texts.
 */
class HostileNamesTest {

  private static final String FORGED = "a\nb\u001b[31m\r\u202e";
  private static final String LONG = "x".repeat(900_000);

  /** A text of ours may hold a few names. */
  private static final int LONGEST = 5_000;

  private static final VirtualTime.Manual TIME = VirtualTime.manual();
  private static final Context ROOT = Context.background(TIME);

  /** What is made of a name, by the method that makes it. */
  private static final Map<String, Function<String, Object>> MADE = new LinkedHashMap<>();

  static {
    MADE.put("Preset.http", name -> Preset.http(name).build());
    MADE.put("Preset.rpc", name -> Preset.rpc(name).build());
    MADE.put("Preset.database", name -> Preset.database(name).build());
    MADE.put("Preset.cache", name -> Preset.cache(name).build());
    MADE.put("Resilience.forHttp", Resilience::forHttp);
    MADE.put("Resilience.forRpc", Resilience::forRpc);
    MADE.put("Resilience.forDatabase", Resilience::forDatabase);
    MADE.put("Resilience.forCache", Resilience::forCache);
    MADE.put("Breaker.ofDefaults", Breaker::ofDefaults);
    MADE.put("Breaker.builder", name -> forcedOpen(Breaker.builder(name).build()));
    MADE.put("Phase.of", name -> TimeBudget.of(Phase.of(name, 1)).start(ROOT));
    MADE.put("Chaos.of", Chaos::of);
    MADE.put("Chaos.builder", name -> Chaos.builder(name).faults(Fault.reject(1)).build());
    MADE.put(
        "Conditions.builder",
        name -> Conditions.builder(name).when(name, c -> true, c -> c).build());
    MADE.put("GracefulShutdown.builder", name -> GracefulShutdown.builder(name).open(ROOT));
    MADE.put(
        "ResourcePool.builder", name -> ResourcePool.builder(name, c -> "resource").open(ROOT));
    MADE.put("TaskGroup.builder", name -> TaskGroup.builder(name).open(ROOT));
    MADE.put("TaskSpec.of", name -> TaskSpec.of(name, c -> "done"));
    MADE.put("WorkerPool.builder", name -> WorkerPool.builder(name).open(ROOT));
    MADE.put(
        "Pipeline.builder",
        name -> Pipeline.<String>builder(name).map(name, (c, item) -> item).build());
    MADE.put("CancelReason.of", name -> cancelled(CancelReason.of(name)));
    MADE.put("Credential.of", Credential::of);
    MADE.put("Key.of", name -> Key.of(name, String.class));
    MADE.put("Key.credential", name -> Key.credential(name, String.class));
    MADE.put("ContextMonitor.of", ContextMonitor::of);
    MADE.put("ContextMonitor.builder", name -> ContextMonitor.builder(name).build());
    MADE.put("LeakDetector.builder", name -> LeakDetector.builder(name).open(ROOT));
    MADE.put("CircuitOpenException.whileProbed", CircuitOpenException::whileProbed);
    MADE.put("FirstSuccess.builder", name -> FirstSuccess.builder(name).build());
    MADE.put("Hedge.builder", name -> Hedge.builder(name).build());
    MADE.put(
        "ConcurrencyLimit.builder", name -> exhausted(ConcurrencyLimit.builder(name, 1).build()));
    MADE.put("ConcurrencyLimit.adaptive", name -> ConcurrencyLimit.adaptive(name).build());
    MADE.put(
        "RateLimit.builder",
        name ->
            exhausted(
                RateLimit.builder(name).rate(1, ofSeconds(9)).maxWait(Duration.ZERO).build()));
    MADE.put("CallReport.recorder", name -> CallReport.recorder(name).stopped(name));
    MADE.put("FallbackAnswer.of", name -> FallbackAnswer.of(name, "value"));
    MADE.put("TimeSourceGuard.of", HostileNamesTest::refusing);
    MADE.put("Baggage.of", name -> Baggage.of(name, name));
    MADE.put("HopPath.of", HopPath::of);
    MADE.put("Propagation.of", Propagation::of);
    MADE.put("Propagation.builder", name -> Propagation.builder(name).build());
    MADE.put("TraceContext.of", TraceContext::of);
    MADE.put("Retry.builder", name -> Retry.builder(name).backoff(Backoff.none()).build());
    MADE.put("AdaptiveTimeout.ofDefaults", AdaptiveTimeout::ofDefaults);
    MADE.put("AdaptiveTimeout.builder", name -> AdaptiveTimeout.builder(name).build());
    MADE.put("FixedTimeout.builder", name -> FixedTimeout.builder(name, ofMillis(1)).build());
    MADE.put("ReportedLoad.read", text -> String.valueOf(ReportedLoad.read(text)));
    MADE.put("CancelMessage.read", text -> String.valueOf(CancelMessage.read(text)));
    // by other methods
    MADE.put("Context.withName", name -> ROOT.withName(name).withCancel());
    MADE.put("Resilience.named", name -> Resilience.of().named(name));
    MADE.put("Fallbacks.named", name -> Fallbacks.ofValue("value").named(name));
    MADE.put(
        "ServiceTimeouts.service",
        name -> ServiceTimeouts.builder().service(name, ofMillis(5)).build().forService(name));
    MADE.put("a policy's text", name -> Resilience.of(new Named(name)));
    MADE.put("a failure's text", name -> new IOException(name));
  }

  private static Breaker forcedOpen(Breaker breaker) {
    breaker.forceOpen();
    return breaker;
  }

  private static Context cancelled(CancelReason reason) {
    CancellableContext ctx = ROOT.withCancel();
    ctx.cancel(reason);
    return ctx;
  }

  private static ConcurrencyLimit exhausted(ConcurrencyLimit limit) {
    assertThat(limit.tryAcquire(ROOT)).isPresent();
    return limit;
  }

  private static RateLimit exhausted(RateLimit limit) {
    assertThat(limit.tryAcquire(ROOT)).isTrue();
    return limit;
  }

  private static Throwable refusing(String name) {
    TimeSourceGuard guard = TimeSourceGuard.of(name);
    guard.check(ROOT);
    return catchThrowable(() -> guard.check(Context.background()));
  }

  static Stream<String> makers() {
    return MADE.keySet().stream();
  }

  @ParameterizedTest
  @MethodSource("makers")
  void a_name_forges_no_line(String maker) {
    look(maker, FORGED);
  }

  @ParameterizedTest
  @MethodSource("makers")
  void a_name_fills_no_disk(String maker) {
    look(maker, LONG);
  }

  @ParameterizedTest
  @MethodSource("makers")
  void a_name_of_line_breaks_forges_none(String maker) {
    look(maker, "\n".repeat(300));
  }

  /** Whoever writes another method that takes a name adds it above. */
  @Test
  void every_maker_is_looked_at() throws Exception {
    Set<String> takers = new TreeSet<>();
    UserFunctions.exported(
        type -> {
          for (Method method : type.getDeclaredMethods()) {
            if (Modifier.isStatic(method.getModifiers())
                && Modifier.isPublic(method.getModifiers())
                && !method.isSynthetic()
                && method.getParameterCount() > 0
                && method.getParameterTypes()[0] == String.class
                && !method.getName().equals("valueOf")) {
              takers.add(type.getSimpleName() + "." + method.getName());
            }
          }
        });
    assertThat(MADE.keySet()).containsAll(takers);
  }

  /** Also by whoever makes one of our exceptions himself. */
  @Test
  void no_exception_forges_a_line() throws Exception {
    List<Throwable> made = new ArrayList<>();
    UserFunctions.exported(
        type -> {
          if (Throwable.class.isAssignableFrom(type)) {
            for (Constructor<?> constructor : type.getConstructors()) {
              Object[] arguments =
                  Stream.of(constructor.getParameterTypes())
                      .map(HostileNamesTest::argument)
                      .toArray();
              try {
                made.add((Throwable) constructor.newInstance(arguments));
              } catch (ReflectiveOperationException | IllegalArgumentException other) {
                // Takes something else.
              }
            }
          }
        });
    assertThat(made).hasSizeGreaterThan(8);
    for (Throwable each : made) {
      assertThat(String.valueOf(each.getMessage()))
          .as(each.getClass().getName())
          .hasSizeLessThan(LONGEST)
          .doesNotContain("\n", "\u001b");
    }
  }

  private static Object argument(Class<?> type) {
    return type == String.class
        ? FORGED + LONG
        : type == Duration.class ? ofMillis(5) : type == Throwable.class ? new IOException() : "";
  }

  private static void look(String maker, String name) {
    List<String> texts = new ArrayList<>();
    Object made;
    try {
      made = MADE.get(maker).apply(name);
    } catch (IllegalArgumentException refused) {
      made = refused;
    }
    texts(made, texts);
    if (made instanceof ContextPolicy policy) {
      call(Resilience.of(policy), texts);
    } else if (made instanceof Resilience stack) {
      call(stack, texts);
    } else if (made instanceof IOException failure) {
      call(Resilience.of(Retry.builder().backoff(Backoff.none()).build()), failure, texts);
    } else if (made instanceof Context ctx) {
      texts.add(String.valueOf(catchThrowable(ctx::throwIfDone)));
    }
    assertThat(texts).isNotEmpty();
    for (String text : texts) {
      assertThat(text).hasSizeLessThan(LONGEST).doesNotContain("a\nb");
      assertThat(text.chars())
          .as("characters of %s", text)
          .allMatch(
              c ->
                  (c == '\n' && text.startsWith("tree")) || (c >= ' ' && c != 0x7f && c != 0x202e));
    }
  }

  private static void call(Resilience stack, List<String> texts) {
    call(stack, new UnsupportedOperationException("not tried again"), texts);
  }

  /** What is told of a call that fails, of one whose caller has left, and of one that succeeds. */
  private static void call(Resilience stack, Exception failure, List<String> texts) {
    PolicyListener events = event -> texts.add(event.toString());
    Resilience told = stack.withListener(events).withReports(report -> reportTexts(report, texts));
    texts.add(told.describe());
    texts.add(told.warnings().toString());
    BiFunction<Context, Exception, Throwable> attempt =
        (ctx, thrown) ->
            catchThrowable(
                () ->
                    told.call(
                        ctx,
                        c -> {
                          throw thrown;
                        }));
    Throwable rejected = attempt.apply(ROOT, failure);
    if (rejected != failure) {
      texts.add(String.valueOf(rejected));
    }
    texts.add(String.valueOf(attempt.apply(cancelled(CancelReason.USER), failure)));
  }

  private static void reportTexts(CallReport report, List<String> texts) {
    texts.add(report.toString());
    texts.add("tree: " + report.toTree());
    report.steps().forEach(step -> texts.add(step.toString()));
  }

  /** Its own text, and those of what its methods return. */
  private static void texts(Object made, List<String> texts) {
    if (!(made instanceof IOException)) {
      texts.add(made.toString());
    }
    if (made instanceof Throwable) {
      return;
    }
    for (Method method : made.getClass().getMethods()) {
      if (method.getParameterCount() == 0
          && Set.of("name", "snapshot", "describe", "stopped", "report", "toText", "explain")
              .contains(method.getName())
          && Modifier.isPublic(made.getClass().getModifiers())) {
        try {
          if (!(made instanceof Context)) { // whose name is the user's value
            texts.add(String.valueOf(method.invoke(made)));
          }
        } catch (ReflectiveOperationException broken) {
          throw new LinkageError("a public method cannot be called", broken);
        }
      }
    }
  }

  /** A policy of the user's. */
  private record Named(String name) implements ContextPolicy {

    @Override
    public <T, X extends Throwable> T call(
        Context ctx, dev.resilience.policy.Next next, dev.resilience.policy.Call<T, X> work)
        throws X {
      return next.call(ctx, work);
    }

    @Override
    public <T> java.util.concurrent.CompletionStage<T> callAsync(
        Context ctx, dev.resilience.policy.Next next, dev.resilience.policy.AsyncCall<T> work) {
      return next.callAsync(ctx, work);
    }

    @Override
    public String toString() {
      return name;
    }
  }
}
