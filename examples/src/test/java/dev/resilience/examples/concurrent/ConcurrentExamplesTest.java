package dev.resilience.examples.concurrent;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.time.Duration.ofMillis;
import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import dev.resilience.concurrent.GracefulShutdown;
import dev.resilience.concurrent.GracefulShutdown.Phase;
import dev.resilience.concurrent.ShutdownSummary;
import dev.resilience.concurrent.TaskGroup;
import dev.resilience.context.CancelReason;
import dev.resilience.context.Context;
import dev.resilience.examples.concurrent.BatchByDeadline.End;
import dev.resilience.time.VirtualTime;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

class ConcurrentExamplesTest {

  private final VirtualTime.Automatic time = VirtualTime.automatic(23);
  private final Context root = Context.background(time);
  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
  private final PrintStream out = new PrintStream(bytes, true, UTF_8);

  @FunctionalInterface
  private interface Program {
    void run() throws Exception;
  }

  private void run(Program program) throws Exception {
    time.run(
        () -> {
          program.run();
          return null;
        });
  }

  private List<String> lines() {
    return bytes.toString(UTF_8).lines().toList();
  }

  @Nested
  class The_job_processor {

    @Test
    void finishes_all_jobs_if_nobody_stops_it() throws Exception {
      run(
          () -> {
            var shutdown = GracefulShutdown.builder("jobs").open(root);
            assertThat(JobProcessor.run(shutdown, out)).isEqualTo(20);
            assertThat(shutdown.run("done").isClean()).isTrue();
          });
      assertThat(lines()).filteredOn(line -> line.endsWith(" done")).hasSize(20);
    }

    /** C1 to C4. */
    @Test
    void drains_what_it_has_when_a_signal_comes() throws Exception {
      run(
          () -> {
            var shutdown = GracefulShutdown.builder("jobs").open(root);
            time.start(
                "signal",
                () -> {
                  root.sleep(ofMillis(4_100));
                  shutdown.start("SIGTERM");
                });
            int accepted = JobProcessor.run(shutdown, out);
            ShutdownSummary summary = shutdown.await(root);
            assertThat(accepted).isEqualTo(9);
            assertThat(summary.isClean()).isTrue();
            assertThat(lines()).filteredOn(line -> line.endsWith(" done")).hasSize(9);
          });
      assertThat(lines()).anyMatch(line -> line.contains("no more jobs: jobs: shutting down"));
    }
  }

  /** 004 "Hands-On Assignment". */
  @Nested
  class The_task_processor {

    @Test
    void completes_three_tasks_and_cuts_the_fourth_at_its_limit() throws Exception {
      run(
          () -> {
            try (var tasks = new TaskProcessor(root, out)) {
              tasks.runAssignment();
            }
          });
      assertThat(lines())
          .allMatch(line -> line.startsWith("[req-20300101-000000] "))
          .map(line -> line.substring(22))
          .containsExactly(
              "Process Images started (priority 1)",
              "Update Database started (priority 1)",
              "Generate Report started (priority 2)",
              "Update Database completed",
              "Send Emails started (priority 3)",
              "Process Images completed",
              "Generate Report completed",
              "Send Emails cancelled at 80 %: deadline exceeded",
              "mean duration 3.3 s, 25 % timed out, 0 % cancelled",
              "all tasks completed or cancelled");
    }

    @Test
    void is_stopped_after_two_seconds() throws Exception {
      run(
          () -> {
            var ctrlC = root.withCancel();
            time.start(
                "ctrl-c",
                () -> {
                  root.sleep(ofMillis(2_050));
                  ctrlC.cancel(CancelReason.SHUTDOWN);
                });
            try (var tasks = new TaskProcessor(ctrlC, out)) {
              tasks.runAssignment();
            }
          });
      List<String> lines = lines().stream().map(line -> line.substring(22)).toList();
      assertThat(lines)
          .containsSubsequence(
              "Update Database completed",
              "shutdown signal received, cancelling all tasks",
              "Process Images cancelled at 80 %: shutdown")
          .containsSubsequence(
              "shutdown signal received, cancelling all tasks",
              "Generate Report cancelled at 50 %: shutdown")
          .containsSubsequence(
              "shutdown signal received, cancelling all tasks",
              "Send Emails cancelled at 0 %: shutdown")
          .endsWith("all tasks completed or cancelled");
    }

    @Test
    void retries_has_children_and_gives_critical_tasks_more_time() throws Exception {
      run(
          () -> {
            try (var tasks = new TaskProcessor(root, out)) {
              tasks.runBonus();
            }
          });
      List<String> lines = lines().stream().map(line -> line.substring(22)).toList();
      assertThat(lines)
          .containsSubsequence(
              "Call Partner tried again, attempt 2",
              "Call Partner tried again, attempt 3",
              "Call Partner completed")
          .containsSubsequence(
              "Publish Catalogue started (priority 5)", "Publish Catalogue completed")
          .contains("Publish Catalogue: prices completed", "Publish Catalogue: pictures completed")
          .contains("Book Payment completed");
    }

    @Test
    void takes_tasks_over_http() throws Exception {
      Context system = Context.background();
      try (var tasks = new TaskProcessor(system, out);
          var endpoint = new TaskEndpoint(system, tasks, 0)) {
        assertThat(post(endpoint.uri() + "?name=quick&millis=10&wait=true").body().lines())
            .last()
            .isEqualTo("quick for r-17");
        assertThat(post(endpoint.uri() + "?name=later&millis=10").statusCode()).isEqualTo(202);
        assertThat(post(endpoint.uri() + "?millis=never").statusCode()).isEqualTo(400);
        tasks.close();
        assertThat(post(endpoint.uri() + "?name=late").statusCode()).isEqualTo(503);
      }
    }

    @Test
    void a_task_that_is_waited_for_ends_with_its_client_and_another_one_does_not()
        throws Exception {
      Context system = Context.background();
      try (var tasks = new TaskProcessor(system, out);
          var endpoint = new TaskEndpoint(system, tasks, 0)) {
        String detached = post(endpoint.uri() + "?name=detached&millis=4000").body();
        try (Socket client =
            new Socket(InetAddress.getLoopbackAddress(), endpoint.uri().getPort())) {
          client
              .getOutputStream()
              .write(
                  "POST /tasks?name=followed&millis=4000&wait=true HTTP/1.1\r\nHost: x\r\n\r\n"
                      .getBytes(UTF_8));
          client.setSoLinger(true, 0); // gone at once, as a process that was killed
          assertThat(client.getInputStream().read()).isEqualTo('H');
        }
        await(() -> page(endpoint).contains("\"followed\",\"cancelled\""));
        assertThat(page(endpoint)).contains("\"detached\",\"running\"");
        assertThat(detached).isEqualTo("task 1");
      }
    }

    private String page(TaskEndpoint endpoint) throws IOException, InterruptedException {
      var request = HttpRequest.newBuilder(endpoint.uri().resolve("page/data")).build();
      return HttpClient.newHttpClient().send(request, BodyHandlers.ofString()).body();
    }

    private void await(Callable<Boolean> condition) throws Exception {
      try (var patience = Context.background().withTimeout(ofSeconds(30))) {
        while (!condition.call()) {
          patience.sleep(ofMillis(50));
        }
      }
    }

    private HttpResponse<String> post(String uri) throws IOException, InterruptedException {
      var request =
          HttpRequest.newBuilder(URI.create(uri))
              .header("X-Request-ID", "r-17")
              .POST(BodyPublishers.noBody())
              .build();
      return HttpClient.newHttpClient().send(request, BodyHandlers.ofString());
    }
  }

  @Nested
  class The_data_pipeline {

    @Test
    void has_all_even_numbers() throws Exception {
      run(
          () ->
              assertThat(DataPipeline.run(root.withTimeout(ofSeconds(3)), out).results())
                  .containsExactly(14, 26, 46, 74, 110));
      assertThat(lines()).anyMatch(line -> line.endsWith("square: 4 -> 16"));
    }

    @Test
    void has_what_came_through() throws Exception {
      run(
          () ->
              assertThat(DataPipeline.run(root.withTimeout(ofMillis(650)), out).results())
                  .containsExactly(14, 26));
    }
  }

  /** Real HTTP on loopback: clients that follow the readiness probe notice nothing. */
  @Test
  void a_shutdown_under_load_fails_no_request() throws Exception {
    Context system = Context.background();
    var shutdown =
        GracefulShutdown.builder("web")
            .announceFor(ofSeconds(1))
            .cancelWithin(ofMillis(500))
            .budget(ofSeconds(10))
            .open();
    var server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    var threads = Executors.newCachedThreadPool();
    server.setExecutor(threads);
    server.createContext(
        "/",
        exchange -> {
          try (exchange) {
            boolean probe = exchange.getRequestURI().getPath().equals("/ready");
            exchange.sendResponseHeaders(probe && !shutdown.isReady() ? 503 : 200, -1);
          }
        });
    server.start();
    shutdown.register(Phase.ANNOUNCE, "readiness", c -> shutdown.isReady());
    shutdown.register(
        Phase.DRAIN,
        "http",
        c -> {
          server.stop(1);
          return "stopped";
        });
    URI base = URI.create("http://localhost:" + server.getAddress().getPort() + "/");
    var served = new AtomicInteger();
    var failed = new AtomicInteger();
    try (TaskGroup<String> clients = TaskGroup.open(system.withTimeout(ofSeconds(30)))) {
      for (int i = 0; i < 4; i++) {
        clients.fork(
            c -> {
              var client = HttpClient.newHttpClient();
              for (int n = 0; n % 10 != 0 || get(client, base.resolve("ready")) == 200; n++) {
                (get(client, base.resolve("work")) == 200 ? served : failed).incrementAndGet();
              }
              return "went elsewhere";
            });
      }
      clients.fork(
          c -> {
            while (served.get() < 100) {
              c.sleep(ofMillis(1));
            }
            return String.valueOf(shutdown.run("SIGTERM").isClean());
          });
      assertThat(clients.join().results()).hasSize(5).contains("true");
    } finally {
      threads.shutdownNow();
    }
    assertThat(failed).hasValue(0);
    assertThat(served.get()).isGreaterThanOrEqualTo(100);
  }

  private static int get(HttpClient client, URI uri) throws InterruptedException {
    try {
      return client
          .send(HttpRequest.newBuilder(uri).build(), BodyHandlers.discarding())
          .statusCode();
    } catch (IOException refused) {
      return 0;
    }
  }

  @Test
  void the_profile_page_leaves_out_what_is_late() throws Exception {
    run(
        () -> {
          var page = ProfilePage.run(root, out, 1, 7, 3);
          assertThat(page).isEqualTo(new ProfilePage.Page("Ada", "defaults", "12 orders", false));
          assertThat(time.elapsed()).isEqualTo(ofSeconds(5));
          assertThat(ProfilePage.run(root, out, 1, 2, 3).complete()).isTrue();
        });
  }

  @Test
  void the_parallel_fetch_has_one_result_for_each_in_order() throws Exception {
    ParallelFetch.Fetcher simulated =
        (c, path) -> {
          if (path.equals("/broken")) {
            throw new IOException("status 404");
          }
          c.sleep(ofSeconds(path.charAt(7) - '0'));
          return "status 200";
        };
    run(
        () -> {
          ParallelFetch.all(root, simulated, out);
          assertThat(time.elapsed()).isEqualTo(ofSeconds(3));
          ParallelFetch.first(root, simulated, out);
          assertThat(time.elapsed()).isEqualTo(ofSeconds(4));
        });
    assertThat(lines())
        .map(line -> line.substring(9))
        .containsExactly(
            "/delay/3: status 200",
            "/delay/1: status 200",
            "/broken: java.io.IOException: status 404",
            "/delay/2: status 200",
            "first success: /delay/1, status 200");
  }

  @Nested
  class The_batch {

    private final BatchByDeadline.Step step = (c, item) -> c.sleep(ofMillis(300));

    @Test
    void says_how_far_it_came_and_goes_on_from_there() throws Exception {
      run(
          () -> {
            var first = BatchByDeadline.run(root, time.instant().plusSeconds(2), 0, out, step);
            assertThat(first).isEqualTo(new BatchByDeadline.Outcome(End.DEADLINE, 6));
            var rest =
                BatchByDeadline.run(root, time.instant().plusSeconds(60), first.next(), out, step);
            assertThat(rest).isEqualTo(new BatchByDeadline.Outcome(End.COMPLETE, 20));
          });
    }

    @Test
    void tells_its_ends_apart() throws Exception {
      run(
          () -> {
            var end = time.instant().plusSeconds(60);
            var cancelled = root.withCancel();
            cancelled.cancel(CancelReason.USER);
            assertThat(BatchByDeadline.run(cancelled, end, 3, out, step))
                .isEqualTo(new BatchByDeadline.Outcome(End.CANCELLED, 3));
            assertThat(
                    BatchByDeadline.run(
                        root,
                        end,
                        0,
                        out,
                        (c, item) -> {
                          if (item == 4) {
                            throw new IOException("bad item");
                          }
                        }))
                .isEqualTo(new BatchByDeadline.Outcome(End.FAILED, 4));
          });
    }
  }

  @Test
  void gos_examples_tell_what_gos_do() throws Exception {
    run(() -> new GoExamples(root, out).run());
    List<String> said = lines().stream().map(line -> line.substring(9)).toList();
    assertThat(said)
        .contains(
            "background: deadline Optional.empty, done false, error null",
            "timeout: task of 500 ms done",
            "values: audit for user_12345, session_abcdef, req_67890",
            "hierarchy: 500 ms DONE",
            "hierarchy: 1500 ms CANCELLED",
            "hierarchy: 3000 ms CANCELLED",
            "hierarchy: child ended by its parent: true",
            "past deadline: done from the start: true",
            "child deadline: 1.0 s left of the parent's 10.0 s",
            "by hand: steps done before the cancel: [5, 5, 5]",
            "retry: good after 4 attempts");
    assertThat(said)
        .filteredOn(line -> line.startsWith("timeout: ") && line.contains("cut: "))
        .hasSize(2);
    assertThat(IntStream.range(0, said.size()).filter(i -> said.get(i).startsWith("deadline: ")))
        .hasSize(1);
  }
}
