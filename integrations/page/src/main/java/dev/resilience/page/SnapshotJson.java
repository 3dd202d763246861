package dev.resilience.page;

import dev.resilience.breaker.BreakerSnapshot;
import dev.resilience.chaos.Fault;
import dev.resilience.limit.ConcurrencyLimitSnapshot;
import dev.resilience.observe.PolicyEvent.Circuit;
import dev.resilience.page.DependencySnapshot.Judgement;
import dev.resilience.page.LatencyWindow.Latency;
import java.time.Duration;
import java.util.List;
import java.util.Locale;

/** The format of what the page gets. Durations are milliseconds, shares 0 to 1. */
final class SnapshotJson {

  private static final int USUAL_LENGTH = 16 * 1024;
  private static final double NANOS_PER_MILLI = 1e6;

  private final JsonWriter json = new JsonWriter(USUAL_LENGTH);

  private SnapshotJson() {}

  static String of(PageSnapshot page) {
    SnapshotJson writer = new SnapshotJson();
    writer.page(page);
    return writer.json.toString();
  }

  private void page(PageSnapshot page) {
    json.object();
    ProcessInfo process = page.process();
    json.name("process").object();
    json.field("name", process.name()).field("pid", process.pid());
    json.field("started", process.started().toEpochMilli()).field("java", process.java());
    json.endObject();
    json.field("at", page.at().toEpochMilli()).field("writable", page.isWritable());
    json.name("dependencies").array();
    page.dependencies().forEach(this::dependency);
    json.endArray();
    page.requests().ifPresent(this::requests);
    json.name("calls").array();
    page.calls().forEach(this::call);
    json.endArray();
    json.name("panels").array();
    page.panels().forEach(this::panel);
    json.endArray();
    json.name("buttons").array();
    page.buttons().forEach(this::button);
    json.endArray();
    json.endObject();
  }

  private void dependency(DependencySnapshot it) {
    Judgement judgement = it.judgement();
    json.object().field("name", it.name()).field("stack", it.stack());
    json.field("status", judgement.status().text()).field("reason", judgement.reason());
    json.name("counts");
    counts(it.counts());
    json.name("recent").object();
    json.name("time").value(millis(it.recent().time()));
    json.field("perSecond", it.recent().perSecond());
    json.field("attempts", it.recent().attempts()).field("wasted", it.recent().wasted());
    json.name("counts");
    counts(it.recent().counts());
    json.endObject();
    Latency latency = it.latency();
    json.name("latency").object().field("samples", latency.samples());
    json.field("median", millis(latency.median())).field("p95", millis(latency.p95()));
    json.field("p99", millis(latency.p99())).endObject();
    TimeGiven given = it.timeGiven();
    if (given != null) {
      json.name("timeGiven").object();
      json.field("limit", millis(given.limit())).field("kind", given.kind()).endObject();
    }
    if (it.circuit() != null) {
      circuit(it.circuit());
    }
    if (it.concurrency() != null) {
      concurrency(it.concurrency());
    }
    policies(it);
    json.field("stillRunning", it.stillRunning());
    json.endObject();
  }

  private void counts(EndingCounts counts) {
    json.object();
    for (Ending ending : Ending.values()) {
      json.field(ending.field(), counts.of(ending));
    }
    json.endObject();
  }

  private void circuit(BreakerSnapshot it) {
    json.name("circuit").object().field("state", words(it.state()));
    json.field("mode", it.mode().name()).field("windowCalls", it.windowCalls());
    json.field("windowFailures", it.windowFailures()).field("probes", it.probesUnderWay());
    json.field("rejected", it.rejected()).field("opened", it.opened()).endObject();
  }

  static String words(Circuit state) {
    return state.name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  private void concurrency(ConcurrencyLimitSnapshot it) {
    json.name("concurrency").object().field("limit", it.limit()).field("inUse", it.inUse());
    json.field("waiting", it.waiting()).field("waited", it.waited());
    json.field("rejected", it.rejected()).field("baseline", millis(it.baseline())).endObject();
  }

  private void policies(DependencySnapshot it) {
    if (it.retries() != null) {
      json.name("retries").object().field("retries", it.retries().retries());
      json.field("recovered", it.retries().recovered()).field("unpaid", it.retries().unpaid());
      json.field("budget", it.retries().budgetAvailable());
      json.field("capacity", it.retries().budgetCapacity()).endObject();
    }
    if (it.hedges() != null) {
      json.name("hedges").object().field("hedges", it.hedges().hedges());
      json.field("won", it.hedges().hedgesWon()).field("refused", it.hedges().refused());
      json.field("delay", millis(it.hedges().delay())).endObject();
    }
    if (it.chaos() != null) {
      json.name("chaos").object().field("on", it.chaos().isOn());
      json.field("injected", it.chaos().injected()).name("faults").array();
      for (Fault fault : it.chaos().faults()) {
        json.value(fault.toString());
      }
      json.endArray().endObject();
    }
  }

  private void requests(LiveRequests requests) {
    json.name("requests").object().field("live", requests.live()).name("rows").array();
    for (LiveRow row : requests.rows()) {
      json.object().field("id", row.id()).field("depth", row.depth()).field("name", row.name());
      json.field("values", row.values()).field("age", millis(row.age()));
      if (row.left() != null) {
        json.field("left", millis(row.left()));
      }
      json.name("waiting");
      strings(row.waiting());
      json.field("created", row.created()).endObject();
    }
    json.endArray().endObject();
  }

  private void call(RecentCalls.Row row) {
    json.object().field("id", row.id()).field("at", row.at().toEpochMilli());
    json.field("dependency", row.dependency()).field("caller", row.caller());
    json.field("outcome", row.outcome().name().toLowerCase(Locale.ROOT));
    json.field("attempts", row.attempts());
    json.field("waited", row.waited()).field("why", row.why()).name("steps");
    strings(row.steps());
    json.endObject();
  }

  private void panel(PanelSnapshot panel) {
    json.object().field("kind", panel.kind()).field("name", panel.name());
    json.field("status", panel.status().text()).field("remark", panel.remark());
    json.name("figures").array();
    for (PanelSnapshot.Figure figure : panel.figures()) {
      json.array().value(figure.name()).value(figure.value()).endArray();
    }
    json.endArray().name("columns");
    strings(panel.columns());
    json.name("rows").array();
    for (PanelSnapshot.Row row : panel.rows()) {
      json.object().field("status", row.status().text()).name("cells");
      strings(row.cells());
      json.endObject();
    }
    json.endArray().field("leftOut", panel.rowsLeftOut()).endObject();
  }

  private void button(Button button) {
    json.object().field("id", button.id()).field("group", button.group());
    json.field("label", button.label()).field("pressed", button.isPressed().getAsBoolean());
    json.endObject();
  }

  private void strings(List<String> texts) {
    json.array();
    texts.forEach(json::value);
    json.endArray();
  }

  private static double millis(Duration time) {
    return time.toNanos() / NANOS_PER_MILLI;
  }
}
