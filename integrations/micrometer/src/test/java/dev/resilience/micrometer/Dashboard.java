package dev.resilience.micrometer;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The panels of the Grafana dashboard, as far as tests need them. */
record Dashboard(List<Panel> panels) {

  record Panel(String title, List<Target> targets) {}

  record Target(String expression, String legend) {}

  private static final Path FILE = Path.of("..", "..", "docs", "grafana", "resilience.json");
  private static final Pattern FIELD =
      Pattern.compile("\"(title|expr|legendFormat)\": \"((?:[^\"\\\\]|\\\\.)*)\"");

  static Dashboard read() throws IOException {
    List<Panel> panels = new ArrayList<>();
    Matcher fields = FIELD.matcher(Files.readString(FILE));
    String expression = "";
    while (fields.find()) {
      String value = fields.group(2).replace("\\\"", "\"");
      switch (fields.group(1)) {
        case "title" -> panels.add(new Panel(value, new ArrayList<>()));
        case "expr" -> expression = value;
        default -> panels.get(panels.size() - 1).targets().add(new Target(expression, value));
      }
    }
    panels.removeIf(panel -> panel.targets().isEmpty()); // the title of the whole
    return new Dashboard(panels);
  }
}
