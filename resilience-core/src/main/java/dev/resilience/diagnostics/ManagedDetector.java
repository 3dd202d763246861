package dev.resilience.diagnostics;

import static java.util.stream.Collectors.joining;

import dev.resilience.text.Arguments;

/** A detector as consoles see it. */
final class ManagedDetector implements LeakDetectorMXBean {

  private final LeakDetector detector;

  ManagedDetector(LeakDetector detector) {
    this.detector = detector;
  }

  @Override
  public String getName() {
    return detector.name();
  }

  @Override
  public int getTracked() {
    return detector.snapshot().tracked();
  }

  @Override
  public int getSuspects() {
    return detector.snapshot().suspects();
  }

  @Override
  public long getCollected() {
    return detector.snapshot().collected();
  }

  @Override
  public long getUntracked() {
    return detector.snapshot().untracked();
  }

  @Override
  public boolean isPaused() {
    return detector.isPaused();
  }

  @Override
  public void setPaused(boolean paused) {
    if (paused) {
      detector.pause();
    } else {
      detector.resume();
    }
  }

  @Override
  public String unfinished(int maxPlaces) {
    Arguments.requireAtLeastOne(maxPlaces, "maxPlaces");
    return detector.unfinished().stream()
        .limit(maxPlaces)
        .map(Leak::toString)
        .collect(joining("\n"));
  }

  @Override
  public void sweep() {
    detector.sweep();
  }
}
