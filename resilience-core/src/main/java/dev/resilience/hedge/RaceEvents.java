package dev.resilience.hedge;

import dev.resilience.context.Context;
import dev.resilience.observe.CallReport;
import dev.resilience.observe.CallReport.Decision;
import dev.resilience.observe.PolicyEvent;
import dev.resilience.observe.PolicyListener;
import dev.resilience.text.DurationText;
import java.time.Duration;

/** Tells listeners and reports how races went. */
record RaceEvents(String name, PolicyListener listener) {

  void hedged(Context ctx, int number, Duration after) {
    CallReport.tell(
        ctx, name, new Decision("hedge " + number + " started after " + DurationText.of(after)));
    listener.on(ctx, new PolicyEvent.HedgeStarted(name, number, after));
  }

  /** Nothing is said of a single attempt. */
  void decided(Context ctx, int winner, int started) {
    if (started < 2) {
      return;
    }
    if (winner == Race.NOBODY) {
      CallReport.tell(ctx, name, new Decision("none of " + started + " attempts was good"));
      listener.on(ctx, new PolicyEvent.RaceLost(name, started));
    } else {
      String won = (winner == 0 ? "the first" : "number " + (winner + 1)) + " of " + started;
      CallReport.tell(ctx, name, new Decision(won + " attempts won"));
      listener.on(ctx, new PolicyEvent.RaceWon(name, winner, started));
    }
  }
}
