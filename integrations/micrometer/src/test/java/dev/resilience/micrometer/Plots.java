package dev.resilience.micrometer;

import dev.resilience.micrometer.Dashboard.Panel;
import dev.resilience.micrometer.Dashboard.Target;
import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Font;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.geom.Path2D;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import javax.imageio.ImageIO;

/** Draws the panels of the dashboard, three in a row, roughly as Grafana would. */
final class Plots {

  private static final int WIDTH = 520;
  private static final int HEIGHT = 300;
  private static final int LEFT = 52;
  private static final int TOP = 34;
  private static final int BOTTOM = 84;
  private static final Color BACK = new Color(0x181b1f);
  private static final Color TEXT = new Color(0xccccdc);
  private static final Color GRID = new Color(0x2f3338);
  private static final Color[] COLOURS = {
    new Color(0x73bf69),
    new Color(0xf2cc0c),
    new Color(0x8ab8ff),
    new Color(0xff780a),
    new Color(0xf2495c),
    new Color(0xb877d9),
    new Color(0x5794f2),
    new Color(0xffa6b0)
  };

  private Plots() {}

  static String label(String legend, Map<String, String> labels) {
    String text = legend;
    for (Map.Entry<String, String> label : labels.entrySet()) {
      text = text.replace("{{" + label.getKey() + "}}", label.getValue());
    }
    return text;
  }

  static void draw(Dashboard dashboard, Series series, Path to) throws IOException {
    int rows = (dashboard.panels().size() + 2) / 3;
    BufferedImage image = new BufferedImage(3 * WIDTH, rows * HEIGHT, BufferedImage.TYPE_INT_RGB);
    Graphics2D all = image.createGraphics();
    all.setColor(new Color(0x111217));
    all.fillRect(0, 0, image.getWidth(), image.getHeight());
    all.setRenderingHint(RenderingHints.KEY_ANTIALIASING, RenderingHints.VALUE_ANTIALIAS_ON);
    all.setRenderingHint(
        RenderingHints.KEY_TEXT_ANTIALIASING, RenderingHints.VALUE_TEXT_ANTIALIAS_ON);
    for (int i = 0; i < dashboard.panels().size(); i++) {
      Graphics2D one = (Graphics2D) all.create(i % 3 * WIDTH, i / 3 * HEIGHT, WIDTH, HEIGHT);
      panel(one, dashboard.panels().get(i), series);
      one.dispose();
    }
    all.dispose();
    ImageIO.write(image, "png", to.toFile());
  }

  private static void panel(Graphics2D g, Panel panel, Series series) {
    g.setColor(BACK);
    g.fillRect(4, 4, WIDTH - 8, HEIGHT - 8);
    g.setColor(TEXT);
    g.setFont(new Font(Font.SANS_SERIF, Font.BOLD, 13));
    g.drawString(panel.title(), 14, 24);
    Map<String, double[]> lines = new LinkedHashMap<>();
    for (Target target : panel.targets()) {
      series
          .query(target.expression())
          .forEach((labels, values) -> lines.put(label(target.legend(), labels), values));
    }
    double most = 0;
    for (double[] values : lines.values()) {
      for (double value : values) {
        most = Math.max(most, value);
      }
    }
    plot(g, List.copyOf(lines.values()), most <= 0 ? 1 : most * 1.1);
    legend(g, List.copyOf(lines.keySet()));
  }

  private static void plot(Graphics2D g, List<double[]> lines, double most) {
    int width = WIDTH - LEFT - 16;
    int height = HEIGHT - TOP - BOTTOM;
    g.setFont(new Font(Font.SANS_SERIF, Font.PLAIN, 11));
    for (int i = 0; i <= 4; i++) {
      int y = TOP + height - height * i / 4;
      g.setColor(GRID);
      g.drawLine(LEFT, y, LEFT + width, y);
      g.setColor(TEXT);
      g.drawString(String.format(Locale.ROOT, "%.3g", most * i / 4), 10, y + 4);
    }
    for (int minute = 0; minute <= 10; minute += 2) {
      g.drawString(minute + " min", LEFT + width * minute / 10 - 12, TOP + height + 16);
    }
    g.setStroke(new BasicStroke(1.8f));
    for (int i = 0; i < lines.size(); i++) {
      g.setColor(COLOURS[i % COLOURS.length]);
      Path2D line = new Path2D.Double();
      double[] values = lines.get(i);
      for (int step = 0; step < values.length; step++) {
        double x = LEFT + (double) width * step / Math.max(1, values.length - 1);
        double y = TOP + height - height * values[step] / most;
        if (step == 0) {
          line.moveTo(x, y);
        } else {
          line.lineTo(x, y);
        }
      }
      g.draw(line);
    }
  }

  private static void legend(Graphics2D g, List<String> names) {
    int x = 14;
    int y = HEIGHT - BOTTOM + 40;
    for (int i = 0; i < names.size(); i++) {
      int width = g.getFontMetrics().stringWidth(names.get(i)) + 26;
      if (x + width > WIDTH - 10) {
        x = 14;
        y += 15;
      }
      g.setColor(COLOURS[i % COLOURS.length]);
      g.fillRect(x, y - 5, 10, 3);
      g.setColor(TEXT);
      g.drawString(names.get(i), x + 14, y);
      x += width;
    }
  }
}
