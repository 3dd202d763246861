package dev.resilience.diagnostics;

import java.time.Instant;
import java.util.List;

/**
 * The contexts of a {@link ContextMonitor} at one moment. Only values of keys that may be
 * {@linkplain dev.resilience.context.Key#isShown shown} are in it. Immutable.
 *
 * <p>It is taken while contexts come and go, and without stopping them: two of its nodes may never
 * have lived at the same moment.
 */
public final class ContextTree {

  private final String name;
  private final Instant takenAt;
  private final int size;
  private final int shown;
  private final long untracked;
  private final List<ContextNode> roots;
  private final int omittedRoots;

  ContextTree(
      String name,
      Instant takenAt,
      int size,
      int shown,
      long untracked,
      List<ContextNode> roots,
      int omittedRoots) {
    this.name = name;
    this.takenAt = takenAt;
    this.size = size;
    this.shown = shown;
    this.untracked = untracked;
    this.roots = List.copyOf(roots);
    this.omittedRoots = omittedRoots;
  }

  /** The name of the monitor. */
  public String name() {
    return name;
  }

  /** When it was taken, on the wall clock of the contexts. */
  public Instant takenAt() {
    return takenAt;
  }

  /** How many contexts there were. */
  public int size() {
    return size;
  }

  /** How many of them are shown here. */
  public int shown() {
    return shown;
  }

  /** How many of them are not shown: there were too many, or they stand more than 256 deep. */
  public int omitted() {
    return size - shown;
  }

  /** How many contexts the monitor ever did not follow, because there were too many. */
  public long untracked() {
    return untracked;
  }

  /** The contexts directly below the observed roots, the oldest first. */
  public List<ContextNode> roots() {
    return roots;
  }

  /** How many contexts directly below the observed roots are not shown. */
  public int omittedRoots() {
    return omittedRoots;
  }

  /** For people: a line for each context, indented. */
  public String toText() {
    return TreeText.of(this);
  }

  /**
   * For programs: one JSON object (RFC 8259). Times are in milliseconds; what there is not, such as
   * the limit of a context without one, is left out.
   */
  public String toJson() {
    return TreeJson.of(this);
  }

  /** As {@link #toText}. */
  @Override
  public String toString() {
    return toText();
  }
}
