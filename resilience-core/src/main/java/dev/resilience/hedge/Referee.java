package dev.resilience.hedge;

import dev.resilience.context.Context;
import dev.resilience.policy.CallStory;
import dev.resilience.policy.CallStory.Decision;
import dev.resilience.policy.PolicyEvent;
import dev.resilience.policy.PolicyListener;
import java.time.Duration;

/** Says how races went. */
record Referee(String name, PolicyListener listener) {

  void hedged(Context ctx, int number, Duration after) {
    CallStory.tell(ctx, name, new Decision("hedge " + number + " started after " + after));
    listener.on(new PolicyEvent.HedgeStarted(name, number, after));
  }

  /** Nothing is said of a single attempt. */
  void decided(Context ctx, int winner, int started) {
    if (started < 2) {
      return;
    }
    if (winner == Race.NOBODY) {
      CallStory.tell(ctx, name, new Decision("none of " + started + " attempts was good"));
      listener.on(new PolicyEvent.RaceLost(name, started));
    } else {
      String won = (winner == 0 ? "the first" : "number " + (winner + 1)) + " of " + started;
      CallStory.tell(ctx, name, new Decision(won + " attempts won"));
      listener.on(new PolicyEvent.RaceWon(name, winner, started));
    }
  }
}
