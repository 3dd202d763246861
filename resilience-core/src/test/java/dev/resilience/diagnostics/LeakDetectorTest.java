package dev.resilience.diagnostics;

import static java.time.Duration.ZERO;
import static java.time.Duration.ofMinutes;
import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.resilience.context.CancellableContext;
import dev.resilience.context.Context;
import dev.resilience.time.VirtualTime;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;
import javax.management.JMX;
import javax.management.ObjectName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

class LeakDetectorTest {

  private final VirtualTime.Manual time = VirtualTime.manual();
  private final CancellableContext service = Context.background(time).withCancel();
  private final List<Leak> leaks = new ArrayList<>();
  private final List<LeakSnapshot> alerts = new ArrayList<>();
  private final LeakListener listener =
      new LeakListener() {
        @Override
        public void onLeak(Leak leak) {
          leaks.add(leak);
        }

        @Override
        public void onAlert(LeakSnapshot snapshot) {
          alerts.add(snapshot);
        }
      };
  private final LeakDetector detector =
      LeakDetector.builder("orders").sampleOneIn(1).listener(listener).open(service);
  private final Context root = Context.observed(time, detector);

  @Test
  void reports_what_is_older_than_five_minutes_with_its_place_once() {
    CancellableContext forgotten = root.withName("checkout").withCancel();
    time.advance(ofMinutes(5));
    assertThat(leaks).isEmpty();

    time.advance(ofSeconds(30));
    time.advance(ofMinutes(5));

    assertThat(leaks).hasSize(1);
    Leak leak = leaks.get(0);
    assertThat(leak.kind()).isEqualTo(Leak.Kind.OLD);
    assertThat(leak.name()).isEqualTo("checkout");
    assertThat(leak.count()).isEqualTo(1);
    assertThat(leak.age()).isBetween(ofMinutes(5), ofSeconds(330));
    assertThat(leak.thread()).isEqualTo(Thread.currentThread().getName());
    assertThat(leak.createdAt().get(0).getMethodName())
        .isEqualTo("reports_what_is_older_than_five_minutes_with_its_place_once");
    assertThat(leak.createdAt()).hasSizeLessThanOrEqualTo(16);
    assertThat(leak.toString())
        .startsWith("1 context 'checkout' neither closed nor ended after 330 s, derived by ")
        .contains("\n    at ");
    forgotten.close();
  }

  @Test
  void what_was_closed_cancelled_or_expired_is_none() {
    root.withCancel().close();
    root.withCancel().cancel();
    root.withTimeout(ofSeconds(1));
    var parent = root.withCancel();
    parent.withCancel();
    parent.close();

    time.advance(ofMinutes(10));

    assertThat(leaks).isEmpty();
    assertThat(detector.snapshot().tracked()).isZero();
    assertThat(detector.unfinished()).isEmpty();
  }

  @Test
  void reports_what_was_collected_without_having_ended() {
    forget();
    for (int i = 0; i < 100 && leaks.isEmpty(); i++) {
      System.gc();
      detector.sweep();
    }

    assertThat(leaks).extracting(Leak::kind).containsExactly(Leak.Kind.COLLECTED);
    assertThat(leaks.get(0).createdAt().get(0).getMethodName()).isEqualTo("forget");
    assertThat(leaks.get(0).toString()).startsWith("1 context 'lost' forgotten within ");
    assertThat(detector.snapshot().collected()).isEqualTo(1);
    assertThat(detector.snapshot().tracked()).isZero();
  }

  private void forget() {
    root.withName("lost").withCancel();
  }

  @Test
  void a_leak_in_a_busy_path_is_one_report() {
    List<CancellableContext> kept = new ArrayList<>();
    for (int i = 0; i < 500; i++) {
      kept.add(root.withCancel());
    }

    time.advance(ofMinutes(6));

    assertThat(leaks).hasSize(1);
    assertThat(leaks.get(0).count()).isEqualTo(500);
    assertThat(leaks.get(0).toString()).startsWith("500 contexts neither closed");
    kept.forEach(CancellableContext::close);
  }

  @Nested
  class Many_places {

    private final List<CancellableContext> kept = new ArrayList<>();

    Many_places() {
      for (int i = 0; i < 12; i++) {
        kept.add(root.withName("place " + i).withCancel());
      }
    }

    @Test
    void are_reported_five_a_sweep() {
      time.advance(ofMinutes(5));
      List<Integer> perSweep = new ArrayList<>();
      for (int i = 0; i < 4; i++) {
        leaks.clear();
        time.advance(ofSeconds(30));
        perSweep.add(leaks.size());
      }

      assertThat(perSweep).containsExactly(5, 5, 2, 0);
    }

    @Test
    void raise_one_alert_until_there_are_fewer() {
      time.advance(ofMinutes(10));
      assertThat(alerts).hasSize(1);
      assertThat(alerts.get(0).suspects()).isEqualTo(12);
      assertThat(alerts.get(0).toString())
          .isEqualTo(
              "orders: 12 suspects of 12 contexts in the sample, 0 ever forgotten, 0 not followed");

      kept.subList(0, 2).forEach(CancellableContext::close);
      time.advance(ofSeconds(30));
      assertThat(detector.snapshot().suspects()).isEqualTo(10);
      kept.add(root.withCancel());
      time.advance(ofMinutes(6));

      assertThat(alerts).hasSize(2);
    }
  }

  /** C17: bounded, whatever leaks. */
  @Test
  void follows_only_so_many() {
    var bounded = LeakDetector.builder("bounded").sampleOneIn(1).maxTracked(10).open(service);
    Context observed = Context.observed(time, bounded);
    List<CancellableContext> kept = new ArrayList<>();
    for (int i = 0; i < 25; i++) {
      kept.add(observed.withCancel());
    }

    assertThat(bounded.snapshot().tracked()).isEqualTo(10);
    assertThat(bounded.snapshot().untracked()).isEqualTo(15);
    kept.forEach(CancellableContext::close);
    assertThat(bounded.snapshot().tracked()).isZero();
  }

  @Test
  void takes_a_sample_by_default() {
    var sampled = LeakDetector.builder("sampled").maxTracked(100_000).open(service);
    Context observed = Context.observed(time, sampled);
    List<CancellableContext> kept = new ArrayList<>();
    for (int i = 0; i < 128 * 200; i++) {
      kept.add(observed.withCancel());
    }

    assertThat(sampled.snapshot().tracked()).isBetween(140, 260);
    kept.forEach(CancellableContext::close);
    assertThat(sampled.snapshot().tracked()).isZero();
  }

  @Test
  void leaves_out_what_lives_long_on_purpose() {
    var patient =
        LeakDetector.builder("patient")
            .sampleOneIn(1)
            .exempt(context -> context.name().equals("service"))
            .listener(listener)
            .open(service);
    Context observed = Context.observed(time, patient);

    observed.withName("service").withCancel();
    assertThat(patient.snapshot().tracked()).isZero();
    observed.withName("request").withCancel();
    assertThat(patient.snapshot().tracked()).isEqualTo(1);
  }

  /** C19: what is switched off is off, and what is switched on later works. */
  @Nested
  class Switched_off {

    @Test
    void follows_nothing_holds_nothing_and_has_no_timer() {
      var kept = root.withCancel();
      assertThat(time.pendingTimers()).isEqualTo(1);

      detector.pause();
      var meanwhile = root.withCancel();

      assertThat(detector.isPaused()).isTrue();
      assertThat(time.pendingTimers()).isZero();
      assertThat(detector.snapshot().tracked()).isZero();
      time.advance(ofMinutes(10));
      detector.sweep();
      assertThat(leaks).isEmpty();
      kept.close();
      meanwhile.close();
    }

    @Test
    void and_on_again_follows_what_is_derived_then() {
      detector.pause();
      var before = root.withName("before").withCancel();
      detector.resume();
      var after = root.withName("after").withCancel();

      time.advance(ofMinutes(6));

      assertThat(leaks).extracting(Leak::name).containsExactly("after");
      before.close();
      after.close();
    }

    @Test
    void for_good_when_the_owner_ends() {
      var kept = root.withCancel();
      service.close();

      detector.resume();
      root.withCancel();

      assertThat(detector.snapshot().tracked()).isZero();
      assertThat(time.pendingTimers()).isZero();
      kept.close();
    }
  }

  @Test
  void its_timer_stands_only_while_something_is_followed() {
    assertThat(time.pendingTimers()).isZero();
    var kept = root.withCancel();
    assertThat(time.pendingTimers()).isEqualTo(1);
    kept.close();
    time.advance(ofSeconds(30));
    assertThat(time.pendingTimers()).isZero();

    var next = root.withCancel();
    time.advance(ofMinutes(6));
    assertThat(leaks).hasSize(1);
    next.close();
  }

  @Test
  void sweeps_as_often_as_it_is_told() {
    detector.sweepEvery(ofSeconds(1));
    var kept = root.withCancel();
    time.advance(ofSeconds(301));
    assertThat(leaks).hasSize(1);
    kept.close();
  }

  @Test
  void a_listener_that_throws_keeps_no_report_from_the_next_sweep() {
    List<String> heard = new ArrayList<>();
    var angry =
        LeakDetector.builder("angry")
            .sampleOneIn(1)
            .maxReports(1)
            .listener(
                new LeakListener() {
                  @Override
                  public void onLeak(Leak leak) {
                    heard.add(leak.name());
                    throw new AssertionError("angry");
                  }
                })
            .open(service);
    Context observed = Context.observed(time, angry);
    var one = observed.withName("one").withCancel();
    var two = observed.withName("two").withCancel();

    time.advance(ofMinutes(7));

    assertThat(heard).containsExactlyInAnyOrder("one", "two");
    one.close();
    two.close();
  }

  @Test
  void strict_follows_all_and_says_what_is_left() {
    var strict = LeakDetector.strict();
    Context observed = Context.observed(time, strict);
    List<CancellableContext> kept = new ArrayList<>();
    for (int i = 0; i < 2; i++) {
      kept.add(observed.withName("left").withCancel());
    }
    observed.withTimeout(ofSeconds(1)).close();

    assertThat(strict.unfinished()).hasSize(1);
    assertThat(strict.unfinished().get(0).count()).isEqualTo(2);
    assertThat(time.pendingTimers()).isZero();
    kept.forEach(CancellableContext::close);
    assertThat(strict.unfinished()).isEmpty();
  }

  @Test
  void can_be_asked_by_jmx() throws Exception {
    var kept = root.withName("kept").withCancel();
    try (ManagementHandle handle = detector.publish()) {
      var bean =
          JMX.newMXBeanProxy(
              ManagementFactory.getPlatformMBeanServer(),
              new ObjectName(handle.objectName()),
              LeakDetectorMXBean.class);
      assertThat(bean.getName()).isEqualTo("orders");
      assertThat(bean.getTracked()).isEqualTo(1);
      assertThat(bean.unfinished(5)).startsWith("1 context 'kept' neither closed nor ended");
      time.advance(ofMinutes(6));
      bean.sweep();
      assertThat(bean.getSuspects()).isEqualTo(1);
      assertThat(bean.getCollected()).isZero();
      assertThat(bean.getUntracked()).isZero();
      bean.setPaused(true);
      assertThat(bean.isPaused()).isTrue();
      assertThat(bean.getTracked()).isZero();
      bean.setPaused(false);
    }
    kept.close();
  }

  @Test
  void refuses_what_makes_no_sense() {
    var builder = LeakDetector.builder("x");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> builder.sweepEvery(ZERO))
        .withMessage("sweepEvery: 0 s (expected: > 0)");
    assertThatIllegalArgumentException().isThrownBy(() -> builder.olderThan(ofSeconds(-1)));
    assertThatIllegalArgumentException().isThrownBy(() -> builder.sampleOneIn(0));
    assertThatIllegalArgumentException().isThrownBy(() -> builder.frames(0));
    assertThatIllegalArgumentException().isThrownBy(() -> builder.maxTracked(0));
    assertThatIllegalArgumentException().isThrownBy(() -> builder.maxReports(0));
    assertThatIllegalArgumentException().isThrownBy(() -> builder.alertAbove(-1));
    assertThatIllegalArgumentException().isThrownBy(() -> LeakDetector.builder(""));
    assertThatIllegalArgumentException().isThrownBy(() -> detector.sweepEvery(ZERO));
  }
}
