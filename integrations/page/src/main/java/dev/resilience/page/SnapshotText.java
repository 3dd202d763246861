package dev.resilience.page;

import dev.resilience.page.DependencySnapshot.Judgement;
import dev.resilience.text.DurationText;
import java.time.Duration;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;

/** The page as text of a fixed width, what needs attention first. */
final class SnapshotText {

  static final int NARROWEST = 40;
  static final int WIDEST = 400;

  /** More of each part than these would push the next one off the screen. */
  private static final int MOST_REQUESTS = 20;

  private static final int MOST_CALLS = 8;
  private static final int MOST_ROWS = 12;

  private static final DateTimeFormatter CLOCK =
      DateTimeFormatter.ofPattern("HH:mm:ss", Locale.ROOT).withZone(ZoneId.systemDefault());

  private final int width;
  private final StringBuilder out = new StringBuilder();

  SnapshotText(int width) {
    this.width = width;
  }

  String of(PageSnapshot page) {
    line(
        page.process().name()
            + ", pid "
            + page.process().pid()
            + ", "
            + CLOCK.format(page.at())
            + headline(page));
    if (!page.dependencies().isEmpty()) {
      dependencies(page.dependencies());
    }
    page.requests().ifPresent(this::requests);
    calls(page.calls());
    page.panels().forEach(this::panel);
    return out.toString();
  }

  private static String headline(PageSnapshot page) {
    long ill =
        page.dependencies().stream().filter(it -> it.judgement().status() != Status.OK).count();
    return ill == 0
        ? ", all well"
        : ", " + ill + " of " + page.dependencies().size() + " need attention";
  }

  private void dependencies(List<DependencySnapshot> all) {
    heading("DEPENDENCIES");
    line(
        String.format(
            Locale.ROOT,
            "  %-16s %7s %6s %8s %8s %8s %8s %-9s %9s %7s %6s %6s  %s",
            "name",
            "calls/s",
            "good",
            "median",
            "95 %",
            "99 %",
            "allowed",
            "circuit",
            "in use",
            "retries",
            "hedges",
            "wasted",
            "state"));
    all.stream()
        .sorted(Comparator.comparing((DependencySnapshot it) -> it.judgement().status()).reversed())
        .forEach(this::dependency);
  }

  private void dependency(DependencySnapshot it) {
    Judgement judgement = it.judgement();
    line(
        String.format(
            Locale.ROOT,
            "%s %-16s %7.1f %6s %8s %8s %8s %8s %-9s %9s %7s %6s %6s  %s",
            mark(judgement.status()),
            cut(it.name(), 16),
            it.recent().perSecond(),
            it.recent().counts().told() == 0
                ? "-"
                : percent(it.recent().counts().share(Ending.SUCCESS)),
            time(it.latency().median()),
            time(it.latency().p95()),
            time(it.latency().p99()),
            it.timeGiven() == null ? "-" : time(it.timeGiven().limit()),
            it.circuit() == null ? "-" : SnapshotJson.words(it.circuit().state()),
            it.concurrency() == null
                ? "-"
                : it.concurrency().inUse()
                    + "/"
                    + it.concurrency().limit()
                    + (it.concurrency().waiting() == 0 ? "" : "+" + it.concurrency().waiting()),
            it.retries() == null ? "-" : Long.toString(it.retries().retries()),
            it.hedges() == null ? "-" : Long.toString(it.hedges().hedges()),
            percent(it.recent().wasted()),
            judgement.reason()));
  }

  private void requests(LiveRequests requests) {
    heading("LIVE REQUESTS: " + requests.live());
    if (requests.rows().isEmpty()) {
      return;
    }
    line(String.format(Locale.ROOT, "  %8s %8s  %s", "age", "left", "context"));
    requests.rows().stream().limit(MOST_REQUESTS).forEach(this::request);
    if (requests.live() > MOST_REQUESTS) {
      line("  and " + (requests.live() - MOST_REQUESTS) + " more");
    }
  }

  private void request(LiveRow row) {
    line(
        String.format(
            Locale.ROOT,
            "  %8s %8s  %s%s%s%s",
            time(row.age()),
            row.left() == null ? "-" : time(row.left()),
            "  ".repeat(row.depth()),
            row.name(),
            row.values().isEmpty() ? "" : " " + row.values(),
            row.waiting().isEmpty() ? "" : ", waiting: " + String.join("; ", row.waiting())));
  }

  private void calls(List<RecentCalls.Row> calls) {
    if (calls.isEmpty()) {
      return;
    }
    heading("RECENT CALLS");
    for (RecentCalls.Row row : calls.subList(0, Math.min(MOST_CALLS, calls.size()))) {
      line(
          String.format(
              Locale.ROOT,
              "%s %s %-16s %d attempt%s%s: %s",
              row.outcome() == RecentCalls.Outcome.FAILED ? "!" : " ",
              CLOCK.format(row.at()),
              cut(row.dependency(), 16),
              row.attempts(),
              row.attempts() == 1 ? "" : "s",
              row.waited().isEmpty() ? "" : ", waited " + row.waited(),
              row.why()));
    }
  }

  private void panel(PanelSnapshot panel) {
    heading(panel.kind().toUpperCase(Locale.ROOT) + " " + panel.name());
    StringBuilder figures = new StringBuilder(mark(panel.status())).append(' ');
    for (PanelSnapshot.Figure figure : panel.figures()) {
      figures.append(figure.name()).append(' ').append(figure.value()).append("  ");
    }
    line(figures.append(panel.remark()).toString());
    for (PanelSnapshot.Row row :
        panel.rows().subList(0, Math.min(MOST_ROWS, panel.rows().size()))) {
      line(mark(row.status()) + "   " + String.join("  ", row.cells()));
    }
  }

  private void heading(String text) {
    out.append('\n');
    line(text);
  }

  private void line(String text) {
    String cut = cut(text.stripTrailing(), width);
    for (int i = 0; i < cut.length(); i++) {
      // A name must not move the cursor of whoever looks.
      out.append(Character.isISOControl(cut.charAt(i)) ? '?' : cut.charAt(i));
    }
    out.append('\n');
  }

  private static String mark(Status status) {
    return switch (status) {
      case OK -> " ";
      case WARNING -> "~";
      case BAD -> "!";
    };
  }

  private static String percent(double share) {
    return String.format(Locale.ROOT, "%.0f %%", 100 * share);
  }

  private static String time(Duration time) {
    return time.isZero() ? "-" : DurationText.of(time);
  }

  private static String cut(String text, int most) {
    return text.length() <= most ? text : text.substring(0, most - 1) + "…";
  }
}
