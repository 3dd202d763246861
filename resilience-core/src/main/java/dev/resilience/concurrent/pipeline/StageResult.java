package dev.resilience.concurrent.pipeline;

/** What passed through a stage in one run. Immutable. */
public final class StageResult {

  private final String name;
  private final long in;
  private final long out;
  private final long failed;

  StageResult(String name, StageCounts counts) {
    this.name = name;
    this.in = counts.in.get();
    this.out = counts.out.get();
    this.failed = counts.failed.get();
  }

  /** The name of the stage. */
  public String name() {
    return name;
  }

  /** How many items it took. */
  public long in() {
    return in;
  }

  /** How many items it handed on. */
  public long out() {
    return out;
  }

  /** On how many items it failed. */
  public long failed() {
    return failed;
  }

  @Override
  public String toString() {
    return name
        + ": "
        + in
        + " in, "
        + out
        + " out"
        + (failed == 0 ? "" : ", " + failed + " failed");
  }
}
