package dev.resilience.junit;

import dev.resilience.context.Context;
import dev.resilience.diagnostics.Leak;
import dev.resilience.diagnostics.LeakDetector;
import dev.resilience.time.TimeSource;
import dev.resilience.time.VirtualTime;
import java.lang.annotation.Annotation;
import java.lang.reflect.Method;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;
import org.junit.jupiter.api.extension.InvocationInterceptor;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;
import org.junit.jupiter.api.extension.ReflectiveInvocationContext;
import org.junit.platform.commons.support.AnnotationSupport;

/** What {@link Simulated} and {@link FailOnContextLeaks} do, together or alone. */
final class ContextExtension
    implements InvocationInterceptor, ParameterResolver, AfterEachCallback {

  private static final Namespace OURS = Namespace.create(ContextExtension.class);

  /** What one test has, as far as its annotations ask for it. */
  private static final class Equipment {

    final @Nullable Simulated simulated;
    final TimeSource time;
    final @Nullable LeakDetector leaks;
    final Context root;

    Equipment(ExtensionContext test) {
      this.simulated = find(test, Simulated.class).orElse(null);
      this.time = simulated == null ? TimeSource.system() : VirtualTime.automatic(seed(simulated));
      this.leaks =
          find(test, FailOnContextLeaks.class).map(present -> LeakDetector.strict()).orElse(null);
      this.root = leaks == null ? Context.background(time) : Context.observed(time, leaks);
    }

    static long seed(Simulated simulated) {
      return Long.getLong("resilience.seed", simulated.seed());
    }

    @Nullable Object parameter(Class<?> type) {
      if (type == Context.class) {
        return root;
      }
      if (type == TimeSource.class) {
        return time;
      }
      if (type == VirtualTime.Automatic.class && simulated != null) {
        return time;
      }
      return type == LeakDetector.class ? leaks : null;
    }
  }

  /** So that a constructor gets what belongs to the test that its object is made for. */
  @Override
  public ExtensionContextScope getTestInstantiationExtensionContextScope(ExtensionContext root) {
    return ExtensionContextScope.TEST_METHOD;
  }

  @Override
  public boolean supportsParameter(ParameterContext parameter, ExtensionContext test) {
    return test.getTestMethod().isPresent()
        && equipment(test).parameter(parameter.getParameter().getType()) != null;
  }

  @Override
  public @Nullable Object resolveParameter(ParameterContext parameter, ExtensionContext test) {
    return equipment(test).parameter(parameter.getParameter().getType());
  }

  @Override
  public void interceptTestMethod(
      Invocation<@Nullable Void> invocation,
      ReflectiveInvocationContext<Method> called,
      ExtensionContext test)
      throws Throwable {
    run(invocation, equipment(test));
  }

  @Override
  public void interceptTestTemplateMethod(
      Invocation<@Nullable Void> invocation,
      ReflectiveInvocationContext<Method> called,
      ExtensionContext test)
      throws Throwable {
    run(invocation, equipment(test));
  }

  private static void run(Invocation<@Nullable Void> invocation, Equipment equipment)
      throws Throwable {
    if (!(equipment.time instanceof VirtualTime.Automatic simulation)
        || equipment.simulated == null) {
      invocation.proceed();
      return;
    }
    try {
      simulation.run(
          () -> {
            proceed(invocation);
            return "done";
          });
    } catch (Throwable failure) {
      failure.addSuppressed(new Seed(Equipment.seed(equipment.simulated)));
      throw failure;
    }
  }

  /** What a test throws goes through a callable, which declares no errors. */
  private static void proceed(Invocation<@Nullable Void> invocation) throws Exception {
    try {
      invocation.proceed();
    } catch (Throwable failure) {
      throw ContextExtension.<Exception>asThrown(failure);
    }
  }

  // What is thrown is not changed by the cast, which is erased.
  @SuppressWarnings({"unchecked", "TypeParameterUnusedInFormals"})
  private static <X extends Throwable> X asThrown(Throwable failure) throws X {
    throw (X) failure;
  }

  @Override
  public void afterEach(ExtensionContext test) {
    LeakDetector leaks = equipment(test).leaks;
    if (leaks == null || test.getExecutionException().isPresent()) {
      return;
    }
    List<Leak> left = leaks.unfinished();
    if (!left.isEmpty()) {
      throw new ContextLeakError(left);
    }
  }

  private static Equipment equipment(ExtensionContext test) {
    return test.getStore(OURS)
        .computeIfAbsent(Equipment.class, key -> new Equipment(test), Equipment.class);
  }

  private static <A extends Annotation> Optional<A> find(ExtensionContext test, Class<A> type) {
    Optional<A> found = AnnotationSupport.findAnnotation(test.getRequiredTestMethod(), type);
    for (Class<?> around = test.getRequiredTestClass();
        found.isEmpty() && around != null;
        around = around.getEnclosingClass()) {
      found = AnnotationSupport.findAnnotation(around, type);
    }
    return found;
  }

  /** Says how to see a failure again. */
  private static final class Seed extends Exception {

    private static final long serialVersionUID = 1L;

    Seed(long seed) {
      super("run with -Dresilience.seed=" + seed, null, false, false);
    }
  }
}
