package dev.resilience.examples.walkthrough;

import dev.resilience.Degraded;
import dev.resilience.Resilience;
import dev.resilience.context.CancelReason;
import dev.resilience.context.CancellableContext;
import dev.resilience.context.Context;
import dev.resilience.context.ContextCancelledException;
import dev.resilience.context.RequestInfo;
import dev.resilience.examples.concurrent.Log;
import dev.resilience.examples.program.CtrlC;
import dev.resilience.fallback.Fallbacks;
import dev.resilience.timeout.FixedTimeout;
import java.io.PrintStream;
import java.time.Duration;

/**
 * A profile from the database or, when that takes too long, from a cache, with the ids of the
 * request; and nothing for a user who has left.
 *
 * <pre>{@code
 * mvn -q -Pdemo -Dmain=walkthrough.DegradedProfile
 * }</pre>
 */
public final class DegradedProfile {

  private static final Resilience DATABASE = Resilience.of(FixedTimeout.of(Duration.ofSeconds(1)));

  private DegradedProfile() {}

  /** Runs the program. */
  public static void main(String... args) {
    try (CtrlC interrupt = CtrlC.installed(Duration.ofSeconds(1))) {
      run(interrupt.context(), System.out);
    }
  }

  static void run(Context app, PrintStream out) {
    Log log = new Log(app, out);
    Context request = RequestInfo.builder().requestId("r-7").userId("ada").build().in(app);
    log.say("%s", told(profile(request, Duration.ofMillis(200))));
    log.say("%s", told(profile(request, Duration.ofSeconds(4))));
    try (CancellableContext leaving = request.withCancel()) {
      app.delay(Duration.ofMillis(300)).thenRun(() -> leaving.cancel(CancelReason.USER));
      profile(leaving, Duration.ofSeconds(4));
    } catch (ContextCancelledException left) {
      log.say("nobody is left to answer: %s", left.getMessage());
    }
  }

  static Degraded<String> profile(Context ctx, Duration databaseTakes) {
    return DATABASE
        .withFallback(
            Fallbacks.<String>onTimeout((c, failure) -> "kept profile of " + user(c))
                .named("cache")
                .within(Duration.ofMillis(100)))
        .callDegradable(
            ctx,
            c -> {
              c.sleep(databaseTakes);
              return "profile of " + user(c);
            });
  }

  private static String user(Context ctx) {
    return ctx.get(RequestInfo.USER_ID) + " for " + ctx.get(RequestInfo.REQUEST_ID);
  }

  private static String told(Degraded<String> profile) {
    return profile.isDegraded()
        ? profile.value() + ", degraded: " + profile.fallback().orElseThrow()
        : profile.value();
  }
}
