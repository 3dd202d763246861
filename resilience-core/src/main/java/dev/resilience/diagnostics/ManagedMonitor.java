package dev.resilience.diagnostics;

/** A monitor as consoles see it. */
final class ManagedMonitor implements ContextMonitorMXBean {

  private final ContextMonitor monitor;

  ManagedMonitor(ContextMonitor monitor) {
    this.monitor = monitor;
  }

  @Override
  public String getName() {
    return monitor.name();
  }

  @Override
  public int getSize() {
    return monitor.size();
  }

  @Override
  public long getUntracked() {
    return monitor.untracked();
  }

  @Override
  public boolean isPaused() {
    return monitor.isPaused();
  }

  @Override
  public void setPaused(boolean paused) {
    if (paused) {
      monitor.pause();
    } else {
      monitor.resume();
    }
  }

  @Override
  public String dump(int maxNodes) {
    return monitor.tree(maxNodes).toText();
  }

  @Override
  public String dumpJson(int maxNodes) {
    return monitor.tree(maxNodes).toJson();
  }
}
