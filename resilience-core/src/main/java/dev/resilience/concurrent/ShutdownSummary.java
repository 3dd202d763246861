package dev.resilience.concurrent;

import dev.resilience.text.DurationText;
import java.time.Duration;
import java.util.List;

/** How a process went. Immutable. */
public final class ShutdownSummary {

  private final String name;
  private final String reason;
  private final Duration took;
  private final List<String> unfinished;
  private final List<AbandonedTask> stillRunning;

  ShutdownSummary(
      String name,
      String reason,
      Duration took,
      List<String> unfinished,
      List<AbandonedTask> stillRunning) {
    this.name = name;
    this.reason = reason;
    this.took = took;
    this.unfinished = List.copyOf(unfinished);
    this.stillRunning = List.copyOf(stillRunning);
  }

  /** Why it went. */
  public String reason() {
    return reason;
  }

  /** How long it took. */
  public Duration took() {
    return took;
  }

  /** What failed, was cancelled or was handed back: a line for each. */
  public List<String> unfinished() {
    return unfinished;
  }

  /** What ignored its interrupt. */
  public List<AbandonedTask> stillRunning() {
    return stillRunning;
  }

  /** Whether everything was finished. */
  public boolean isClean() {
    return unfinished.isEmpty() && stillRunning.isEmpty();
  }

  /** 0 if {@linkplain #isClean clean}, else 1. */
  public int exitCode() {
    return isClean() ? 0 : 1;
  }

  @Override
  public String toString() {
    StringBuilder text =
        new StringBuilder(name)
            .append(": all stopped after ")
            .append(DurationText.of(took))
            .append(", ");
    if (isClean()) {
      return text.append("everything was finished").toString();
    }
    text.append(unfinished.size()).append(" unfinished, ").append(stillRunning.size());
    text.append(" still run");
    unfinished.forEach(line -> text.append("\n  ").append(line));
    stillRunning.forEach(task -> text.append("\n  ").append(task));
    return text.toString();
  }
}
