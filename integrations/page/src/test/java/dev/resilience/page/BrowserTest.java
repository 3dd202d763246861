package dev.resilience.page;

import static java.time.Duration.ofMillis;
import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.awaitility.Awaitility.await;

import dev.resilience.Resilience;
import dev.resilience.breaker.Breaker;
import dev.resilience.chaos.Chaos;
import dev.resilience.chaos.Fault;
import dev.resilience.context.CancellableContext;
import dev.resilience.context.Context;
import dev.resilience.context.RequestInfo;
import dev.resilience.diagnostics.ContextMonitor;
import dev.resilience.limit.ConcurrencyLimit;
import dev.resilience.policy.RetryBudget;
import dev.resilience.retry.Backoff;
import dev.resilience.retry.Retry;
import dev.resilience.time.TimeSource;
import dev.resilience.timeout.FixedTimeout;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** What the page shows is what the library's snapshot says, under each fault. */
class BrowserTest {

  private static final String TOKEN = "a token of the test";

  private final ContextMonitor monitor = ContextMonitor.of("test");
  private final Chaos chaos = Chaos.of("payments");
  private final Breaker breaker = Breaker.builder("payments").consecutiveFailures(4).build();
  private final Retry retry =
      Retry.builder("payments")
          .maxAttempts(2)
          .backoff(Backoff.constant(ofMillis(1)))
          .budget(RetryBudget.builder().burst(10).minimumPerSecond(0).ratio(0).build())
          .build();
  private final Resilience policies =
      Resilience.of(retry, breaker, ConcurrencyLimit.of(7), FixedTimeout.of(ofMillis(40)), chaos)
          .named("payments");

  /** All in one, so that one browser is enough. */
  @Test
  void shows_what_the_snapshot_says_under_each_fault() throws Exception {
    try (Browser browser = Browser.start();
        CancellableContext process = Context.observed(TimeSource.system(), monitor).withCancel();
        LivePage page =
            LivePage.builder("shop").token(TOKEN).interval(ofMillis(100)).open(process)) {
      Resilience payments = page.watch(policies);
      page.watch(Resilience.of().named("mail"));
      page.requests(monitor);
      page.show(Panels.faults(chaos));
      page.button(
          "Payments",
          "slow",
          () -> isActive(Fault.Kind.SLOW),
          () -> chaos.inject(Fault.slow(1, ofSeconds(5))));
      page.button(
          "Payments",
          "failing",
          () -> isActive(Fault.Kind.ERROR),
          () -> chaos.inject(Fault.error(1)));
      page.button(
          "Payments",
          "rejecting",
          () -> isActive(Fault.Kind.REJECT),
          () -> chaos.inject(Fault.reject(1)));
      page.button(
          "Payments",
          "hanging",
          () -> isActive(Fault.Kind.HANG),
          () -> chaos.inject(Fault.hang(1)));
      page.button("Payments", "well", () -> chaos.snapshot().faults().isEmpty(), chaos::clear);
      browser.size(1280, 900, false);
      browser.open(page.uri(), "#token=" + TOKEN.replace(" ", "%20"));

      call(payments, process, 5);
      shows(browser, page, "closed", "healthy");

      press(browser, "slow");
      call(payments, process, 1);
      assertThat(field(browser, "timedOut")).isEqualTo("1");

      press(browser, "rejecting");
      call(payments, process, 1);
      press(browser, "hanging");
      try (CancellableContext leaves = process.withTimeout(ofMillis(5))) {
        leaves.onDone(() -> {});
        catchThrowable(() -> payments.call(leaves, c -> "never"));
      }
      try (CancellableContext user = process.withCancel()) {
        user.cancel();
        catchThrowable(() -> payments.call(user, c -> "never"));
      }
      shows(browser, page, "closed", null);

      press(browser, "failing");
      call(payments, process, 4);
      shows(browser, page, "open", "circuit open");
      assertThat((String) browser.run("return document.querySelector('#headline').textContent"))
          .contains("1 of 2 dependencies need attention")
          .contains("payments: circuit open");
      assertThat((String) browser.run("return document.title")).isEqualTo("(1) shop");
      // Reports are a sample: some of those that come at once are left out.
      await()
          .atMost(ofSeconds(30))
          .untilAsserted(
              () -> {
                call(payments, process, 1);
                assertThat(
                        (String)
                            browser.run("return document.querySelector('#reports').textContent"))
                    .contains("payments: injected: error", "circuit is open");
              });

      showsRequests(browser, process);
      isAccessible(browser);
      looksWellInBothSchemesAndOnAPhone(browser);
      assertThat(browser.errors()).isEmpty();
    }
  }

  private boolean isActive(Fault.Kind kind) {
    return chaos.snapshot().faults().stream().anyMatch(fault -> fault.kind() == kind);
  }

  private static void call(Resilience payments, Context process, int times) {
    for (int i = 0; i < times; i++) {
      try (CancellableContext ctx = process.withTimeout(ofSeconds(10))) {
        catchThrowable(() -> payments.call(ctx, c -> "paid"));
      }
    }
  }

  /** As a person does; what was pressed is seen to be in effect. */
  private static void press(Browser browser, String label) {
    await()
        .atMost(ofSeconds(30))
        .until(
            () ->
                (Boolean)
                    browser.run(
                        "const b = document.querySelector(`[data-button=${arguments[0]}]`);"
                            + " if (b && !b.disabled && b.ariaPressed !== 'true') b.click();"
                            + " return !!b && b.ariaPressed === 'true'",
                        label));
  }

  private static String field(Browser browser, String name) {
    String[] last = {""};
    await()
        .atMost(ofSeconds(30))
        .until(
            () -> {
              last[0] = (String) browser.run(FIELD, name);
              return last[0] != null && !last[0].equals("0");
            });
    return last[0];
  }

  private static final String FIELD =
      "return document.querySelector(`[data-name=payments].tile"
          + " [data-field=${arguments[0]}]`)?.textContent";

  /** Field by field, once what is under way has come to the page. */
  private static void shows(Browser browser, LivePage page, String circuit, String reason) {
    await()
        .atMost(ofSeconds(30))
        .untilAsserted(
            () -> {
              DependencySnapshot now = page.snapshot().dependencies().get(0);
              Map<String, String> expected = new TreeMap<>();
              for (Ending ending : Ending.values()) {
                expected.put(ending.field(), Long.toString(now.counts().of(ending)));
              }
              expected.put("circuit", circuit);
              expected.put(
                  "concurrency", now.concurrency().inUse() + " of " + now.concurrency().limit());
              expected.put("retries", Long.toString(now.retries().retries()));
              expected.put(
                  "retriesDetail", "budget " + (long) now.retries().budgetAvailable() + " of 10");
              expected.put("timeKind", "time-out");
              expected.put("timeGiven", "40 ms");
              expected.put("stack", now.stack());
              assertThat(SnapshotJson.words(now.circuit().state())).isEqualTo(circuit);
              expected.forEach(
                  (name, value) ->
                      assertThat((String) browser.run(FIELD, name)).as(name).isEqualTo(value));
              if (reason != null) {
                assertThat(now.judgement().reason()).isEqualTo(reason);
                assertThat(
                        (String)
                            browser.run(
                                "return document.querySelector('[data-name=payments].tile"
                                    + " .chip').textContent"))
                    .isEqualTo(reason);
              }
            });
  }

  private static void showsRequests(Browser browser, Context process) {
    Context named = RequestInfo.builder().requestId("r-17").build().in(process.withName("order"));
    try (CancellableContext order = named.withTimeout(ofSeconds(60));
        CancellableContext pay = order.withName("pay").withTimeout(ofSeconds(5))) {
      await().atMost(ofSeconds(30)).until(() -> ((String) browser.run(ROWS)).contains("└ pay"));
      assertThat((String) browser.run(ROWS)).contains("orderrequest-id=r-17");
      assertThat(pay.isDone()).isFalse();
    }
    await().atMost(ofSeconds(30)).until(() -> !((String) browser.run(ROWS)).contains("order"));
  }

  private static final String ROWS = "return document.querySelector('#rows').textContent";

  /** What a screen reader and a keyboard need: names, headings, a live region, no trap. */
  private static void isAccessible(Browser browser) {
    assertThat(
            (String)
                browser.run(
                    """
                    const bad = [];
                    for (const e of document.querySelectorAll('button, a, input, [role=img], [role=region]')) {
                      const name = e.getAttribute('aria-label') || e.textContent.trim()
                          || (e.getAttribute('aria-labelledby') && document.getElementById(e.getAttribute('aria-labelledby')))
                          || (e.labels && e.labels.length);
                      if (!name) bad.push(e.outerHTML.slice(0, 80));
                    }
                    for (const e of document.querySelectorAll('[aria-labelledby]'))
                      if (!document.getElementById(e.getAttribute('aria-labelledby'))) bad.push('no ' + e.getAttribute('aria-labelledby'));
                    const ids = [...document.querySelectorAll('[id]')].map(e => e.id);
                    ids.filter((id, i) => ids.indexOf(id) !== i).forEach(id => bad.push('twice ' + id));
                    if (!document.documentElement.lang) bad.push('no language');
                    if (document.querySelectorAll('h1').length !== 1) bad.push('h1');
                    if (!document.querySelector('[role=status][aria-live]')) bad.push('no live region');
                    return bad.join('\\n');
                    """))
        .isEmpty();
  }

  private static void looksWellInBothSchemesAndOnAPhone(Browser browser) throws Exception {
    for (String scheme : new String[] {"light", "dark"}) {
      browser.scheme(scheme);
      assertThat((String) browser.run("return getComputedStyle(document.body).backgroundColor"))
          .isEqualTo(scheme.equals("light") ? "rgb(244, 246, 248)" : "rgb(13, 17, 23)");
      browser.screenshot(Path.of("target", "page-" + scheme + ".png"));
    }
    browser.size(390, 844, true);
    await()
        .atMost(ofSeconds(30))
        .untilAsserted(
            () ->
                assertThat(
                        (Boolean) browser.run("return document.documentElement.scrollWidth <= 390"))
                    .as("no part is wider than a phone")
                    .isTrue());
    browser.screenshot(Path.of("target", "page-phone.png"));
  }
}
