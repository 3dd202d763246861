package dev.resilience.trace;

import dev.resilience.text.DurationText;
import dev.resilience.text.SafeText;
import dev.resilience.trace.SpanRecord.Event;
import dev.resilience.trace.SpanRecord.State;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Puts a tree of spans into words. A loop: spans may be nested as deep as there are spans. */
final class SpanTreeText {

  /** Beyond this depth lines are no longer indented, or a chain of spans would print a triangle. */
  private static final int DEEPEST = 50;

  /** In the place of the parent of those that have none here. */
  private static final String ROOT = "";

  private record Place(SpanRecord span, String first, String rest, int depth) {}

  private SpanTreeText() {}

  static String of(List<SpanRecord> spans, int dropped) {
    Set<String> here = new HashSet<>();
    spans.forEach(span -> here.add(span.spanId()));
    Map<String, List<SpanRecord>> children = new HashMap<>();
    for (SpanRecord span : spans) {
      String parent = span.parentId().filter(here::contains).orElse(ROOT);
      children.computeIfAbsent(parent, id -> new ArrayList<>()).add(span);
    }
    StringBuilder text = new StringBuilder();
    Deque<Place> next = new ArrayDeque<>();
    for (SpanRecord root : children.getOrDefault(ROOT, List.of())) {
      next.add(new Place(root, "", "", 0));
    }
    while (!next.isEmpty()) {
      Place place = next.remove();
      text.append(place.first).append(line(place.span)).append('\n');
      List<SpanRecord> below = children.getOrDefault(place.span.spanId(), List.of());
      for (Event event : place.span.events()) {
        String stem = below.isEmpty() ? "   " : "│  ";
        text.append(place.rest).append(stem).append("* after ");
        text.append(DurationText.of(event.after())).append(": ").append(event.text()).append('\n');
      }
      boolean indents = place.depth < DEEPEST;
      for (int i = below.size() - 1; i >= 0; i--) {
        boolean last = i == below.size() - 1;
        String first = place.rest + (last ? "└─ " : "├─ ");
        String rest = indents ? place.rest + (last ? "   " : "│  ") : place.rest;
        next.addFirst(new Place(below.get(i), first, rest, place.depth + 1));
      }
    }
    if (dropped > 0) {
      text.append("(").append(dropped).append(" more spans were not kept)\n");
    }
    return text.isEmpty() ? "" : text.substring(0, text.length() - 1);
  }

  static String line(SpanRecord span) {
    State state = span.state();
    boolean cancelled = state == State.CANCELLED || state == State.DEADLINE_EXCEEDED;
    StringBuilder line = new StringBuilder(SafeText.of(span.name()));
    line.append(cancelled ? " (cancelled): " : ": ").append(DurationText.of(span.duration()));
    if (state == State.OPEN) {
      line.append(" so far");
    } else if (state == State.DEADLINE_EXCEEDED) {
      line.append(", deadline exceeded");
    }
    span.failure().ifPresent(failure -> line.append(", failed: ").append(failure));
    if (!span.attributes().isEmpty()) {
      line.append(' ').append(span.attributes());
    }
    return line.toString();
  }
}
