package dev.resilience.micrometer;

import static java.time.Duration.ofMillis;
import static java.time.Duration.ofSeconds;

import com.github.benmanes.caffeine.cache.Caffeine;
import dev.resilience.Preset;
import dev.resilience.Resilience;
import dev.resilience.cache.ContextCache;
import dev.resilience.concurrent.TaskGroup;
import dev.resilience.concurrent.WorkerPool;
import dev.resilience.context.Context;
import dev.resilience.discovery.client.ServiceClient;
import dev.resilience.discovery.registry.ServiceInstance;
import dev.resilience.discovery.registry.ServiceRegistry;
import dev.resilience.fallback.Fallbacks;
import dev.resilience.policy.RetryBudget;
import dev.resilience.time.VirtualTime;
import dev.resilience.timeout.FixedTimeout;
import dev.resilience.timeout.TimeoutMonitor;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;

/**
 * A small shop in trouble, played under virtual time: eight users ask for quotes for ten minutes;
 * from the third minute on the service is slow, in the fifth and sixth it fails. The registry is
 * read every ten seconds, as Prometheus would.
 */
final class DemoRun {

  static final Duration STEP = ofSeconds(10);
  static final int STEPS = 60;

  private static final int USERS = 8;

  private final VirtualTime.Automatic time = VirtualTime.automatic(15);
  private final PrometheusMeterRegistry registry =
      new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
  private final List<String> scrapes = new ArrayList<>();

  /** What the registry said, step by step. */
  static List<String> scrapes() throws Exception {
    DemoRun demo = new DemoRun();
    demo.time.run(
        () -> {
          demo.play();
          return null;
        });
    return demo.scrapes;
  }

  private void play() throws Exception {
    Context root = Context.observed(time, ContextMetrics.of(registry));
    CallMetrics calls = CallMetrics.builder().withHistogram().build(registry);
    RetryBudget budget = RetryBudget.ofDefaults();
    RetryBudgetMetrics.of("quotes", budget).bindTo(registry);
    TimeoutMonitor monitor = TimeoutMonitor.create();
    TimeoutMetrics.of(monitor).bindTo(registry);
    Resilience quotes = Preset.http("quotes").budget(budget).listener(calls).build();
    StackMetrics.of(quotes).bindTo(registry);
    Resilience tax =
        Resilience.of(
                FixedTimeout.builder("tax", ofMillis(120)).monitor(monitor).listener(calls).build())
            .named("tax")
            .withListener(calls);
    var withFallback =
        quotes.withFallback(
            Fallbacks.<String>onAny((c, e) -> "the quote of yesterday").listener(calls));
    ServiceRegistry services = ServiceRegistry.inMemory(root);
    try (var one = services.register(root, ServiceInstance.of("quotes", "10.0.0.7", 8080));
        var two = services.register(root, ServiceInstance.of("quotes", "10.0.0.8", 8080));
        ServiceClient client = ServiceClient.builder("quotes", services).open(root);
        ContextCache<Integer, String> products =
            ContextCache.<Integer, String>builder("products")
                .caffeine(Caffeine.newBuilder().maximumSize(50).recordStats())
                .expireAfterWrite(ofSeconds(30))
                .staleIfError(ofSeconds(600))
                .open(root);
        WorkerPool mails = WorkerPool.builder("mails").workers(2).queue(50).open(root);
        TaskGroup<String> users = TaskGroup.open(root.withName("users"))) {
      ServiceClientMetrics.of(client).bindTo(registry);
      CacheMetrics.of(products).bindTo(registry);
      PoolMetrics.of(mails).bindTo(registry);
      client.call(root, (c, instance) -> instance.host());
      long begin = time.nanoTime();
      for (int user = 0; user < USERS; user++) {
        int first = user;
        users.fork(
            "user " + user,
            c -> {
              for (int round = first; true; round += USERS) {
                order(root.withName("order"), begin, round, withFallback, tax, products, mails);
                c.sleep(ofMillis(300 + c.timeSource().random().nextInt(300)));
              }
            });
      }
      for (int step = 0; step < STEPS; step++) {
        root.sleep(STEP);
        scrapes.add(registry.scrape());
        if (step == STEPS / 2) {
          two.drain();
        }
      }
      users.cancel(new CancellationException("the demo is over"));
    }
  }

  private void order(
      Context users,
      long begin,
      int round,
      dev.resilience.WithFallback<String> quotes,
      Resilience tax,
      ContextCache<Integer, String> products,
      WorkerPool mails) {
    try (var order = users.withTimeout(ofMillis(800))) {
      try {
        products.getOrFetch(order, round % 60, (c, id) -> slept(c, begin, 20, 40));
        quotes.call(order, c -> slept(c, begin, 30, 60));
        tax.call(order, c -> slept(c, begin, 40, 70));
        if (round % 5 == 0) {
          mails.submit(users.detached(), "mail", c -> slept(c, begin, 900, 900));
        }
        if (round % 11 == 0) {
          order.cancel(dev.resilience.context.CancelReason.USER);
        }
      } catch (Throwable seenByTheMetrics) {
        // The next order is another one.
        return;
      }
    }
  }

  private String slept(Context ctx, long begin, int least, int spread)
      throws IOException, InterruptedException {
    long minute = Duration.ofNanos(time.nanoTime() - begin).toMinutes();
    int slower = minute == 2 || minute == 3 ? 2 : 1;
    ctx.sleep(ofMillis((long) slower * (least + time.random().nextInt(spread))));
    if ((minute == 4 || minute == 5) && time.random().nextInt(10) < 8) {
      throw new IOException("down");
    }
    return "fine";
  }
}
