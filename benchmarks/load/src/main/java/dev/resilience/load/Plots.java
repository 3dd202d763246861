package dev.resilience.load;

import dev.resilience.simulation.CallRecord.Outcome;
import dev.resilience.simulation.Figures;
import dev.resilience.simulation.Scenario;
import dev.resilience.simulation.Summary;
import java.awt.BasicStroke;
import java.awt.Color;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiFunction;
import org.knowm.xchart.BitmapEncoder;
import org.knowm.xchart.CategoryChart;
import org.knowm.xchart.CategoryChartBuilder;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;
import org.knowm.xchart.internal.chartpart.Chart;
import org.knowm.xchart.style.Styler;
import org.knowm.xchart.style.markers.SeriesMarkers;

/** Pictures of runs. */
final class Plots {

  private static final int COLUMNS = 3;
  private static final int WIDTH = 480;
  private static final int HEIGHT = 300;
  private static final double BIN_SECONDS = 0.25;

  /** Distinct for readers who do not see red and green apart (Okabe and Ito). */
  private static final Color[] COLOURS = {
    new Color(0x999999),
    new Color(0xE69F00),
    new Color(0x56B4E9),
    new Color(0x009E73),
    new Color(0xD55E00),
    new Color(0xCC79A7),
    new Color(0x0072B2),
  };

  private Plots() {}

  /** For each scenario, the share of the callers who stayed that got an answer, as they came. */
  static void answers(
      Path file,
      List<Scenario> scenarios,
      List<String> contenders,
      BiFunction<Scenario, String, List<RealRun>> runs)
      throws IOException {
    List<XYChart> charts = new ArrayList<>();
    for (Scenario scenario : scenarios) {
      XYChart chart =
          new XYChartBuilder()
              .width(WIDTH)
              .height(HEIGHT)
              .title(scenario.id() + ": " + scenario.title())
              .xAxisTitle("seconds")
              .yAxisTitle("answered in time")
              .build();
      chart.getStyler().setLegendPosition(Styler.LegendPosition.OutsideS);
      chart.getStyler().setLegendLayout(Styler.LegendLayout.Horizontal);
      chart.getStyler().setChartTitleFont(chart.getStyler().getLegendFont());
      chart.getStyler().setYAxisMin(0.0).setYAxisMax(1.0);
      for (int i = 0; i < contenders.size(); i++) {
        addAnswers(
            chart,
            contenders.get(i),
            COLOURS[i % COLOURS.length],
            runs.apply(scenario, contenders.get(i)));
      }
      charts.add(chart);
    }
    saveGrid(charts, file);
  }

  private static void addAnswers(
      XYChart chart, String contender, Color colour, List<RealRun> runs) {
    Scenario scenario = runs.get(0).log().scenario();
    int bins = (int) Math.ceil(scenario.length().toMillis() / 1e3 / BIN_SECONDS);
    double[] came = new double[bins];
    double[] answered = new double[bins];
    for (RealRun run : runs) {
      for (var call : run.log().calls()) {
        if (call.caller().isPatient()) {
          int bin = Math.min(bins - 1, (int) (call.arrived() / 1e9 / BIN_SECONDS));
          came[bin]++;
          answered[bin] += call.outcome() == Outcome.ANSWERED ? 1 : 0;
        }
      }
    }
    double[] x = new double[bins];
    double[] y = new double[bins];
    for (int bin = 0; bin < bins; bin++) {
      x[bin] = (bin + 0.5) * BIN_SECONDS;
      y[bin] = came[bin] == 0 ? 1 : answered[bin] / came[bin];
    }
    var series = chart.addSeries(contender, x, y);
    series.setMarker(SeriesMarkers.NONE);
    series.setLineColor(colour);
    series.setLineStyle(new BasicStroke(2f));
  }

  /** For each scenario, how long the services worked for nobody. */
  static void wastedWork(
      Path file,
      List<Scenario> scenarios,
      List<String> contenders,
      BiFunction<Scenario, String, List<RealRun>> runs)
      throws IOException {
    CategoryChart chart =
        new CategoryChartBuilder()
            .width(COLUMNS * WIDTH)
            .height(360)
            .title("Work for nobody")
            .yAxisTitle("seconds")
            .build();
    List<String> ids = scenarios.stream().map(Scenario::id).toList();
    for (int i = 0; i < contenders.size(); i++) {
      String contender = contenders.get(i);
      List<Double> seconds =
          scenarios.stream()
              .map(
                  scenario ->
                      new Summary(
                              scenario,
                              contender,
                              runs.apply(scenario, contender).stream()
                                  .map(run -> run.log().figures())
                                  .toList())
                          .mean(Summary.seconds(Figures::wastedWork)))
              .toList();
      chart.addSeries(contender, ids, seconds).setFillColor(COLOURS[i % COLOURS.length]);
    }
    save(List.of(chart), 1, 1, file);
  }

  private static void saveGrid(List<XYChart> charts, Path file) throws IOException {
    int columns = Math.min(COLUMNS, charts.size());
    int rows = (charts.size() + columns - 1) / columns;
    List<XYChart> full = new ArrayList<>(charts);
    while (full.size() < rows * columns) {
      full.add(new XYChartBuilder().width(WIDTH).height(HEIGHT).build());
    }
    save(full, rows, columns, file);
  }

  private static void save(List<? extends Chart<?, ?>> charts, int rows, int columns, Path file)
      throws IOException {
    try (OutputStream out = Files.newOutputStream(file)) {
      BitmapEncoder.saveBitmap(charts, rows, columns, out, BitmapEncoder.BitmapFormat.PNG);
    }
  }
}
