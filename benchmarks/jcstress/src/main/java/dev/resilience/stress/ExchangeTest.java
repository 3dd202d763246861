package dev.resilience.stress;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import java.util.concurrent.atomic.AtomicBoolean;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.ZZ_Result;

/** A placeholder: one of two racing compare-and-sets wins, never both. */
@JCStressTest
@Outcome(id = "true, false", expect = ACCEPTABLE, desc = "the first actor won")
@Outcome(id = "false, true", expect = ACCEPTABLE, desc = "the second actor won")
@Outcome(expect = FORBIDDEN, desc = "both or none won")
@State
public class ExchangeTest {
  private final AtomicBoolean ended = new AtomicBoolean();

  @Actor
  public void first(ZZ_Result r) {
    r.r1 = ended.compareAndSet(false, true);
  }

  @Actor
  public void second(ZZ_Result r) {
    r.r2 = ended.compareAndSet(false, true);
  }
}
