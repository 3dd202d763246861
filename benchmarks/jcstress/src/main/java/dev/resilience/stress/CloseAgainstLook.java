package dev.resilience.stress;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import dev.resilience.context.CancelReason;
import dev.resilience.context.CancellableContext;
import dev.resilience.context.Context;
import dev.resilience.context.ContextException;
import org.jspecify.annotations.Nullable;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.ZZ_Result;

/**
 * A context that nobody waits for is closed while others ask what became of it: its verdict is put
 * into words by whoever asks first, and is the same for all.
 */
public class CloseAgainstLook {

  private CloseAgainstLook() {}

  @JCStressTest
  @Outcome(id = "true, true", expect = ACCEPTABLE, desc = "one end, closed by its owner")
  @Outcome(expect = FORBIDDEN, desc = "two ends, or an end of another kind")
  @State
  public static class AtItAndBelow {

    private final CancellableContext context = Context.background().withCancel();
    private final Context child = context.withCancel();
    private @Nullable ContextException seen;
    private @Nullable ContextException seenBelow;

    @Actor
    public void close() {
      context.close();
    }

    @Actor
    public void look() {
      seen = context.error();
    }

    @Actor
    public void lookBelow() {
      seenBelow = child.error();
    }

    @Arbiter
    public void compare(ZZ_Result r) {
      ContextException error = context.error();
      r.r1 =
          error != null
              && child.error() == error
              && (seen == null || seen == error)
              && (seenBelow == null || seenBelow == error);
      r.r2 =
          context.cause() == CancelReason.CLOSED
              && !context.isEndInherited()
              && child.isEndInherited();
    }
  }

  @JCStressTest
  @Outcome(id = "true, true", expect = ACCEPTABLE, desc = "the cancel won")
  @Outcome(id = "false, false", expect = ACCEPTABLE, desc = "the close won")
  @Outcome(expect = FORBIDDEN, desc = "the answer of cancel is not what happened")
  @State
  public static class AgainstCancel {

    private final CancellableContext context = Context.background().withCancel();

    @Actor
    public void close() {
      context.close();
    }

    @Actor
    public void cancel(ZZ_Result r) {
      r.r1 = context.cancel(CancelReason.USER);
    }

    @Arbiter
    public void look(ZZ_Result r) {
      r.r2 = context.cause() == CancelReason.USER;
    }
  }
}
