package dev.resilience.diagnostics;

import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** A {@link ContextTree} as JSON (RFC 8259), on one line. */
final class TreeJson {

  private final StringBuilder json = new StringBuilder();

  private TreeJson() {}

  static String of(ContextTree tree) {
    TreeJson writer = new TreeJson();
    writer.append(tree);
    return writer.json.toString();
  }

  private void append(ContextTree tree) {
    json.append("{\"name\":");
    text(tree.name());
    json.append(",\"takenAt\":");
    text(tree.takenAt().toString());
    json.append(",\"size\":").append(tree.size());
    json.append(",\"shown\":").append(tree.shown());
    json.append(",\"omitted\":").append(tree.omitted());
    json.append(",\"untracked\":").append(tree.untracked());
    json.append(",\"omittedRoots\":").append(tree.omittedRoots());
    json.append(",\"roots\":");
    append(tree.roots());
    json.append('}');
  }

  private void append(List<ContextNode> nodes) {
    json.append('[');
    for (int i = 0; i < nodes.size(); i++) {
      json.append(i == 0 ? "" : ",");
      append(nodes.get(i));
    }
    json.append(']');
  }

  private void append(ContextNode node) {
    json.append("{\"id\":").append(node.id());
    json.append(",\"name\":");
    text(node.name());
    json.append(",\"kind\":");
    text(node.kind().name().toLowerCase(Locale.ROOT));
    millis("ageMillis", node.age());
    node.ownLimit().ifPresent(limit -> millis("ownLimitMillis", limit));
    node.limit().ifPresent(limit -> millis("limitMillis", limit));
    node.timeLeft().ifPresent(left -> millis("timeLeftMillis", left));
    json.append(",\"values\":{");
    String comma = "";
    for (var value : node.values().entrySet()) {
      json.append(comma);
      text(value.getKey());
      json.append(':');
      text(value.getValue());
      comma = ",";
    }
    json.append("},\"threads\":[");
    comma = "";
    for (ThreadActivity task : node.threads()) {
      json.append(comma).append("{\"thread\":");
      text(task.thread());
      json.append(",\"reason\":");
      text(task.reason().name().toLowerCase(Locale.ROOT));
      place("place", task.place());
      json.append('}');
      comma = ",";
    }
    json.append("],\"callbacks\":").append(node.callbacks());
    place("createdAt", node.createdAt());
    json.append(",\"omittedChildren\":").append(node.omittedChildren());
    json.append(",\"children\":");
    append(node.children());
    json.append('}');
  }

  private void place(String name, Optional<StackTraceElement> place) {
    if (place.isPresent()) {
      json.append(",\"").append(name).append("\":");
      text(place.get().toString());
    }
  }

  private void millis(String name, Duration time) {
    json.append(",\"").append(name).append("\":").append(time.toMillis());
  }

  private void text(String text) {
    json.append('"');
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      switch (c) {
        case '"' -> json.append("\\\"");
        case '\\' -> json.append("\\\\");
        // Harmless in JSON, but not where it is put into a page.
        case '<', '>', '&' -> unicode(c);
        default -> {
          if (c < ' ' || Character.isSurrogate(c) || c == '\u2028' || c == '\u2029') {
            unicode(c);
          } else {
            json.append(c);
          }
        }
      }
    }
    json.append('"');
  }

  private void unicode(char c) {
    json.append(String.format("\\u%04x", (int) c));
  }
}
