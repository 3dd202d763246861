package dev.resilience.examples.docs;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.time.Duration.ofMillis;
import static java.time.Duration.ofMinutes;
import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;

import dev.resilience.concurrent.Checkpoint;
import dev.resilience.concurrent.Cleanup;
import dev.resilience.concurrent.Conditions;
import dev.resilience.concurrent.GracefulShutdown;
import dev.resilience.concurrent.GracefulShutdown.Phase;
import dev.resilience.concurrent.Loan;
import dev.resilience.concurrent.Operation;
import dev.resilience.concurrent.Operations;
import dev.resilience.concurrent.PoolTask;
import dev.resilience.concurrent.Progress;
import dev.resilience.concurrent.ResourcePool;
import dev.resilience.concurrent.ShutdownReport;
import dev.resilience.concurrent.SystemLoad;
import dev.resilience.concurrent.Task;
import dev.resilience.concurrent.TaskGroup;
import dev.resilience.concurrent.TaskGroup.Ending;
import dev.resilience.concurrent.TaskResults;
import dev.resilience.concurrent.TaskSpec;
import dev.resilience.concurrent.TaskStream;
import dev.resilience.concurrent.WorkerPool;
import dev.resilience.concurrent.file.ContextFiles;
import dev.resilience.concurrent.file.FileStoppedException;
import dev.resilience.concurrent.pipeline.Handed;
import dev.resilience.concurrent.pipeline.Pipeline;
import dev.resilience.concurrent.pipeline.PipelineResult;
import dev.resilience.concurrent.pipeline.StageOptions;
import dev.resilience.context.CancelReason;
import dev.resilience.context.CancellableContext;
import dev.resilience.context.Context;
import dev.resilience.context.Key;
import dev.resilience.time.VirtualTime;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Flow;
import java.util.concurrent.SubmissionPublisher;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The blocks of the pages on concurrency. */
class ConcurrentSnippetsTest {

  private final VirtualTime.Automatic time = VirtualTime.automatic(1);
  private final Context root = Context.background(time);

  @Nested
  class The_page_on_task_groups {

    record User(String name) {}

    record Order(String what) {}

    private final Users users = new Users();
    private final Shop shop = new Shop();
    private final Sources sources = new Sources();

    @Test
    void has_a_group_that_fails_fast() throws Exception {
      assertThat(time.run(() -> both(root, "7"))).isEqualTo("Ada [Order[what=tea]]");
    }

    private String both(Context ctx, String id) throws InterruptedException {
      try (var group = TaskGroup.open(ctx)) {
        Task<User> user = group.fork("user", c -> users.fetch(c, id));
        Task<List<Order>> orders = group.fork("orders", c -> shop.orders(c, id));
        group.join(); // a failure of one cancels the other
        return page(user.result(), orders.result());
      }
    }

    @Test
    void has_partial_results() throws Exception {
      assertThat(time.run(() -> partial(root.withTimeout(ofSeconds(6)), "7")))
          .isEqualTo("Ada, no history; group: 2 tasks, 1 done, 1 timed out");
    }

    private String partial(Context request, String id) throws InterruptedException {
      try (TaskGroup<String> group = TaskGroup.open(request, Ending.COLLECT_ALL)) {
        Task<String> profile = group.fork("profile", ofSeconds(2), c -> sources.profile(c, id));
        Task<String> history = group.fork("history", ofSeconds(10), c -> sources.history(c, id));
        TaskResults<String> results = group.join(); // at the deadline at the latest
        return profile.resultOr("guest") + ", " + history.resultOr("no history") + "; " + results;
      }
    }

    @Test
    void has_the_first_success() throws Exception {
      assertThat(time.run(() -> first(root, List.of("3", "1", "2")))).isEqualTo("from 1");
    }

    private String first(Context ctx, List<String> mirrors) throws InterruptedException {
      try (TaskGroup<String> group = TaskGroup.open(ctx, Ending.FIRST_SUCCESS)) {
        mirrors.forEach(mirror -> group.fork(mirror, c -> fetch(c, mirror)));
        return group.join().first();
      }
    }

    private String fetch(Context ctx, String mirror) throws InterruptedException {
      ctx.sleep(ofSeconds(Long.parseLong(mirror)));
      return "from " + mirror;
    }

    private String page(User user, List<Order> orders) {
      return user.name() + " " + orders;
    }

    static class Users {
      User fetch(Context ctx, String unusedId) throws InterruptedException {
        ctx.sleep(ofSeconds(1));
        return new User("Ada");
      }
    }

    static class Shop {
      List<Order> orders(Context ctx, String unusedId) throws InterruptedException {
        ctx.sleep(ofSeconds(2));
        return List.of(new Order("tea"));
      }
    }
  }

  @Nested
  class The_page_on_worker_pools {

    private final List<String> log = new ArrayList<>();
    private final List<String> rows = List.of("a", "b", "c");
    private final Reports reports = new Reports();
    private final Mail mail = new Mail();
    private final String batch = "batch";
    private final List<String> kept = new ArrayList<>();

    @Test
    void has_a_pool() throws Exception {
      time.run(
          () -> {
            Context ctx = root;
            WorkerPool pool =
                WorkerPool.builder("jobs")
                    .workers(3)
                    .queue(100)
                    .taskTimeout(ofSeconds(5))
                    .open(root);
            PoolTask<String> job = pool.submit(ctx, "report", c -> reports.make(c, "May"));
            String report = job.await(ctx); // or job.stage()
            assertThat(report).isEqualTo("report of May");
            emails(ctx, pool);
            end(pool);
            return null;
          });
      assertThat(log).containsExactly("send emails: sent batch");
      assertThat(kept).isEmpty();
    }

    private void emails(Context ctx, WorkerPool pool) throws Exception {
      time.start("reader", () -> read(ctx, pool));
      TaskSpec<String> emails =
          TaskSpec.of("send emails", c -> mail.send(c, batch))
              .withPriority(1) // the most urgent
              .withTimeout(ofSeconds(5)) // for each attempt, from its beginning
              .withExpected(ofMillis(800)) // with less time left it is dropped
              .withRetry(3, failed -> ofMillis(100).multipliedBy(failed));
      PoolTask<String> task = pool.submit(ctx, emails);
      assertThat(task.await(ctx)).isEqualTo("sent batch");
      assertThat(task.attempts()).isEqualTo(2);
    }

    private void read(Context ctx, WorkerPool pool) throws InterruptedException {
      try (TaskStream results = pool.results()) {
        for (var next = results.next(ctx); next.isPresent(); next = results.next(ctx)) {
          PoolTask<?> ended = next.get();
          log.add(ended.name() + ": " + (ended.isDone() ? ended.result() : ended.failure()));
        }
      }
    }

    private void end(WorkerPool pool) {
      ShutdownReport report = pool.shutdown(root.withTimeout(ofSeconds(10)));
      report.handedBack().forEach(task -> keep(task.name())); // never began
    }

    private void keep(String name) {
      kept.add(name);
    }

    @Test
    void has_progress() throws Exception {
      var progress = new Progress();
      time.run(
          () -> {
            Context c = progress.in(root);
            for (int row = 0; row < rows.size(); row++) {
              Progress.report(c, row, rows.size()); // throws when the context has ended
              copy(c, rows.get(row));
            }
            return null;
          });
      assertThat(progress).hasToString("67 %");
    }

    private void copy(Context c, String unusedRow) throws InterruptedException {
      c.sleep(ofMillis(1));
    }

    static class Reports {
      String make(Context ctx, String month) throws InterruptedException {
        ctx.sleep(ofSeconds(1));
        return "report of " + month;
      }
    }

    static class Mail {
      private int calls;

      String send(Context ctx, String batch) throws InterruptedException, IOException {
        ctx.sleep(ofMillis(500));
        if (calls++ == 0) {
          throw new IOException("greylisted");
        }
        return "sent " + batch;
      }
    }
  }

  @Nested
  class The_page_on_operations {

    private final Sources sources = new Sources();
    private final List<String> closed = new ArrayList<>();

    @Test
    void has_named_operations() throws Exception {
      assertThat(time.run(() -> page(root, "7"))).isEqualTo("Ada, still running: []");
    }

    private String page(Context ctx, String id) throws Exception {
      try (Operations page = Operations.open(ctx)) {
        Operation<String> profile =
            page.start("profile", ofSeconds(2), c -> sources.profile(c, id));
        page.start("history", ofSeconds(10), c -> sources.history(c, id));
        page.cancel("history", CancelReason.USER); // false if there is none
        return profile.await(ctx) + ", still running: " + page.running();
      }
    }

    @Test
    void has_a_cleanup() throws Exception {
      assertThat(time.run(() -> query(root))).isEqualTo("12");
      assertThat(closed).containsExactly("2", "1");
    }

    private String query(Context ctx) throws Exception {
      try (Cleanup cleanup = Cleanup.of(ctx)) {
        Resource database = cleanup.add("database", open(ctx), (c, d) -> d.close(c));
        Resource cache = cleanup.add("cache", open(ctx), (c, d) -> d.close(c));
        return database.query(ctx) + cache.query(ctx);
      } // the cache first, then the database, also if ctx has ended
    }

    private int opened;

    private Resource open(Context unused) {
      return new Resource(++opened);
    }

    private class Resource {
      private final int number;

      Resource(int number) {
        this.number = number;
      }

      String query(Context unused) {
        return String.valueOf(number);
      }

      void close(Context unused) {
        closed.add(String.valueOf(number));
      }
    }

    @Test
    void has_conditions() throws Exception {
      WorkerPool pool = WorkerPool.builder("jobs").open(root);
      SystemLoad load =
          SystemLoad.builder()
              .processor()
              .queueWait(() -> pool.snapshot().oldestWaiting(), ofSeconds(1)) // 1 s is a load of 1
              .build();
      Conditions conditions =
          Conditions.builder("web")
              .when("premium user", c -> isPremium(c), c -> c.withMoreTime(ofSeconds(60)))
              .when("high load", load.above(0.8), c -> c.withTimeout(ofSeconds(1)))
              .build();
      assertThat(derived(conditions, root.withTimeout(ofSeconds(9)))).isIn("PT1M", "PT1S");
    }

    private String derived(Conditions conditions, Context request) {
      try (CancellableContext derived = conditions.derive(request)) {
        return answer(derived);
      }
    }

    private String answer(Context ctx) {
      return ctx.timeLeft().toString();
    }

    private boolean isPremium(Context unused) {
      return true;
    }
  }

  @Nested
  class The_page_on_shutdown {

    private final Lease lease = new Lease();
    private final Server server = new Server();

    @Test
    void registers_participants() {
      GracefulShutdown shutdown = GracefulShutdown.builder("orders").open();
      WorkerPool pool = WorkerPool.builder("jobs").open(shutdown.context());
      shutdown.register(pool);
      shutdown.register(Phase.ANNOUNCE, "registry", c -> lease.withdraw(c));
      shutdown.register(Phase.DRAIN, "http", c -> server.drain(c));
      assertThat(shutdown.isReady()).isTrue();
    }

    @Test
    void handles_signals() {
      GracefulShutdown shutdown = GracefulShutdown.builder("nobody").open();
      shutdown.handleSignals(); // SIGTERM and SIGINT; a second one ends at once
      assertThat(shutdown.isReady()).isTrue();
    }

    static class Lease {
      boolean withdraw(Context unused) {
        return true;
      }
    }

    static class Server {
      boolean drain(Context unused) {
        return true;
      }
    }
  }

  @Nested
  class The_page_on_pipelines {

    private static final Key<String> PRIORITY = Key.of("priority", String.class);

    private final Pipeline<Integer, Integer> numbers =
        Pipeline.<Integer>builder("numbers")
            .map("square", (c, n) -> n * n)
            .map("add10", (c, n) -> n + 10)
            .filter("filter-even", (c, n) -> n % 2 == 0)
            .build();

    @Test
    void has_numbers() throws Exception {
      assertThat(time.run(() -> even(root))).containsExactly(14, 26);
    }

    private List<Integer> even(Context ctx) throws InterruptedException {
      Pipeline<Integer, Integer> numbers =
          Pipeline.<Integer>builder("numbers")
              .map("square", (c, n) -> n * n)
              .map("add10", StageOptions.parallel(4), (c, n) -> n + 10)
              .filter("filter-even", (c, n) -> n % 2 == 0)
              .build();
      PipelineResult<Integer> result = numbers.run(ctx, List.of(1, 2, 3, 4)); // 14, 26
      return result.results();
    }

    @Test
    void has_a_request() throws Exception {
      assertThat(time.run(() -> answer(root.withTimeout(ofSeconds(1))))).isEqualTo("high 1, high");
    }

    private String answer(Context ctx) {
      Pipeline<String, String> requests =
          Pipeline.<String>builder("requests")
              .step(
                  "validation",
                  (c, request) ->
                      request.startsWith("high")
                          ? Handed.of(
                              request, c.withValue(PRIORITY, "high").withMoreTime(ofSeconds(60)))
                          : Handed.of(request))
              .map(
                  "processing",
                  (c, request) -> process(c, request, c.getOrDefault(PRIORITY, "normal")))
              .build();
      String answer = requests.execute(ctx, "high 1"); // one item, on this thread
      return answer;
    }

    private String process(Context ctx, String request, String priority)
        throws InterruptedException {
      ctx.sleep(ofSeconds(3));
      return request + ", " + priority;
    }

    @Test
    void has_streams() throws Exception {
      Context ctx = Context.background();
      var subscriber = new Collector();
      try (var publisher = new SubmissionPublisher<Integer>()) {
        var feeder =
            new Thread(
                () -> {
                  while (publisher.getNumberOfSubscribers() == 0) {
                    Thread.onSpinWait();
                  }
                  List.of(1, 2, 3, 4).forEach(publisher::submit);
                  publisher.close();
                });
        feeder.start();
        PipelineResult<Integer> collected = numbers.run(ctx, publisher);
        numbers.publisher(ctx, List.of(1, 2, 3, 4)).subscribe(subscriber); // as fast as it requests
        assertThat(collected.results()).containsExactly(14, 26);
        assertThat(ctx.await(subscriber.all)).containsExactly(14, 26);
      }
    }

    static class Collector implements Flow.Subscriber<Integer> {
      private final List<Integer> got = new ArrayList<>();
      private final CompletableFuture<List<Integer>> all = new CompletableFuture<>();

      @Override
      public void onSubscribe(Flow.Subscription subscription) {
        subscription.request(100);
      }

      @Override
      public void onNext(Integer item) {
        got.add(item);
      }

      @Override
      public void onError(Throwable failure) {
        all.completeExceptionally(failure);
      }

      @Override
      public void onComplete() {
        all.complete(got);
      }
    }
  }

  @Nested
  class The_page_on_resource_pools {

    @Test
    void has_a_loan() throws Exception {
      time.run(
          () -> {
            ResourcePool<Connection> connections =
                ResourcePool.<Connection>builder("db", c -> connect(c))
                    .size(10)
                    .closer((c, connection) -> connection.close())
                    .validator(connection -> connection.isOpen())
                    .maxAge(ofMinutes(30))
                    .leakAfter(ofMinutes(5))
                    .open(root);
            assertThat(query(root, connections)).isEqualTo("select 1: 1");
            connections.close();
            return null;
          });
    }

    private String query(Context ctx, ResourcePool<Connection> connections) throws Exception {
      try (Loan<Connection> loan = connections.borrow(ctx)) {
        return loan.get().query("select 1");
      }
    }

    private Connection connect(Context unused) {
      return new Connection();
    }

    static class Connection {
      private boolean open = true;

      boolean isOpen() {
        return open;
      }

      void close() {
        open = false;
      }

      String query(String sql) {
        return sql + ": 1";
      }
    }
  }

  @Nested
  class The_page_on_files {

    @TempDir private Path folder;
    private int errors;

    @Test
    void reads_writes_and_copies() throws Exception {
      Path log = Files.writeString(folder.resolve("log"), "ok\nerror\nok\n");
      Path report = folder.resolve("report");
      Path backup = folder.resolve("backup");
      Context ctx = root;
      ContextFiles files = ContextFiles.ofDefaults();
      files.lines(ctx, log, (c, line) -> count(line));
      files.write(ctx, report, (c, out) -> out.write(render(c))); // all of it or nothing
      files.copy(ctx, report, backup);
      assertThat(backup).hasContent("1 errors");
    }

    private void count(String line) {
      errors += line.equals("error") ? 1 : 0;
    }

    private byte[] render(Context unused) {
      return (errors + " errors").getBytes(UTF_8);
    }

    @Test
    void goes_on_where_it_stopped() throws Exception {
      Path log = Files.writeString(folder.resolve("log"), "a\nb\n");
      Context ctx = root.withTimeout(ofMillis(-1));
      List<String> kept = new ArrayList<>();
      try {
        ContextFiles.ofDefaults().lines(ctx, log, (c, line) -> kept.add(line));
      } catch (FileStoppedException stopped) {
        keep(stopped.position()); // and later: files.lines(ctx, log, position, …)
      }
      assertThat(kept).isEmpty();
    }

    private void keep(long position) {
      assertThat(position).isZero();
    }

    @Test
    void looks_now_and_then() {
      Context ctx = root;
      List<Integer> rows = List.of(1, 2, 3);
      Checkpoint checkpoint = Checkpoint.of(ctx, 100, ofMillis(50));
      for (Integer row : rows) {
        checkpoint.pass(); // throws when the context has ended
        add(row);
      }
      assertThat(errors).isEqualTo(6);
    }

    private void add(int row) {
      errors += row;
    }
  }

  static class Sources {
    String profile(Context ctx, String unusedId) throws InterruptedException {
      ctx.sleep(ofSeconds(1));
      return "Ada";
    }

    String history(Context ctx, String unusedId) throws InterruptedException {
      ctx.sleep(ofSeconds(8));
      return "long";
    }
  }
}
