package dev.resilience.http.server;

import static java.time.Duration.ofMillis;
import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;

import dev.resilience.context.CancellableContext;
import dev.resilience.context.Context;
import dev.resilience.context.Criticality;
import dev.resilience.http.server.ExchangeEnd.Reason;
import dev.resilience.limit.ConcurrencyLimit;
import dev.resilience.limit.UsualTimes;
import dev.resilience.propagation.Boundary;
import dev.resilience.propagation.HeaderNames;
import dev.resilience.propagation.Propagation;
import dev.resilience.propagation.ReportedLoad;
import dev.resilience.time.VirtualTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class AdmissionTest {

  private final VirtualTime.Automatic time = VirtualTime.automatic(11);
  private final CancellableContext owner = Context.background(time).withCancel();
  private final List<String> worked = new ArrayList<>();

  private ServerStack stack(Admission admission) {
    Propagation trusting = Propagation.builder("shop").callers(Boundary.inside()).build();
    return ServerStack.builder("shop")
        .disconnects(Disconnects.none())
        .filter(TimeLimit.of(ofSeconds(30)))
        .filter(Propagated.by(trusting))
        .filter(admission)
        .open(owner);
  }

  private ServerHandler taking(Duration takes) {
    return (ctx, e) -> {
      worked.add(e.path());
      ctx.sleep(takes);
      e.reply(200, "");
    };
  }

  private void pause(Duration pause) {
    time.parkUntil("pause", time.nanoTime() + pause.toNanos());
  }

  @Test
  void refuses_before_work_what_it_cannot_finish() throws Exception {
    Admission admission = Admission.adaptive("shop");
    FakeExchange hopeless = FakeExchange.get("/report").with(HeaderNames.TIMEOUT_MS, "50");
    FakeExchange elsewhere = FakeExchange.get("/ping").with(HeaderNames.TIMEOUT_MS, "50");
    time.run(
        () -> {
          ServerStack stack = stack(admission);
          for (int i = 0; i < 10; i++) {
            stack.serve(FakeExchange.get("/report"), taking(ofMillis(200)));
          }
          worked.clear();
          stack.serve(hopeless, taking(ofMillis(200)));
          stack.serve(elsewhere, taking(ofMillis(1)));
          return null;
        });

    assertThat(hopeless.responses).containsExactly(503);
    assertThat(hopeless.responseHeaders)
        .containsEntry("Retry-After", "1")
        .containsEntry(HeaderNames.REFUSED, "no-time-left")
        .doesNotContainKey("Connection"); // the client may come again on it
    assertThat(hopeless.end.failure().orElseThrow())
        .hasMessageContaining("50 ms left (expected: more than the 200 ms");
    assertThat(elsewhere.responses).containsExactly(200);
    assertThat(worked).containsExactly("/ping");
    assertThat(admission.refused()).isEqualTo(1);
  }

  /** Law 12. */
  @Test
  void does_not_lock_itself_out_when_work_becomes_quick_again() throws Exception {
    time.run(
        () -> {
          ServerStack stack = stack(Admission.adaptive("shop"));
          for (int i = 0; i < 40; i++) {
            stack.serve(FakeExchange.get("/"), taking(ofMillis(200)));
          }
          worked.clear();
          for (int i = 0; i < 200; i++) {
            stack.serve(
                FakeExchange.get("/").with(HeaderNames.TIMEOUT_MS, "50"), taking(ofMillis(5)));
          }
          return null;
        });

    // Each tenth at first; all of them when a tenth of the last 32 were quick.
    assertThat(worked).hasSizeGreaterThan(100);
  }

  @Test
  void forgets_what_it_learnt_long_ago() throws Exception {
    FakeExchange later = FakeExchange.get("/").with(HeaderNames.TIMEOUT_MS, "50");
    time.run(
        () -> {
          ServerStack stack = stack(Admission.adaptive("shop"));
          for (int i = 0; i < 40; i++) {
            stack.serve(FakeExchange.get("/"), taking(ofMillis(200)));
          }
          pause(ofSeconds(11));
          stack.serve(later, taking(ofMillis(5)));
          return null;
        });

    assertThat(later.responses).containsExactly(200);
  }

  @Test
  void refuses_what_finds_no_permit() throws Exception {
    Admission admission = Admission.by(ConcurrencyLimit.of(1));
    FakeExchange second = FakeExchange.get("/second");
    time.run(
        () -> {
          ServerStack stack = stack(admission);
          time.start("first", () -> stack.serve(FakeExchange.get("/first"), taking(ofSeconds(1))));
          pause(ofMillis(10));
          stack.serve(second, taking(ofSeconds(1)));
          return null;
        });

    assertThat(second.responses).containsExactly(503);
    assertThat(second.responseHeaders).containsEntry(HeaderNames.REFUSED, "overloaded");
    assertThat(second.end.reason()).isEqualTo(Reason.REFUSED);
    assertThat(admission.limit().inUse()).isZero();
  }

  @Test
  void lets_the_more_critical_go_first() throws Exception {
    ConcurrencyLimit one = ConcurrencyLimit.builder("shop", 1).maxWaiting(10).build();
    time.run(
        () -> {
          ServerStack stack = stack(Admission.by(one));
          time.start("first", () -> stack.serve(FakeExchange.get("/first"), taking(ofSeconds(1))));
          pause(ofMillis(10));
          for (Criticality level : List.of(Criticality.SHEDDABLE, Criticality.CRITICAL_PLUS)) {
            FakeExchange waiting =
                FakeExchange.get("/" + level).with(HeaderNames.CRITICALITY, level.name());
            time.start(level.name(), () -> stack.serve(waiting, taking(ofMillis(10))));
            pause(ofMillis(1));
          }
          pause(ofSeconds(3));
          return null;
        });

    assertThat(worked).containsExactly("/first", "/CRITICAL_PLUS", "/SHEDDABLE");
  }

  @Test
  void holds_the_permit_until_the_handler_has_returned() throws Exception {
    Admission admission = Admission.by(ConcurrencyLimit.of(1));
    List<Integer> inUse = new ArrayList<>();
    time.run(
        () -> {
          ServerStack stack =
              ServerStack.builder("shop")
                  .disconnects(Disconnects.none())
                  .withoutInterrupts()
                  .filter(TimeLimit.of(ofSeconds(1)))
                  .filter(admission)
                  .open(owner);
          time.start(
              "deaf",
              () -> stack.serve(FakeExchange.get("/deaf"), (ctx, e) -> pause(ofSeconds(3))));
          pause(ofSeconds(2)); // answered with 504 a second ago
          inUse.add(admission.limit().inUse());
          pause(ofSeconds(2));
          inUse.add(admission.limit().inUse());
          return null;
        });

    assertThat(inUse).containsExactly(1, 0);
  }

  @Test
  void lets_go_of_the_permit_of_a_client_that_leaves_in_line() throws Exception {
    Admission admission = Admission.by(ConcurrencyLimit.builder("shop", 1).maxWaiting(5).build());
    FakeExchange waiting = FakeExchange.get("/waiting");
    time.run(
        () -> {
          ServerStack stack = stack(admission);
          time.start("first", () -> stack.serve(FakeExchange.get("/first"), taking(ofSeconds(2))));
          pause(ofMillis(10));
          time.start("waiting", () -> stack.serve(waiting, taking(ofSeconds(1))));
          pause(ofMillis(10));
          waiting.clientGone();
          pause(ofMillis(10));
          assertThat(admission.limit().waiting()).isZero();
          return null;
        });

    assertThat(worked).containsExactly("/first");
    assertThat(waiting.end.status()).isEqualTo(499);
    assertThat(waiting.responses).isEmpty();
  }

  @Test
  void tells_its_load() throws Exception {
    FakeExchange exchange = FakeExchange.get("/");
    time.run(
        () -> {
          ServerStack stack = stack(Admission.adaptive("shop"));
          for (int i = 0; i < 8; i++) {
            stack.serve(FakeExchange.get("/"), taking(ofMillis(200)));
          }
          stack.serve(exchange, taking(ofMillis(200)));
          return null;
        });

    ReportedLoad load = ReportedLoad.read(exchange.responseHeaders.get(HeaderNames.SERVER_LOAD));
    assertThat(load.inFlight()).isEqualTo(1);
    assertThat(load.latency()).isEqualTo(ofMillis(200));
    assertThat(load.took()).as("so that the rest is the network").contains(ofMillis(200));
  }

  @Test
  void keeps_figures_of_so_many_operations_only() {
    UsualTimes times = UsualTimes.ofDefaults();
    for (int i = 0; i < 512; i++) {
      times.of("GET /" + i);
    }

    assertThat(times.of("GET /one-more")).isSameAs(times.of("GET /and-another"));
    assertThat(times.of("GET /7")).isNotSameAs(times.of("GET /8"));
  }
}
