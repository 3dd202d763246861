package dev.resilience.micrometer;

import static org.assertj.core.api.Assertions.assertThat;

import dev.resilience.micrometer.Dashboard.Panel;
import dev.resilience.micrometer.Dashboard.Target;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * The dashboard in docs/grafana asks for what is there. With -Dresilience.draw=true its panels are
 * drawn, fed by the demo, into docs/grafana/resilience.png.
 */
class DashboardTest {

  private static Dashboard dashboard;
  private static Series series;

  @BeforeAll
  static void playTheDemo() throws Exception {
    dashboard = Dashboard.read();
    series = new Series(DemoRun.scrapes(), DemoRun.STEP.toSeconds());
  }

  @Test
  void every_metric_that_it_asks_for_exists() {
    Set<String> missing = new TreeSet<>();
    int asked = 0;
    for (Panel panel : dashboard.panels()) {
      for (Target target : panel.targets()) {
        for (String metric : Series.metrics(target.expression())) {
          asked++;
          if (!series.has(metric)) {
            missing.add(metric);
          }
        }
      }
    }

    assertThat(dashboard.panels()).hasSizeGreaterThan(10);
    assertThat(asked).isGreaterThan(15);
    assertThat(missing).isEmpty();
  }

  /** A wrong label or outcome is no missing metric, and yet an empty panel. */
  @Test
  void every_query_finds_something_in_the_trouble_of_the_demo() {
    for (Panel panel : dashboard.panels()) {
      for (Target target : panel.targets()) {
        Map<Map<String, String>, double[]> lines = series.query(target.expression());
        assertThat(lines).as(target.expression()).isNotEmpty();
        assertThat(lines.keySet())
            .as(target.expression())
            .allSatisfy(
                labels -> assertThat(Plots.label(target.legend(), labels)).doesNotContain("{{"));
        if (!target.expression().contains("half_open")) { // shorter than a step
          assertThat(lines.values().stream().flatMapToDouble(Arrays::stream).max().orElse(0))
              .as(target.expression())
              .isPositive();
        }
      }
    }
  }

  @Test
  void it_is_drawn_where_asked() throws Exception {
    if (Boolean.getBoolean("resilience.draw")) {
      Plots.draw(dashboard, series, Path.of("..", "..", "docs", "grafana", "resilience.png"));
    }
  }
}
