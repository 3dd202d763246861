package dev.resilience.benchmarks;

import dev.resilience.concurrent.TaskGroup;
import dev.resilience.context.Context;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/**
 * Ten tasks that do nothing, forked and joined: a group, the JDK's scope (25, with {@code
 * --enable-preview}; elsewhere it throws), and futures of a cached executor.
 */
@State(Scope.Benchmark)
public class ForkAndJoin {

  private static final int TASKS = 10;

  private final Context ctx = Context.background();
  private final Object answer = new Object();
  private final Callable<Object> work = () -> answer;
  private final ExecutorService executor = Executors.newCachedThreadPool();
  private final @Nullable JdkScope scope = JdkScope.find();

  @Benchmark
  @OperationsPerInvocation(TASKS)
  public Object group() throws InterruptedException {
    try (TaskGroup<Object> group = TaskGroup.open(ctx)) {
      for (int i = 0; i < TASKS; i++) {
        group.fork(c -> answer);
      }
      return group.join();
    }
  }

  @Benchmark
  @OperationsPerInvocation(TASKS)
  public void jdk() throws Throwable {
    if (scope == null) {
      throw new IllegalStateException("no StructuredTaskScope here");
    }
    scope.forkAndJoin(work, TASKS);
  }

  @Benchmark
  @OperationsPerInvocation(TASKS)
  public Object executor() throws Exception {
    List<Future<Object>> futures = new ArrayList<>(TASKS);
    for (int i = 0; i < TASKS; i++) {
      futures.add(executor.submit(work));
    }
    Object last = answer;
    for (Future<Object> future : futures) {
      last = future.get();
    }
    return last;
  }

  @TearDown
  public void close() {
    executor.shutdown();
  }

  /** The JDK's scope, which code for 17 cannot name. */
  private static final class JdkScope {

    private final MethodHandle open;
    private final MethodHandle fork;
    private final MethodHandle join;

    private JdkScope(MethodHandle open, MethodHandle fork, MethodHandle join) {
      this.open = open;
      this.fork = fork;
      this.join = join;
    }

    static @Nullable JdkScope find() {
      try {
        Class<?> type = Class.forName("java.util.concurrent.StructuredTaskScope");
        Class<?> subtask = Class.forName("java.util.concurrent.StructuredTaskScope$Subtask");
        MethodHandles.Lookup lookup = MethodHandles.publicLookup();
        return new JdkScope(
            lookup
                .findStatic(type, "open", MethodType.methodType(type))
                .asType(MethodType.methodType(AutoCloseable.class)),
            lookup
                .findVirtual(type, "fork", MethodType.methodType(subtask, Callable.class))
                .asType(MethodType.methodType(Object.class, AutoCloseable.class, Callable.class)),
            lookup
                .findVirtual(type, "join", MethodType.methodType(Object.class))
                .asType(MethodType.methodType(Object.class, AutoCloseable.class)));
      } catch (ReflectiveOperationException | LinkageError absent) {
        return null;
      }
    }

    void forkAndJoin(Callable<Object> work, int tasks) throws Throwable {
      try (AutoCloseable scope = (AutoCloseable) open.invokeExact()) {
        for (int i = 0; i < tasks; i++) {
          Object unused = (Object) fork.invokeExact(scope, work);
        }
        Object unused = (Object) join.invokeExact(scope);
      }
    }
  }
}
