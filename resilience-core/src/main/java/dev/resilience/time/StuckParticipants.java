package dev.resilience.time;

import dev.resilience.text.DurationText;
import java.time.Duration;
import java.util.Collection;
import java.util.stream.Collectors;

/**
 * Tells about participants that wait somewhere outside virtual time, or compute for ever.
 *
 * @param threads who they are
 * @param patience how long they were waited for
 */
record StuckParticipants(Collection<ParticipantThread> threads, Duration patience) {

  /** The failure; its causes show where they stand. */
  IllegalStateException failure() {
    String names = threads.stream().map(Thread::getName).collect(Collectors.joining(", "));
    IllegalStateException failure =
        new IllegalStateException(
            names
                + ": neither parked nor ended within "
                + DurationText.of(patience)
                + " of real time"
                + " (expected: participants wait through their time source only)");
    for (ParticipantThread thread : threads) {
      failure.addSuppressed(new Whereabouts(thread));
    }
    return failure;
  }

  /** Has the stack trace of another thread. */
  private static final class Whereabouts extends Throwable {

    private static final long serialVersionUID = 1L;

    Whereabouts(Thread thread) {
      super(thread.getName() + " is here");
      setStackTrace(thread.getStackTrace());
    }
  }
}
