package dev.resilience.limit;

import org.junit.jupiter.api.Test;

/** The adaptive limit before a simulated service, over several seeds. */
class AdaptiveConcurrencyLimitTest {

  private static final int SEEDS = 10;

  private static ConcurrencyLimit limit() {
    return ConcurrencyLimit.adaptive("service").build();
  }

  @Test
  void print() {
    for (double[] shape :
        new double[][] {{.02, .3, .25}, {.05, 1, .25}, {.05, .5, .5}, {.005, .3, .8}}) {
      for (String s : new String[] {"A", "B", "B3", "G", "H", "J", "T"}) {
        Overload last = null;
        double ok = 0, waste = 0, rej = 0, crit = 0, end = 0;
        for (int seed = 0; seed < SEEDS; seed++) {
          Overload o = new Overload(seed);
          o.median = shape[0];
          o.patience = shape[1];
          o.sigma = shape[2];
          switch (s) {
            case "B" -> {
              o.load = .75;
              o.slowFrom = 4;
              o.slowUntil = 8;
              o.slower = 6;
            }
            case "B3" -> {
              o.load = .6;
              o.slowFrom = 4;
              o.slower = 3;
            }
            case "G" -> o.load = 1.3;
            case "H" -> {
              o.surgeFrom = 4;
              o.surgeUntil = 6;
              o.surge = 5;
            }
            case "J" -> {
              o.load = 1.3;
              o.critical = .3;
            }
            case "T" -> {
              o.load = .75;
              o.shares = java.util.Map.of("a", .1, "b", .1, "c", .1, "d", .1, "e", .1, "f", 1.);
            }
            default -> {}
          }
          ConcurrencyLimit l =
              s.equals("T")
                  ? ConcurrencyLimit.adaptive("x").fairBetween(Overload.TENANT).build()
                  : limit();
          last = o.play(l);
          ok += o.success();
          waste += o.wasted;
          rej += o.rejected / (double) o.calls;
          crit += o.criticalSuccess();
          end += o.lastSecondSuccess();
        }
        System.err.printf(
            "%s %s ok %.3f waste %.1f rej %.3f crit %.3f end %.3f %s%n",
            java.util.Arrays.toString(shape),
            s,
            ok / SEEDS,
            waste / SEEDS,
            rej / SEEDS,
            crit / SEEDS,
            end / SEEDS,
            s.equals("T") ? "a " + last.successOf("a") + " f " + last.successOf("f") : "");
      }
    }
  }
}
