package dev.resilience.examples.program;

import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;

/** Rows under a heading: the first column stands left, numbers stand right. */
public final class Table {

  private static final String INDENT = "  ";
  private static final String GAP = "  ";

  private final List<String[]> rows = new ArrayList<>();

  /** With its heading, and as many columns as that. */
  public Table(String... heading) {
    rows.add(heading);
  }

  /** Adds a row. */
  public Table row(String... cells) {
    rows.add(cells);
    return this;
  }

  /** Prints it, each column as wide as it must be. */
  public void print(PrintStream out) {
    int columns = rows.get(0).length;
    int[] width = new int[columns];
    for (String[] row : rows) {
      for (int i = 0; i < columns; i++) {
        width[i] = Math.max(width[i], row[i].length());
      }
    }
    for (String[] row : rows) {
      var line = new StringBuilder(INDENT);
      for (int i = 0; i < columns; i++) {
        String pad = " ".repeat(width[i] - row[i].length());
        line.append(i == 0 ? row[i] + pad : GAP + pad + row[i]);
      }
      out.println(line.toString().stripTrailing());
    }
  }
}
