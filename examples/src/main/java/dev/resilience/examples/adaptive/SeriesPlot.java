package dev.resilience.examples.adaptive;

import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import javax.imageio.ImageIO;

/** Draws each call as a dot and the limit as a line; in red the calls that timed out. */
final class SeriesPlot {

  private static final int WIDTH = 1200;
  private static final int HEIGHT = 500;
  private static final int MARGIN = 50;

  private final double seconds;
  private final double millis;

  private SeriesPlot(double seconds, double millis) {
    this.seconds = seconds;
    this.millis = millis;
  }

  static void write(List<Sample> samples, Path file) throws IOException {
    double seconds = samples.stream().mapToDouble(Sample::at).max().orElse(1);
    double millis = 1.1 * samples.stream().mapToDouble(Sample::limit).max().orElse(1);
    BufferedImage image = new BufferedImage(WIDTH, HEIGHT, BufferedImage.TYPE_INT_RGB);
    Graphics2D canvas = image.createGraphics();
    try {
      new SeriesPlot(seconds, millis).draw(canvas, samples);
    } finally {
      canvas.dispose();
    }
    ImageIO.write(image, "png", file.toFile());
  }

  private void draw(Graphics2D canvas, List<Sample> samples) {
    canvas.setRenderingHint(RenderingHints.KEY_ANTIALIASING, RenderingHints.VALUE_ANTIALIAS_ON);
    canvas.setColor(Color.WHITE);
    canvas.fillRect(0, 0, WIDTH, HEIGHT);
    axes(canvas);
    for (Sample s : samples) {
      canvas.setColor(s.timedOut() ? Color.RED : new Color(150, 190, 230));
      int size = s.timedOut() ? 4 : 2;
      canvas.fillOval(
          x(s.at()) - size / 2, y(Math.min(millis, s.wouldTake())) - size / 2, size, size);
    }
    canvas.setColor(new Color(20, 90, 50));
    canvas.setStroke(new BasicStroke(2));
    for (int i = 1; i < samples.size(); i++) {
      Sample before = samples.get(i - 1);
      Sample now = samples.get(i);
      canvas.drawLine(x(before.at()), y(before.limit()), x(now.at()), y(now.limit()));
    }
  }

  private void axes(Graphics2D canvas) {
    canvas.setColor(Color.DARK_GRAY);
    for (int second = 0; second <= seconds; second += 30) {
      canvas.drawLine(x(second), y(0), x(second), y(0) + 4);
      canvas.drawString(second + " s", x(second) - 10, y(0) + 20);
    }
    for (int ms = 0; ms <= millis; ms += 50) {
      canvas.drawLine(x(0) - 4, y(ms), x(0), y(ms));
      canvas.drawString(ms + " ms", 2, y(ms) + 4);
    }
    canvas.drawString("line: the limit; dots: calls, red those that timed out", x(0) + 20, 20);
  }

  private int x(double at) {
    return (int) (MARGIN + at / seconds * (WIDTH - 2 * MARGIN));
  }

  private int y(double ms) {
    return (int) (HEIGHT - MARGIN - ms / millis * (HEIGHT - 2 * MARGIN));
  }
}
