package dev.resilience.time;

import dev.resilience.context.Context;
import java.lang.reflect.Method;
import java.util.Optional;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;
import org.junit.jupiter.api.extension.InvocationInterceptor;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;
import org.junit.jupiter.api.extension.ReflectiveInvocationContext;
import org.junit.platform.commons.support.AnnotationSupport;

/**
 * What {@link Simulated} does: one simulation for each test, which runs inside of it. Public, so
 * that JUnit may use it where Surefire has opened none but the packages of the tests that it runs.
 */
public final class SimulatedExtension implements InvocationInterceptor, ParameterResolver {

  private static final Namespace OURS = Namespace.create(SimulatedExtension.class);

  /** So that a constructor gets the simulation of the test that its object is made for. */
  @Override
  public ExtensionContextScope getTestInstantiationExtensionContextScope(ExtensionContext root) {
    return ExtensionContextScope.TEST_METHOD;
  }

  @Override
  public boolean supportsParameter(ParameterContext parameter, ExtensionContext test) {
    Class<?> type = parameter.getParameter().getType();
    return test.getTestMethod().isPresent()
        && (type == VirtualTime.Automatic.class
            || type == TimeSource.class
            || type == Context.class);
  }

  @Override
  public Object resolveParameter(ParameterContext parameter, ExtensionContext test) {
    VirtualTime.Automatic simulation = simulationOf(test);
    return parameter.getParameter().getType() == Context.class
        ? test.getStore(OURS)
            .computeIfAbsent(Context.class, key -> Context.background(simulation), Context.class)
        : simulation;
  }

  @Override
  public void interceptTestMethod(
      Invocation<Void> invocation,
      ReflectiveInvocationContext<Method> called,
      ExtensionContext test)
      throws Throwable {
    run(invocation, test);
  }

  @Override
  public void interceptTestTemplateMethod(
      Invocation<Void> invocation,
      ReflectiveInvocationContext<Method> called,
      ExtensionContext test)
      throws Throwable {
    run(invocation, test);
  }

  private static void run(Invocation<Void> invocation, ExtensionContext test) throws Throwable {
    try {
      simulationOf(test)
          .run(
              () -> {
                proceed(invocation);
                return "done";
              });
    } catch (Throwable failure) {
      failure.addSuppressed(new Seed(seedOf(test)));
      throw failure;
    }
  }

  /** What a test throws goes through a callable, which declares no errors. */
  private static void proceed(Invocation<Void> invocation) throws Exception {
    try {
      invocation.proceed();
    } catch (Throwable failure) {
      throw SneakyThrow.rethrow(failure);
    }
  }

  private static VirtualTime.Automatic simulationOf(ExtensionContext test) {
    return test.getStore(OURS)
        .computeIfAbsent(
            VirtualTime.class,
            key -> VirtualTime.automatic(seedOf(test)),
            VirtualTime.Automatic.class);
  }

  private static long seedOf(ExtensionContext test) {
    long declared =
        AnnotationSupport.findAnnotation(test.getRequiredTestMethod(), Simulated.class)
            .or(() -> onClass(test))
            .map(Simulated::seed)
            .orElse(0L);
    return Long.getLong("resilience.seed", declared);
  }

  private static Optional<Simulated> onClass(ExtensionContext test) {
    for (Class<?> type = test.getRequiredTestClass();
        type != null;
        type = type.getEnclosingClass()) {
      var found = AnnotationSupport.findAnnotation(type, Simulated.class);
      if (found.isPresent()) {
        return found;
      }
    }
    return Optional.empty();
  }

  /** Says how to see a failure again. */
  private static final class Seed extends Exception {

    private static final long serialVersionUID = 1L;

    Seed(long seed) {
      super("run with -Dresilience.seed=" + seed, null, false, false);
    }
  }
}
