package dev.resilience.page;

import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** All that the page shows at one moment. Immutable. */
public final class PageSnapshot {

  private final ProcessInfo process;
  private final Instant at;
  private final boolean isWritable;
  private final List<DependencySnapshot> dependencies;
  private final @Nullable LiveRequests requests;
  private final List<RecentCalls.Row> calls;
  private final List<PanelSnapshot> panels;
  private final List<Button> buttons;

  PageSnapshot(
      ProcessInfo process,
      Instant at,
      boolean isWritable,
      List<DependencySnapshot> dependencies,
      @Nullable LiveRequests requests,
      List<RecentCalls.Row> calls,
      List<PanelSnapshot> panels,
      List<Button> buttons) {
    this.process = process;
    this.at = at;
    this.isWritable = isWritable;
    this.dependencies = List.copyOf(dependencies);
    this.requests = requests;
    this.calls = List.copyOf(calls);
    this.panels = List.copyOf(panels);
    this.buttons = List.copyOf(buttons);
  }

  ProcessInfo process() {
    return process;
  }

  /** When it was taken. */
  public Instant at() {
    return at;
  }

  boolean isWritable() {
    return isWritable;
  }

  List<DependencySnapshot> dependencies() {
    return dependencies;
  }

  Optional<LiveRequests> requests() {
    return Optional.ofNullable(requests);
  }

  List<RecentCalls.Row> calls() {
    return calls;
  }

  List<PanelSnapshot> panels() {
    return panels;
  }

  List<Button> buttons() {
    return buttons;
  }

  /** As the page gets it. */
  public String toJson() {
    return SnapshotJson.of(this);
  }

  /**
   * For a terminal; lines end with {@code \n}.
   *
   * @param width of the lines, 40 to 400
   */
  public String toText(int width) {
    if (width < SnapshotText.NARROWEST || width > SnapshotText.WIDEST) {
      throw new IllegalArgumentException("width: " + width + " (expected: 40 to 400)");
    }
    return new SnapshotText(width).of(this);
  }
}
