package dev.resilience.context;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import org.jspecify.annotations.Nullable;

/**
 * The context that a stack of policies gives to one run of its work. It ends, and has the values,
 * as the context that it is made of; besides it knows when the work is over, and interrupts it when
 * the context ends before.
 *
 * <p>For those who run work for others, as a stack does; its users call {@link Context#onAbort}.
 *
 * <pre>{@code
 * WorkContext run = WorkContext.interrupted(ctx, null);
 * T result;
 * try {
 *   result = work.call(run);
 * } catch (Throwable failure) {
 *   throw run.failed(failure);
 * }
 * run.returned();
 * }</pre>
 *
 * <p>Thread-safe, but for the interrupt, which is for the thread that made it. Costs two objects,
 * 80 bytes, and what it costs the context to have one more callback; 32 bytes without the
 * interrupt.
 */
public final class WorkContext extends ValueContext {

  private static final VarHandle HOOKS;

  static {
    try {
      HOOKS = MethodHandles.lookup().findVarHandle(WorkContext.class, "hooks", Hook.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  /** A callback for an early end, and those that were registered before. */
  private static final class Hook {

    private final @Nullable Callback callback;
    private final @Nullable Hook earlier;

    Hook(@Nullable Callback callback, @Nullable Hook earlier) {
      this.callback = callback;
      this.earlier = earlier;
    }
  }

  /** In the place of hooks: the work is over. */
  private static final Hook OVER = new Hook(null, null);

  private final @Nullable Interruption interruption;
  private volatile @Nullable Hook hooks;

  private WorkContext(Node ctx, @Nullable Interruption interruption) {
    super(ctx.root, ctx.values, ctx.scope());
    this.interruption = interruption;
  }

  /**
   * For work on the calling thread, which begins now.
   *
   * @param ctx whose end interrupts the thread of the work
   * @param told of the interrupt
   * @throws ContextException if the context has ended already
   */
  public static WorkContext interrupted(Context ctx, @Nullable InterruptListener told) {
    Node node = (Node) ctx;
    Scope scope = node.scope();
    return new WorkContext(node, scope == null ? null : Interruption.begin(node, scope, told));
  }

  /**
   * For work that is started here, or that must not be interrupted.
   *
   * @param ctx whose end runs the hooks of the work
   */
  public static WorkContext of(Context ctx) {
    return new WorkContext((Node) ctx, null);
  }

  /** The work has come to its result: from here on no hook runs, and no interrupt lands. */
  public void returned() {
    over();
    if (interruption != null) {
      interruption.isOver(null);
    }
  }

  /**
   * The work has failed: from here on no hook runs, and no interrupt lands.
   *
   * @return what its caller gets: the failure or, where the context has ended meanwhile, a new
   *     exception for that in which the failure is suppressed. An {@link Error}, and an interrupt
   *     from outside while the context lives, come out as they are
   */
  public Throwable failed(Throwable failure) {
    over();
    boolean ours = interruption != null && interruption.isOver(failure);
    boolean others = failure instanceof InterruptedException && !ours;
    if (failure instanceof Error || (others && interruption == null) || !isDone()) {
      return failure;
    }
    if (others) {
      // An outer call's, at the same end, which takes it back; or one from outside, and kept.
      Thread.currentThread().interrupt();
    }
    ContextException end = toException();
    if (failure.getClass() == end.getClass() && failure.getCause() == end.getCause()) {
      return failure;
    }
    end.addSuppressed(failure);
    return end;
  }

  private void over() {
    Hook last = (Hook) HOOKS.getAndSet(this, OVER);
    while (last != null && last != OVER) {
      if (last.callback != null) {
        last.callback.withdraw();
      }
      last = last.earlier;
    }
  }

  @Override
  Registration abortHook(DoneCallback action) {
    Scope scope = scope();
    if (scope == null) {
      return new Callback(null, action, Callback.Kind.ABORT);
    }
    Callback hook = new Callback(scope, action, Callback.Kind.USER);
    Hook last;
    do {
      last = hooks;
      if (last == OVER) {
        hook.drop();
        return hook;
      }
    } while (!HOOKS.compareAndSet(this, last, new Hook(hook, last)));
    scope.add(hook);
    if (hooks == OVER) {
      // The work ended while it was added, and may have withdrawn it too early.
      hook.withdraw();
      scope.remove(hook);
    }
    return hook;
  }

  @Override
  Context withValues(Values other) {
    return new WorkValues(this, other);
  }

  /** The same work, with other values. */
  static final class WorkValues extends ValueContext {

    private final WorkContext work;

    WorkValues(WorkContext work, Values values) {
      super(work.root, values, work.scope());
      this.work = work;
    }

    @Override
    Registration abortHook(DoneCallback action) {
      return work.abortHook(action);
    }

    @Override
    Context withValues(Values other) {
      return new WorkValues(work, other);
    }
  }
}
