package dev.resilience.examples.docs;

import static java.time.Duration.ofMillis;
import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;

import dev.resilience.Resilience;
import dev.resilience.context.CancelReason;
import dev.resilience.context.Context;
import dev.resilience.context.ContextException;
import dev.resilience.context.Credential;
import dev.resilience.context.DeadlineExceededException;
import dev.resilience.context.Key;
import dev.resilience.context.RequestInfo;
import dev.resilience.time.VirtualTime;
import dev.resilience.timeout.FixedTimeout;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import org.junit.jupiter.api.Test;

/** The blocks of docs/context.md. */
class ContextSnippetsTest {

  static final Key<String> TENANT = Key.of("tenant", String.class);

  static final Key<String> USER =
      Key.of("user", String.class).checked("1 to 64 characters", user -> user.length() <= 64);

  private final VirtualTime.Manual time = VirtualTime.manual();
  private final Context background = Context.background(time);
  private final BlockingQueue<String> queue = new LinkedBlockingQueue<>(List.of("order"));
  private final List<String> log = new ArrayList<>();
  private final Pool pool = new Pool();

  @Test
  void derive_and_close() {
    try (var request = Context.background().withValue(TENANT, "acme").withTimeout(ofSeconds(2));
        var search = request.withCancel()) {
      search.cancel(CancelReason.USER); // whatever searches hears it; the request lives on
      assertThat(request.isDone()).isFalse();
      assertThat(search.cause()).isSameAs(CancelReason.USER);
      assertThat(search.get(TENANT)).isEqualTo("acme");
    }
  }

  @Test
  void notice_the_end() throws Exception {
    Context ctx = background.withTimeout(ofSeconds(2));
    int chunk = 0;
    while (!ctx.isDone()) { // poll between two steps
      time.advance(ofMillis(100));
      chunk++;
    }
    assertThat(chunk).isEqualTo(20);
    try (var hook = ctx.onDone(() -> log.add("closed"))) { // be told
      assertThat(log).containsExactly("closed");
    }
  }

  @Test
  void block_under_a_context() throws InterruptedException {
    try (var ctx = background.withTimeout(ofSeconds(2))) {
      String next = ctx.interruptibly(() -> queue.take());
      assertThat(next).isEqualTo("order");
    }
  }

  @Test
  void close_what_the_work_holds() throws Exception {
    Resilience stack = Resilience.of(FixedTimeout.of(ofSeconds(5)));
    Connection pooled = new Connection();
    pool.giveBack(pooled);
    try (var ctx = background.withTimeout(ofSeconds(2))) {
      String quote =
          stack.call(
              ctx,
              c -> {
                Connection connection = pool.borrow();
                c.onAbort(connection::close); // the caller left, or the time was up
                String answer = connection.ask("quote");
                pool.giveBack(connection); // still open: the hook is withdrawn
                return answer;
              });
      assertThat(quote).isEqualTo("a quote");
      assertThat(pooled.closed).isFalse();
      Connection body =
          stack.call(ctx, c -> openWithHook(c)); // the hook guards the wait for the headers
      try (var hook = ctx.onAbort(body::close)) { // and this one the reading
        assertThat(body.ask("body")).isEqualTo("a body");
        time.advance(ofSeconds(2));
        assertThat(body.closed).isTrue();
      }
    }
  }

  private Connection openWithHook(Context c) {
    Connection connection = pool.borrow();
    c.onAbort(connection::close);
    return connection;
  }

  /** Plays a connection that closing frees. */
  private static final class Connection {

    private boolean closed;

    void close() {
      closed = true;
    }

    String ask(String what) throws IOException {
      if (closed) {
        throw new IOException("closed");
      }
      return "a " + what;
    }
  }

  private static final class Pool {

    private final ArrayDeque<Connection> free = new ArrayDeque<>();

    Connection borrow() {
      return free.pop();
    }

    void giveBack(Connection connection) {
      free.push(connection);
    }
  }

  @Test
  void finish_what_was_begun() {
    try (var request = background.withTimeout(ofSeconds(1))) {
      time.advance(ofSeconds(1));
      try (var rollback = request.withMoreTime(ofMillis(500))) {
        assertThat(request.isDone()).isTrue();
        assertThat(rollback.isDone()).isFalse();
      }
    }
  }

  @Test
  void end_with_the_first_of_several() {
    try (var shutdown = background.withCancel();
        var request = background.withTimeout(ofSeconds(1));
        var job = Context.firstOf(request, shutdown)) {
      shutdown.cancel(CancelReason.SHUTDOWN);
      assertThat(job.cause()).isSameAs(CancelReason.SHUTDOWN);
    }
  }

  @Test
  void say_whose_request_it_is() {
    Context ctx = RequestInfo.builder().requestId("r-17").userId("u-4").build().in(background);
    String user = ctx.getOrDefault(RequestInfo.USER_ID, "anonymous");
    assertThat(user).isEqualTo("u-4");
    assertThat(ctx.withValue(USER, "u-4").require(USER)).isEqualTo(user);
  }

  @Test
  void keep_a_credential_to_themselves() {
    String token = "s3cr3t";
    Context signedIn =
        RequestInfo.builder().credential(Credential.of(token)).build().in(background);
    String header = "Bearer " + signedIn.require(RequestInfo.CREDENTIAL).reveal();
    assertThat(header).isEqualTo("Bearer s3cr3t");
    assertThat(RequestInfo.of(signedIn).toString()).doesNotContain(token);
  }

  @Test
  void run_minutes_in_milliseconds() {
    var time = VirtualTime.manual();
    var ctx = Context.background(time).withTimeout(ofSeconds(60));
    time.start("worker", () -> log.add(outcomeOf(ctx)));
    time.advance(ofSeconds(60));
    assertThat(log).containsExactly("gave up after PT1M");
  }

  @Test
  void try_many_schedules() throws Exception {
    var simulation = VirtualTime.automatic(42); // the seed decides who goes first
    String winner =
        simulation.run(
            () -> {
              List<String> order = new ArrayList<>();
              var one = simulation.start("one", () -> order.add("one"));
              var two = simulation.start("two", () -> order.add("two"));
              one.join();
              two.join();
              return order.get(0);
            });
    assertThat(winner).isIn("one", "two");
  }

  private String outcomeOf(Context ctx) throws InterruptedException {
    try {
      ctx.sleep(Duration.ofHours(1));
      return "slept";
    } catch (DeadlineExceededException e) {
      return "gave up after " + time(ctx).elapsed();
    } catch (ContextException e) {
      return "left";
    }
  }

  private static VirtualTime time(Context ctx) {
    return (VirtualTime) ctx.timeSource();
  }
}
