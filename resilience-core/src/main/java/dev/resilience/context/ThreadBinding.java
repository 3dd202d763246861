package dev.resilience.context;

import java.util.Objects;

/**
 * Keeps a thread-local of another library true to the context, on every thread that works for it:
 * the fields of a log line, the current span of a tracer. Added to a context with {@link
 * Context#withBinding}; contexts derived from that have it, too.
 *
 * <pre>{@code
 * ThreadBinding tenant = ctx -> {
 *   String before = Tenant.current();                       // the other library's thread-local
 *   Tenant.set(ctx.get(TENANT));
 *   return () -> Tenant.set(before);
 * };
 * Context request = Context.background().withValue(TENANT, "acme").withBinding(tenant);
 * }</pre>
 *
 * <p>It is applied around
 *
 * <ul>
 *   <li>each attempt of a stack, and the start of each asynchronous one;
 *   <li>the tasks of groups and pools, the stages and sinks of pipelines, the loads of caches, and
 *       whatever else runs under {@link Context#interruptibly};
 *   <li>callbacks of {@link Context#onDone} and {@link Context#onAbort};
 *   <li>listeners of policies and of call reports,
 * </ul>
 *
 * and undone afterwards, on the same thread. What a completed stage runs belongs to whoever
 * registered it: {@link #wrap} it, or {@link #bind} there.
 *
 * <p>Thread-safe. Costs one field of the table of values; work under a context without one pays a
 * look at that field.
 */
@FunctionalInterface
public interface ThreadBinding {

  /**
   * Makes the calling thread say what the context says. Called often: be quick. What it throws is
   * logged, and the work goes on without.
   *
   * @param ctx of the work that begins
   * @return undoes it; called once, on the same thread
   */
  Bound enter(Context ctx);

  /** A thread that says what a context says, until it is closed. */
  @FunctionalInterface
  interface Bound extends AutoCloseable {

    /** Puts back what was there before. On the thread that entered. */
    @Override
    void close();
  }

  /**
   * Enters all bindings of a context on this thread; for those who run work for others.
   *
   * <pre>{@code
   * try (var bound = ThreadBinding.bind(ctx)) {
   *   handler.handle(ctx);
   * }
   * }</pre>
   *
   * @return never throws when closed
   */
  static Bound bind(Context ctx) {
    return BindingChain.enter((Node) Objects.requireNonNull(ctx, "ctx"));
  }

  /**
   * A task under the bindings of a context, on whatever thread it runs. The task itself where the
   * context has none.
   */
  static Runnable wrap(Context ctx, Runnable task) {
    Objects.requireNonNull(task, "task");
    if (((Node) Objects.requireNonNull(ctx, "ctx")).values.bindings() == null) {
      return task;
    }
    return () -> {
      try (Bound bound = bind(ctx)) {
        task.run();
      }
    };
  }
}
