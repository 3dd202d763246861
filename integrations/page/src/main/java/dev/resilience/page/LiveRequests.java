package dev.resilience.page;

import dev.resilience.diagnostics.ContextMonitor;
import dev.resilience.diagnostics.ContextNode;
import dev.resilience.diagnostics.ContextTree;
import dev.resilience.diagnostics.ThreadActivity;
import dev.resilience.text.DurationText;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/**
 * The tree of what is under way.
 *
 * @param live how many contexts live
 * @param rows the oldest of them, each before those that were derived from it
 */
record LiveRequests(int live, List<LiveRow> rows) {

  /** Nobody reads more, and nobody's screen is to flicker. */
  private static final int MOST_ROWS = 200;

  /** A node, how deep it stands, and the name of what it was derived from. */
  private record Level(ContextNode node, int depth, String nameAbove) {}

  static LiveRequests of(ContextMonitor monitor) {
    ContextTree tree = monitor.tree(MOST_ROWS);
    List<LiveRow> rows = new ArrayList<>();
    Deque<Level> ahead = new ArrayDeque<>();
    push(ahead, tree.roots(), 0, "");
    while (!ahead.isEmpty()) {
      Level next = ahead.pop();
      if (!isBare(next)) {
        rows.add(row(next.node, next.depth, next.nameAbove));
      }
      push(ahead, next.node.children(), next.depth + 1, next.node.name());
    }
    return new LiveRequests(tree.size(), List.copyOf(rows));
  }

  /** A part of the program that waits for its end and says nothing about itself. */
  private static boolean isBare(Level level) {
    ContextNode node = level.node;
    return node.name().equals(level.nameAbove)
        && node.limit().isEmpty()
        && node.values().isEmpty()
        && node.threads().isEmpty()
        && node.children().isEmpty();
  }

  /** The first is on top. */
  private static void push(
      Deque<Level> ahead, List<ContextNode> nodes, int depth, String nameAbove) {
    for (int i = nodes.size() - 1; i >= 0; i--) {
      ahead.push(new Level(nodes.get(i), depth, nameAbove));
    }
  }

  private static LiveRow row(ContextNode node, int depth, String nameAbove) {
    return new LiveRow(
        node.id(),
        depth,
        node.name().isEmpty() || node.name().equals(nameAbove) ? kind(node) : node.name(),
        node.values().entrySet().stream()
            .map(value -> value.getKey() + "=" + value.getValue())
            .collect(Collectors.joining(" ")),
        node.age(),
        node.timeLeft().orElse(null),
        node.threads().stream().map(LiveRequests::activity).toList(),
        node.createdAt().map(LiveRequests::line).orElse(""));
  }

  private static String activity(ThreadActivity thread) {
    return thread.place().map(place -> thread + " at " + line(place)).orElse(thread.toString());
  }

  /** Short: the class without its package, the method and the line. */
  private static String line(StackTraceElement place) {
    String type = place.getClassName();
    return type.substring(type.lastIndexOf('.') + 1)
        + "."
        + place.getMethodName()
        + ":"
        + place.getLineNumber();
  }

  /** What a context is that has only inherited its name. */
  private static String kind(ContextNode node) {
    String kind = node.kind().name().toLowerCase(Locale.ROOT).replace('_', ' ');
    return node.ownLimit().map(limit -> kind + " " + DurationText.of(limit)).orElse(kind);
  }
}
