package dev.resilience.page;

import static java.time.Duration.ofMillis;
import static java.time.Duration.ofMinutes;
import static java.time.Duration.ofSeconds;

import dev.resilience.Preset;
import dev.resilience.Resilience;
import dev.resilience.chaos.Chaos;
import dev.resilience.context.CancellableContext;
import dev.resilience.context.Context;
import dev.resilience.diagnostics.ContextMonitor;
import dev.resilience.time.TimeSource;
import java.io.BufferedReader;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * What the page costs, printed: for a call that is watched, and of a processor at 1,000 calls a
 * second over eight dependencies, closed and open, without and with 10,000 live contexts. A
 * program: {@code PageCosts [seconds]}.
 */
final class PageCosts {

  private static final int DEPENDENCIES = 8;
  private static final int CALLS_PER_SECOND = 1_000;
  private static final int MANY = 10_000;
  private static final int WARM_UP = 1_000_000;

  private final ContextMonitor monitor = ContextMonitor.of("costs");
  private final CancellableContext process =
      Context.observed(TimeSource.system(), monitor).withCancel();
  private final Context plain = Context.background();
  private final ThreadMXBean threads = ManagementFactory.getThreadMXBean();
  private final int seconds;

  private PageCosts(int seconds) {
    this.seconds = seconds;
  }

  /** Runs the program. */
  public static void main(String... args) throws Exception {
    new PageCosts(args.length == 0 ? 10 : Integer.parseInt(args[0])).run();
  }

  private void run() throws Exception {
    try (LivePage page = LivePage.builder("costs").open(process)) {
      Resilience bare = Preset.rpc("bare").withoutHedge().build();
      Resilience watched = page.watch(Preset.rpc("watched").withoutHedge().build());
      for (int round = 0; round < 3; round++) {
        System.out.printf(
            "a call of the preset without hedge: %.0f ns, watched: %.0f ns%n",
            nanosPerCall(bare), nanosPerCall(watched));
      }
      Resilience none = Resilience.of();
      Resilience off = Resilience.of(Chaos.of("off"));
      for (int round = 0; round < 3; round++) {
        System.out.printf(
            "a stack of nothing: %.1f ns, of a Chaos without faults: %.1f ns%n",
            nanosPerCall(none), nanosPerCall(off));
      }
      List<Resilience> stacks = new ArrayList<>();
      for (int i = 0; i < DEPENDENCIES; i++) {
        stacks.add(page.watch(Preset.rpc("dependency " + i).build()));
      }
      page.requests(monitor);
      System.out.printf("closed: %.3f %% of a processor for the page%n", share(stacks));
      try (InputStream stream = open(page)) {
        System.out.printf("open: %.3f %%%n", share(stacks));
        List<CancellableContext> live = new ArrayList<>();
        for (int i = 0; i < MANY; i++) {
          live.add(process.withName("request " + i).withTimeout(ofMinutes(10)));
        }
        System.out.printf("open, %d contexts live: %.3f %%%n", MANY, share(stacks));
        live.forEach(CancellableContext::close);
      }
    }
  }

  private double nanosPerCall(Resilience stack) {
    long start = System.nanoTime();
    for (int i = 0; i < WARM_UP; i++) {
      stack.call(plain, c -> "answer");
    }
    return (System.nanoTime() - start) / (double) WARM_UP;
  }

  /** Reads what comes, so that nothing stands in its way. */
  private static InputStream open(LivePage page) throws Exception {
    HttpResponse<InputStream> answer =
        HttpClient.newHttpClient()
            .send(
                HttpRequest.newBuilder(page.uri().resolve("data"))
                    .header("Accept", "text/event-stream")
                    .build(),
                HttpResponse.BodyHandlers.ofInputStream());
    Thread reader =
        new Thread(
            () -> {
              try (BufferedReader lines =
                  new BufferedReader(
                      new InputStreamReader(answer.body(), StandardCharsets.UTF_8))) {
                while (lines.readLine() != null) {
                  // The next one.
                }
              } catch (java.io.IOException closed) {
                // It is over.
              }
            },
            "reader");
    reader.setDaemon(true);
    reader.start();
    return answer.body();
  }

  /** The processor time of the page's own threads, while calls are made; per cent of the time. */
  private double share(List<Resilience> stacks) throws InterruptedException {
    calls(stacks, 3);
    long start = System.nanoTime();
    long before = pageNanos();
    calls(stacks, seconds);
    return 100.0 * (pageNanos() - before) / (System.nanoTime() - start);
  }

  private void calls(List<Resilience> stacks, int length) throws InterruptedException {
    int perTick = CALLS_PER_SECOND / 100;
    for (int tick = 0; tick < length * 100; tick++) {
      for (int i = 0; i < perTick; i++) {
        try (CancellableContext ctx = process.withTimeout(ofSeconds(1))) {
          stacks.get(i % stacks.size()).call(ctx, c -> "answer");
        }
      }
      plain.sleep(ofMillis(10));
    }
  }

  private long pageNanos() {
    long sum = 0;
    for (long id : threads.getAllThreadIds()) {
      var info = threads.getThreadInfo(id);
      if (info != null && info.getThreadName().startsWith("page ")) {
        sum += Math.max(0, threads.getThreadCpuTime(id));
      }
    }
    return sum;
  }
}
