package dev.resilience.diagnostics;

import static java.time.Duration.ofMillis;
import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.resilience.context.CancellableContext;
import dev.resilience.context.Context;
import dev.resilience.context.ContextDetails.Kind;
import dev.resilience.context.ContextObserver;
import dev.resilience.context.Key;
import dev.resilience.context.RequestInfo;
import dev.resilience.context.WaitReason;
import dev.resilience.time.TimeSource;
import dev.resilience.time.VirtualTime;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import javax.management.JMX;
import javax.management.MBeanServer;
import javax.management.ObjectName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

class ContextMonitorTest {

  private static final Key<Integer> USER = Key.of("user-id", Integer.class).shown();
  private static final Key<String> PASSWORD = Key.of("password", String.class);

  private final VirtualTime.Manual time = VirtualTime.manual();
  private final ContextMonitor monitor = ContextMonitor.of("orders");
  private final Context root = Context.observed(time, monitor);

  /** What nobody holds may be gone before it is dumped. */
  private final List<Context> held = new ArrayList<>();

  private CancellableContext hold(CancellableContext ctx) {
    held.add(ctx);
    return ctx;
  }

  /** The picture of a tree that guides to Go's contexts draw, dumped after a second. */
  @Nested
  class The_picture {

    private final CancellableContext limit30 = root.withName("request").withTimeout(ofSeconds(30));
    private final CancellableContext cancel = limit30.withCancel();
    private final CancellableContext limit5 = cancel.withValue(USER, 123).withTimeout(ofSeconds(5));
    private final Context withId = limit30.withValue(RequestInfo.REQUEST_ID, "abc-123");
    private final CancellableContext beside = root.withCancel();
    private final CancellableContext limit10 = beside.withTimeout(ofSeconds(10));

    @Test
    void as_text() {
      time.start("handler", withId::awaitDone);
      time.advance(ofSeconds(1));

      assertThat(monitor.tree().toText())
          .isEqualTo(
              """
              contexts of 'orders', 5, at 2030-01-01T00:00:01Z
              ├─ #1 'request' deadline, age 1 s, own limit 30 s, limit 30 s, left 29 s
              │  ├─ values, request-id=abc-123, handler waits for the end
              │  └─ #2 cancel, age 1 s, own limit none, limit 30 s, left 29 s
              │     └─ #3 deadline, age 1 s, own limit 5 s, limit 5 s, left 4 s, user-id=123
              └─ #4 cancel, age 1 s, own limit none, limit none
                 └─ #5 deadline, age 1 s, own limit 10 s, limit 10 s, left 9 s
              """);
      limit30.close();
    }

    @Test
    void as_objects() {
      time.advance(ofSeconds(1));

      ContextNode request = monitor.tree().roots().get(0);
      assertThat(request.name()).isEqualTo("request");
      assertThat(request.kind()).isEqualTo(Kind.DEADLINE);
      assertThat(request.age()).isEqualTo(ofSeconds(1));
      ContextNode inner = request.children().get(0).children().get(0);
      assertThat(inner.ownLimit()).hasValue(ofSeconds(5));
      assertThat(inner.limit()).hasValue(ofSeconds(5));
      assertThat(inner.timeLeft()).hasValue(ofSeconds(4));
      assertThat(inner.values()).containsExactly(java.util.Map.entry("user-id", "123"));
      ContextNode alone = monitor.tree().roots().get(1).children().get(0);
      assertThat(alone.limit()).hasValue(ofSeconds(10));
    }

    @Test
    void as_json() {
      beside.close();
      cancel.close();
      time.advance(ofMillis(1));

      assertThat(monitor.tree().toJson())
          .isEqualTo(
              "{\"name\":\"orders\",\"takenAt\":\"2030-01-01T00:00:00.001Z\",\"size\":1,\"shown\":1,"
                  + "\"omitted\":0,\"untracked\":0,\"omittedRoots\":0,\"roots\":[{\"id\":1,"
                  + "\"name\":\"request\",\"kind\":\"deadline\",\"ageMillis\":1,"
                  + "\"ownLimitMillis\":30000,\"limitMillis\":30000,\"timeLeftMillis\":29999,"
                  + "\"values\":{},\"threads\":[],\"callbacks\":0,\"omittedChildren\":0,"
                  + "\"children\":[]}]}");
    }

    @Test
    void without_what_has_ended() {
      limit5.close();
      time.advance(ofSeconds(10));

      assertThat(limit10.isDone()).isTrue();
      assertThat(monitor.tree().size()).isEqualTo(3);
      limit30.close();
      beside.close();
      assertThat(monitor.size()).isZero();
    }
  }

  @Test
  void shows_a_longer_limit_that_changes_nothing() {
    root.withTimeout(ofSeconds(30)).withTimeout(ofSeconds(60)).onDone(() -> {});

    ContextNode longer = monitor.tree().roots().get(0).children().get(0);
    assertThat(longer.ownLimit()).hasValue(ofSeconds(60));
    assertThat(longer.limit()).hasValue(ofSeconds(30));
    assertThat(longer.callbacks()).isEqualTo(1);
  }

  @Test
  void shows_more_time_and_merges() {
    var one = root.withTimeout(ofSeconds(1));
    var more = one.withMoreTime(ofSeconds(3));
    var merged = Context.firstOf(root.withCancel(), one);

    List<ContextNode> tops = monitor.tree().roots();
    assertThat(tops.get(0).children().get(0).kind()).isEqualTo(Kind.MORE_TIME);
    assertThat(tops.get(0).children().get(0).limit()).hasValue(ofSeconds(3));
    assertThat(tops.get(1).children().get(0).kind()).isEqualTo(Kind.MERGE);
    more.close();
    merged.close();
  }

  @Test
  void shows_no_value_that_may_not_be_shown() {
    hold(root.withValue(PASSWORD, "s3cret").withValue(RequestInfo.USER_ID, "u-4").withCancel());

    assertThat(monitor.tree().toText() + monitor.tree().toJson())
        .doesNotContain("s3cret")
        .doesNotContain("u-4")
        .doesNotContain("password");
  }

  @Test
  void a_name_or_a_value_forges_no_line_and_breaks_no_json() {
    hold(
        root.withName("a\n#9 'forged'")
            .withValue(RequestInfo.REQUEST_ID, "\"</script>")
            .withCancel());

    assertThat(monitor.tree().toText()).contains("'a\\n#9 'forged''").hasLineCount(2);
    assertThat(monitor.tree().toJson()).contains("\\\"\\u003c/script\\u003e").doesNotContain("\n");
  }

  @Test
  void two_keys_of_one_name_are_both_shown() {
    Key<Integer> other = Key.of("user-id", Integer.class).shown();
    hold(root.withValue(USER, 1).withValue(other, 2).withCancel());

    assertThat(monitor.tree().roots().get(0).values().values()).containsExactlyInAnyOrder("1", "2");
  }

  @Nested
  class Who_waits {

    private final CancellableContext request = root.withTimeout(ofSeconds(9));

    @Test
    void is_named_with_the_reason() {
      time.start("sleeper", () -> request.sleep(ofSeconds(5)));
      time.start("waiter", request::awaitDone);
      var stage = new CompletableFuture<String>();
      time.start("reader", () -> request.await(stage));
      time.advance(ofSeconds(1));

      assertThat(monitor.tree().roots().get(0).threads())
          .extracting(ThreadActivity::toString)
          .containsExactly(
              "sleeper sleeps", "waiter waits for the end", "reader waits for a stage");
      stage.complete("done");
      request.close();
    }

    @Test
    void is_gone_from_the_next_dump_when_the_wait_is_over() {
      time.start("sleeper", () -> request.sleep(ofSeconds(5)));
      time.advance(ofSeconds(1));
      assertThat(monitor.tree().roots().get(0).threads())
          .extracting(ThreadActivity::reason)
          .containsExactly(WaitReason.SLEEP);

      time.advance(ofSeconds(5));

      assertThat(monitor.tree().roots().get(0).threads()).isEmpty();
      request.close();
    }

    @Test
    void works_under_a_name_of_its_own() throws Exception {
      request
          .withName("render")
          .interruptibly(
              () -> {
                ContextNode render = monitor.tree().roots().get(0).children().get(0);
                assertThat(render.name()).isEqualTo("render");
                assertThat(render.id()).isZero();
                assertThat(render.threads())
                    .extracting(ThreadActivity::toString)
                    .containsExactly(Thread.currentThread().getName() + " works");
                return null;
              });
      assertThat(monitor.tree().roots().get(0).children()).isEmpty();
      request.close();
    }
  }

  @Nested
  class A_bounded_dump {

    @Test
    void shows_the_upper_levels_and_the_oldest_and_counts_the_others() {
      var first = hold(root.withCancel());
      first.withCancel();
      var second = hold(root.withCancel());
      second.withCancel();
      second.withCancel();
      hold(root.withCancel());

      ContextTree tree = monitor.tree(4);

      assertThat(tree.size()).isEqualTo(6);
      assertThat(tree.shown()).isEqualTo(4);
      assertThat(tree.omitted()).isEqualTo(2);
      assertThat(tree.roots()).extracting(ContextNode::id).containsExactly(1L, 3L, 6L);
      assertThat(tree.roots().get(1).omittedChildren()).isEqualTo(2);
      assertThat(tree.toText()).contains("6, 4 shown").contains("└─ ... 2 more");
      assertThat(monitor.tree(1).omittedRoots()).isEqualTo(2);
      assertThat(monitor.tree(1).toText()).endsWith("└─ ... 2 more\n");
      first.close();
    }

    @Test
    void refuses_to_show_none() {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> monitor.tree(0))
          .withMessage("maxNodes: 0 (expected: >= 1)");
    }

    @Test
    void of_a_very_deep_tree_shows_256_levels() {
      CancellableContext top = root.withCancel();
      Context bottom = top;
      for (int i = 1; i < 20_000; i++) {
        bottom = bottom.withCancel();
      }

      ContextTree tree = monitor.tree(100_000);

      assertThat(tree.size()).isEqualTo(20_000);
      assertThat(tree.shown()).isEqualTo(256);
      assertThat(tree.toJson()).contains("\"omittedChildren\":1");
      assertThat(tree.toText()).contains("└─ ... 1 more");
      top.close();
    }
  }

  /** A dump waits for nobody, and nobody for a dump. */
  @Test
  void a_hundred_thousand_contexts_are_dumped_while_others_come_and_go() throws Exception {
    var busy = ContextMonitor.of("busy");
    Context live = Context.observed(TimeSource.system(), busy);
    var parent = live.withCancel();
    List<CancellableContext> standing = new ArrayList<>();
    for (int i = 0; i < 100_000; i++) {
      standing.add(parent.withCancel());
    }
    var stop = new AtomicBoolean();
    var churned = new AtomicLong();
    var churn =
        new Thread(
            () -> {
              while (!stop.get()) {
                parent.withTimeout(ofSeconds(60)).close();
                churned.incrementAndGet();
              }
            });
    churn.start();
    try {
      // Were contexts stopped for a dump, at most the one that is under way would be made in it.
      long madeDuringOne = 0;
      for (int i = 0; i < 1000 && madeDuringOne < 10; i++) {
        long before = churned.get();
        assertThat(busy.tree(200_000).shown()).isBetween(100_001, 100_002);
        madeDuringOne = churned.get() - before;
      }
      assertThat(madeDuringOne).isGreaterThanOrEqualTo(10);
      ContextTree tree = busy.tree(50);
      assertThat(tree.size()).isBetween(100_001, 100_002);
      assertThat(tree.shown()).isEqualTo(50);
      assertThat(standing).hasSize(100_000); // held until here
    } finally {
      stop.set(true);
      churn.join();
      parent.close();
    }
    assertThat(busy.size()).isZero();
  }

  @Test
  void follows_only_so_many_and_counts_the_others() {
    var small = ContextMonitor.builder("small").maxContexts(2).build();
    Context small2 = Context.observed(time, small);
    var one = hold(small2.withCancel());
    var two = hold(small2.withCancel());
    var three = hold(small2.withCancel());

    assertThat(small.size()).isEqualTo(2);
    assertThat(small.untracked()).isEqualTo(1);
    assertThat(small.tree().toText()).contains("1 ever not followed");
    one.close();
    var four = three.withCancel();
    assertThat(small.tree().roots()).extracting(ContextNode::id).containsExactly(2L, 3L);
    two.close();
    four.close();
    three.close();
  }

  @Test
  void lets_go_of_what_was_forgotten() {
    for (int i = 0; i < 100; i++) {
      root.withCancel();
    }

    for (int i = 0; i < 100 && monitor.size() > 0; i++) {
      System.gc();
    }

    assertThat(monitor.size()).isZero();
  }

  @Test
  void pauses_and_resumes_with_the_contexts_that_come_then() {
    var before = root.withCancel();
    monitor.pause();
    var meanwhile = root.withCancel();
    assertThat(monitor.isPaused()).isTrue();
    assertThat(monitor.tree().size()).isZero();

    monitor.resume();
    var after = meanwhile.withCancel();

    assertThat(monitor.tree().size()).isEqualTo(1);
    after.close();
    before.close();
    assertThat(monitor.tree().size()).isZero();
  }

  @Test
  void stands_beside_other_observers() {
    var leaks = LeakDetector.strict();
    Context both = Context.observed(time, ContextObserver.all(monitor, leaks));

    var ctx = both.withName("both").withCancel();

    assertThat(monitor.tree().roots()).extracting(ContextNode::name).containsExactly("both");
    assertThat(leaks.unfinished()).extracting(Leak::name).containsExactly("both");
    ctx.close();
    assertThat(monitor.size()).isZero();
    assertThat(leaks.unfinished()).isEmpty();
  }

  @Nested
  class By_jmx {

    private final MBeanServer server = ManagementFactory.getPlatformMBeanServer();

    @Test
    void dumps_and_pauses() throws Exception {
      var ctx = root.withName("seen").withCancel();
      try (ManagementHandle handle = monitor.publish()) {
        var name = new ObjectName(handle.objectName());
        var bean = JMX.newMXBeanProxy(server, name, ContextMonitorMXBean.class);

        assertThat(bean.getName()).isEqualTo("orders");
        assertThat(bean.getSize()).isEqualTo(1);
        assertThat(bean.getUntracked()).isZero();
        assertThat(bean.dump(10)).contains("#1 'seen' cancel");
        assertThat(bean.dumpJson(10)).contains("\"name\":\"seen\"");
        bean.setPaused(true);
        assertThat(bean.isPaused()).isTrue();
        assertThat(bean.getSize()).isZero();
        bean.setPaused(false);
        assertThat(monitor.isPaused()).isFalse();
      }
      ctx.close();
    }

    @Test
    void until_the_handle_is_closed_any_number_of_times() throws Exception {
      ManagementHandle handle = monitor.publish();
      assertThatThrownBy(monitor::publish)
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("'orders' is published already");
      handle.close();
      handle.close();
      assertThat(server.isRegistered(new ObjectName(handle.objectName()))).isFalse();
      monitor.publish().close();
    }
  }

  @Test
  void refuses_a_blank_name() {
    assertThatIllegalArgumentException().isThrownBy(() -> ContextMonitor.of(" "));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> ContextMonitor.builder("x").maxContexts(0));
  }
}
