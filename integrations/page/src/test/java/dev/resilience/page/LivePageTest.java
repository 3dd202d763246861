package dev.resilience.page;

import static java.time.Duration.ofMillis;
import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.awaitility.Awaitility.await;

import com.github.benmanes.caffeine.cache.Caffeine;
import dev.resilience.Preset;
import dev.resilience.Resilience;
import dev.resilience.cache.ContextCache;
import dev.resilience.chaos.Chaos;
import dev.resilience.chaos.Fault;
import dev.resilience.concurrent.Progress;
import dev.resilience.concurrent.TaskSpec;
import dev.resilience.concurrent.WorkerPool;
import dev.resilience.context.CancellableContext;
import dev.resilience.context.Context;
import dev.resilience.context.RequestInfo;
import dev.resilience.diagnostics.ContextMonitor;
import dev.resilience.discovery.client.ServiceClient;
import dev.resilience.discovery.registry.ServiceInstance;
import dev.resilience.discovery.registry.ServiceRegistry;
import dev.resilience.time.TimeSource;
import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The page over HTTP, and what it says. */
class LivePageTest {

  private static final String TOKEN = "a token of the test";
  private static final HttpClient CLIENT = HttpClient.newHttpClient();

  private final ContextMonitor monitor = ContextMonitor.builder("test").places().build();
  private final CancellableContext process =
      Context.observed(TimeSource.system(), monitor).withCancel();
  private LivePage page;

  @BeforeEach
  void open() throws IOException {
    page = LivePage.builder("test").token(TOKEN).interval(ofMillis(100)).open(process);
  }

  @AfterEach
  void close() {
    page.close();
    process.close();
  }

  private HttpResponse<String> get(String path, String... headers) throws Exception {
    HttpRequest.Builder request = HttpRequest.newBuilder(page.uri().resolve(path));
    if (headers.length > 0) {
      request.headers(headers);
    }
    return CLIENT.send(request.build(), HttpResponse.BodyHandlers.ofString());
  }

  private HttpResponse<String> post(String path, String... headers) throws Exception {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(page.uri().resolve(path)).POST(HttpRequest.BodyPublishers.noBody());
    if (headers.length > 0) {
      request.headers(headers);
    }
    return CLIENT.send(request.build(), HttpResponse.BodyHandlers.ofString());
  }

  @Test
  void serves_its_files_and_lets_nothing_else_run_in_the_browser() throws Exception {
    for (String file : new String[] {"", "page.js", "page.css", "uPlot.iife.min.js", "icon.svg"}) {
      HttpResponse<String> answer = get(file);
      assertThat(answer.statusCode()).isEqualTo(200);
      assertThat(answer.headers().firstValue("Content-Security-Policy").orElseThrow())
          .contains("default-src 'none'", "script-src 'self'", "frame-ancestors 'none'");
      assertThat(answer.body()).isNotEmpty();
    }
    assertThat(get("module-info.class").statusCode()).isEqualTo(404);
    assertThat(get("../pom.xml").statusCode()).isEqualTo(404);
    assertThat(page.uri().getHost()).isEqualTo("localhost");
  }

  @Test
  void tells_a_stack_its_calls_and_why_they_failed() throws Exception {
    Chaos chaos = Chaos.of("payments");
    Resilience payments = page.watch(Preset.rpc("payments").build());
    chaos.inject(Fault.error(1));
    catchThrowable(
        () -> payments.call(process, c -> Resilience.of(chaos).call(c, inner -> "never")));
    String json = get("data").body();
    assertThat(json)
        .contains("\"name\":\"payments\"", "\"failure\":1", "\"circuit\":{\"state\":\"closed\"")
        .contains("\"outcome\":\"failed\"", "payments: injected: error")
        .contains("\"why\":\"payments: attempt 1: FAILURE, ");
    String text = get("top?width=200").body();
    assertThat(text).contains("DEPENDENCIES", "payments", "RECENT CALLS");
    assertThat(text).containsPattern("payments .*: payments: attempt 1: FAILURE, .*");
    assertThat(text.lines()).allSatisfy(line -> assertThat(line.length()).isLessThanOrEqualTo(200));
  }

  @Test
  void two_stacks_may_share_a_tile_and_equal_names_may_not() {
    page.watch("db", Resilience.of().named("reads")).call(process, c -> "a");
    page.watch("db", Resilience.of().named("writes")).call(process, c -> "b");
    page.watch(Resilience.of().named("db"));
    assertThat(page.snapshot().dependencies())
        .extracting(DependencySnapshot::name)
        .containsExactly("db", "db 2");
    assertThat(page.snapshot().dependencies().get(0).counts().total()).isEqualTo(2);
  }

  @Test
  void shows_requests_caches_instances_pools_and_tasks() throws Exception {
    page.requests(monitor);
    CountDownLatch started = new CountDownLatch(1);
    TaskHistory ended = new TaskHistory();
    Context request = RequestInfo.builder().requestId("r-17").build().in(process.withName("order"));
    try (CancellableContext order = request.withTimeout(ofSeconds(30));
        ContextCache<String, String> users =
            ContextCache.<String, String>builder("users")
                .caffeine(Caffeine.newBuilder().maximumSize(10).recordStats())
                .open(process);
        WorkerPool pool = WorkerPool.builder("jobs").workers(1).listener(ended).open(process)) {
      page.show(CachePanel.of(users));
      page.show(Panels.pool(pool, ended));
      ServiceRegistry registry = ServiceRegistry.inMemory(process);
      registry.register(process, ServiceInstance.of("mail", "10.0.0.7", 25));
      ServiceClient mail = ServiceClient.builder("mail", registry).open(process);
      page.show(ServicePanel.of(mail));
      mail.instances(process);
      users.getOrFetch(process, "u", (c, key) -> "user");
      users.getOrFetch(process, "u", (c, key) -> "user");
      pool.submit(process, TaskSpec.of("quick", c -> "done")).await(process);
      pool.submit(
          process,
          TaskSpec.of(
              "report",
              c -> {
                Progress.report(c, 40);
                started.countDown();
                c.awaitDone();
                return "never";
              }));
      started.await();

      String json = get("data").body();
      assertThat(json)
          .contains("\"name\":\"order\",\"values\":\"request-id=r-17\"", "\"left\":29")
          .contains("\"created\":\"LivePageTest.shows_requests_caches_instances_pools_and_tasks:")
          .containsPattern("waits for the end at LivePageTest.lambda")
          .contains("[\"hits\",\"50.0 %\"]", "\"10.0.0.7:25\",\"yes\"")
          .contains("\"report\",\"running\",\"40 %\"", "\"quick\",\"done\"");
      assertThat(get("top").body())
          .contains("LIVE REQUESTS", "request-id=r-17", "POOL jobs", "CACHE users", "SERVICE mail");
      mail.close();
      assertThat(order.isDone()).isFalse();
    }
  }

  @Test
  void a_broken_panel_does_not_take_the_page_with_it() throws Exception {
    page.show(
        () -> {
          throw new StackOverflowError("of the user's");
        });
    page.show(() -> PanelSnapshot.builder("queue", "mail").figure("waiting", 3).build());
    assertThat(get("data").body())
        .contains("\"kind\":\"broken\"", "of the user's", "[\"waiting\",\"3\"]");
  }

  @Test
  void a_button_needs_the_token_and_the_page_of_another_site_gets_nothing() throws Exception {
    AtomicBoolean pressed = new AtomicBoolean();
    page.button("tests", "press", pressed::get, () -> pressed.set(true));
    assertThat(post("buttons/1").statusCode()).isEqualTo(401);
    assertThat(post("buttons/1", "Authorization", "Bearer wrong").statusCode()).isEqualTo(401);
    assertThat(get("buttons/1", "Authorization", "Bearer " + TOKEN).statusCode()).isEqualTo(405);
    assertThat(post("buttons/9", "Authorization", "Bearer " + TOKEN).statusCode()).isEqualTo(404);
    assertThat(pressed).isFalse();
    assertThat(post("buttons/1", "Authorization", "Bearer " + TOKEN).statusCode()).isEqualTo(200);
    assertThat(pressed).isTrue();
    assertThat(get("data", "Origin", "https://evil.example").headers().map())
        .doesNotContainKey("access-control-allow-origin");
    assertThat(get("data", "Origin", "http://localhost:1").headers().map())
        .containsKey("access-control-allow-origin");
  }

  @Test
  void without_a_token_there_are_no_buttons() throws Exception {
    try (LivePage readOnly = LivePage.builder("read-only").open(process)) {
      readOnly.button("tests", "press", () -> false, () -> {});
      assertThat(readOnly.snapshot().toJson()).contains("\"writable\":false", "\"buttons\":[]");
    }
  }

  /** Frames come while somebody looks, and nothing is made when the last one has gone. */
  @Test
  void streams_while_somebody_looks() throws Exception {
    assertThat(page.openStreams()).isZero();
    HttpResponse<InputStream> stream =
        CLIENT.send(
            HttpRequest.newBuilder(page.uri().resolve("data"))
                .header("Accept", "text/event-stream")
                .build(),
            HttpResponse.BodyHandlers.ofInputStream());
    try (BufferedReader lines =
        new BufferedReader(new InputStreamReader(stream.body(), StandardCharsets.UTF_8))) {
      for (int i = 0; i < 3; i++) {
        assertThat(lines.readLine()).startsWith("data: {\"process\":{\"name\":\"test\"");
        assertThat(lines.readLine()).isEmpty();
      }
      assertThat(page.openStreams()).isEqualTo(1);
    }
    await().atMost(ofSeconds(30)).until(() -> page.openStreams() == 0);
    await()
        .atMost(ofSeconds(30))
        .until(
            () ->
                Thread.getAllStackTraces().keySet().stream()
                    .noneMatch(thread -> thread.getName().equals("page frames of test")));
  }

  @Test
  void ends_with_its_owner() throws Exception {
    HttpResponse<InputStream> stream =
        CLIENT.send(
            HttpRequest.newBuilder(page.uri().resolve("data"))
                .header("Accept", "text/event-stream")
                .build(),
            HttpResponse.BodyHandlers.ofInputStream());
    process.cancel();
    catchThrowable(() -> stream.body().readAllBytes());
    assertThatThrownBy(() -> get("data")).isInstanceOf(IOException.class);
  }

  @Test
  void ten_thousand_contexts_are_counted_and_the_oldest_shown() {
    page.requests(monitor);
    CancellableContext[] many = new CancellableContext[10_000];
    for (int i = 0; i < many.length; i++) {
      many[i] = process.withName("request " + i).withTimeout(ofSeconds(60));
    }
    LiveRequests live = page.snapshot().requests().orElseThrow();
    assertThat(live.live()).isGreaterThanOrEqualTo(10_000);
    assertThat(live.rows()).hasSizeBetween(150, 200); // without those that say nothing
    assertThat(live.rows()).extracting(LiveRow::name).contains("request 0", "request 100");
    for (CancellableContext one : many) {
      one.close();
    }
  }

  @Test
  void top_prints_it_and_says_what_is_wrong_with_its_arguments() throws Exception {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    PrintStream out = new PrintStream(bytes, true, StandardCharsets.UTF_8);
    page.watch(Resilience.of().named("payments")).call(process, c -> "paid");
    assertThat(Top.run(out, "--once", "--width", "120", page.uri().toString())).isZero();
    assertThat(Top.run(out, "--width", "9")).isEqualTo(2);
    assertThat(Top.run(out, "localhost:80")).isEqualTo(2);
    assertThat(Top.run(out, "--once", "http://localhost:1/")).isEqualTo(1);
    assertThat(bytes.toString(StandardCharsets.UTF_8))
        .contains("payments", "--width: '9' (expected: 40 to 400)", "does not answer");
  }

  @Test
  void refuses_what_makes_no_sense() {
    assertThatThrownBy(() -> LivePage.builder(" ")).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> LivePage.builder("x").token("short"))
        .hasMessage("token: 5 characters (expected: at least 8)");
    assertThatThrownBy(() -> LivePage.builder("x").port(65_536))
        .hasMessage("port: 65536 (expected: 0 to 65535)");
    assertThatThrownBy(() -> LivePage.builder("x").interval(ofSeconds(2)))
        .hasMessageContaining("(expected: 100 ms to 1 s)");
    assertThatThrownBy(() -> LivePage.builder("x").peer("shop; script-src *"))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(
            () -> PanelSnapshot.builder("a", "b").columns("one").row(Status.OK, "1", "2"))
        .hasMessage("cells: 2 (expected: 1, as many as columns)");
    assertThatThrownBy(() -> page.snapshot().toText(10))
        .hasMessage("width: 10 (expected: 40 to 400)");
  }
}
