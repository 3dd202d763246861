package dev.resilience.diagnostics;

import dev.resilience.text.DurationText;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** A {@link ContextTree} for people: a line for each context, drawn as a tree. */
final class TreeText {

  private TreeText() {}

  static String of(ContextTree tree) {
    StringBuilder text = new StringBuilder();
    text.append("contexts of '").append(tree.name()).append("', ").append(tree.size());
    if (tree.omitted() > 0) {
      text.append(", ").append(tree.shown()).append(" shown");
    }
    if (tree.untracked() > 0) {
      text.append(", ").append(tree.untracked()).append(" ever not followed");
    }
    text.append(", at ").append(tree.takenAt()).append('\n');
    append(tree.roots(), tree.omittedRoots(), "", "", text);
    return text.toString();
  }

  private static void append(
      List<ContextNode> nodes, int omitted, String indent, String inherited, StringBuilder text) {
    for (int i = 0; i < nodes.size(); i++) {
      ContextNode node = nodes.get(i);
      boolean last = i == nodes.size() - 1 && omitted == 0;
      text.append(indent).append(last ? "└─ " : "├─ ");
      describe(node, inherited, text);
      text.append('\n');
      String deeper = indent + (last ? "   " : "│  ");
      append(node.children(), node.omittedChildren(), deeper, node.name(), text);
    }
    if (omitted > 0) {
      text.append(indent).append("└─ ... ").append(omitted).append(" more\n");
    }
  }

  /** One context, without a line end. */
  static void describe(ContextNode node, String inheritedName, StringBuilder text) {
    if (node.id() > 0) {
      text.append('#').append(node.id()).append(' ');
    }
    if (!node.name().equals(inheritedName)) {
      text.append('\'').append(node.name()).append("' ");
    }
    switch (node.kind()) {
      case CANCEL -> text.append("cancel");
      case DEADLINE -> text.append("deadline");
      case MORE_TIME -> text.append("more time");
      case MERGE -> text.append("merge");
      case VALUES -> text.append("values");
    }
    if (node.id() > 0) {
      text.append(", age ").append(DurationText.of(node.age()));
      text.append(", own limit ").append(orNone(node.ownLimit()));
      text.append(", limit ").append(orNone(node.limit()));
      node.timeLeft().ifPresent(left -> text.append(", left ").append(DurationText.of(left)));
    }
    node.values().forEach((key, value) -> text.append(", ").append(key).append('=').append(value));
    if (node.callbacks() > 0) {
      text.append(", callbacks ").append(node.callbacks());
    }
    node.threads().forEach(thread -> text.append(", ").append(thread));
  }

  private static String orNone(Optional<Duration> limit) {
    return limit.map(DurationText::of).orElse("none");
  }
}
