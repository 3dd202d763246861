package dev.resilience.propagation;

import static java.time.Duration.ofDays;
import static java.time.Duration.ofHours;
import static java.time.Duration.ofMillis;
import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.resilience.context.CancelReason;
import dev.resilience.context.CancellableContext;
import dev.resilience.context.Context;
import dev.resilience.context.ContextCancelledException;
import dev.resilience.context.Criticality;
import dev.resilience.context.DeadlineExceededException;
import dev.resilience.context.Key;
import dev.resilience.context.RequestInfo;
import dev.resilience.error.NoTimeLeftException;
import dev.resilience.time.VirtualTime;
import java.time.Duration;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class PropagationTest {

  private static final String TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

  private final VirtualTime.Manual time = VirtualTime.manual();
  private final Context server = Context.background(time);
  private final Propagation gateway =
      Propagation.builder("gateway")
          .callers(Boundary.inside())
          .dependencies(Boundary.inside())
          .build();
  private final Propagation orders =
      Propagation.builder("orders")
          .callers(Boundary.inside())
          .dependencies(Boundary.inside())
          .build();

  private Map<String, String> injected(Propagation wire, Context ctx) {
    Map<String, String> headers = new LinkedHashMap<>();
    wire.inject(ctx, headers, Carriers.intoMap());
    return headers;
  }

  private static Extraction extract(Propagation wire, Context ctx, Map<String, String> headers) {
    return wire.extract(ctx, headers, Carriers.map());
  }

  private Context full() {
    return RequestInfo.builder()
        .requestId("r-17")
        .userId("u-4")
        .traceId("t-9")
        .build()
        .in(server)
        .withValue(TraceContext.KEY, TraceContext.of(TRACE))
        .withValue(Baggage.KEY, Baggage.of("tenant", "acme corp"))
        .withValue(Criticality.KEY, Criticality.SHEDDABLE)
        .withTimeout(ofMillis(300));
  }

  @Test
  void everything_travels() {
    Context there = extract(orders, server, injected(gateway, full())).context();

    assertThat(there.get(RequestInfo.REQUEST_ID)).isEqualTo("r-17");
    assertThat(there.get(RequestInfo.USER_ID)).isEqualTo("u-4");
    assertThat(there.get(RequestInfo.TRACE_ID)).isEqualTo("t-9");
    assertThat(there.require(TraceContext.KEY).traceparent()).isEqualTo(TRACE);
    assertThat(there.require(Baggage.KEY).get("tenant")).contains("acme corp");
    assertThat(Criticality.of(there)).isEqualTo(Criticality.SHEDDABLE);
    assertThat(there.get(Propagation.ATTEMPT)).isEqualTo(1);
    assertThat(there.require(HopPath.KEY)).hasToString("gateway, orders");
    assertThat(there.timeLeft()).isEqualTo(ofMillis(300));
  }

  @Test
  void what_is_not_there_is_left_out() {
    assertThat(injected(Propagation.of("a"), server)).containsOnlyKeys(HeaderNames.ATTEMPT);
    Extraction empty = extract(orders, server, Map.of());
    assertThat(empty.timeLeft()).isEmpty();
    assertThat(empty.context().deadline()).isEmpty();
    assertThat(empty.context().has(RequestInfo.REQUEST_ID)).isFalse();
  }

  @Test
  void empty_values_are_none() {
    Map<String, String> headers = new HashMap<>();
    for (String name :
        List.of(
            HeaderNames.REQUEST_ID,
            HeaderNames.TRACEPARENT,
            HeaderNames.TIMEOUT_MS,
            HeaderNames.CRITICALITY,
            HeaderNames.ATTEMPT,
            HeaderNames.BAGGAGE,
            HeaderNames.SERVICE_PATH)) {
      headers.put(name, "");
    }
    Context there = extract(orders, server, headers).context();
    assertThat(there.has(Baggage.KEY)).isFalse();
    assertThat(there.require(HopPath.KEY)).hasToString("orders");
    assertThat(there.deadline()).isEmpty();
  }

  /** C12: a request that starts from the background loses the server's end and its values. */
  @Nested
  class The_servers_context {

    private final Key<String> pool = Key.of("pool", String.class);

    @Test
    void ends_the_request() {
      try (CancellableContext process = server.withCancel()) {
        Context request = extract(orders, process, injected(gateway, full())).context();
        process.cancel(CancelReason.SHUTDOWN);
        assertThat(request.error()).isInstanceOf(ContextCancelledException.class);
        assertThat(request.cause()).isSameAs(CancelReason.SHUTDOWN);
      }
    }

    @Test
    void is_seen_by_the_request() {
      Context request =
          extract(orders, server.withValue(pool, "p1"), injected(gateway, full())).context();
      assertThat(request.get(pool)).isEqualTo("p1");
    }

    @Test
    void has_a_deadline_that_nothing_from_outside_lengthens() {
      try (CancellableContext limited = server.withTimeout(ofMillis(100))) {
        Extraction in = extract(orders, limited, injected(gateway, full()));
        assertThat(in.timeLeft()).contains(ofMillis(300));
        assertThat(in.context().timeLeft()).isEqualTo(ofMillis(100));
      }
      try (CancellableContext patient = server.withTimeout(ofSeconds(10))) {
        assertThat(extract(orders, patient, injected(gateway, full())).context().timeLeft())
            .isEqualTo(ofMillis(300));
      }
    }
  }

  @Nested
  class Time_left {

    @ParameterizedTest
    @EnumSource(TimeFormat.class)
    void travels_in_each_format(TimeFormat format) {
      Propagation wire = Propagation.builder("a").writes(format).build();
      Map<String, String> headers = injected(wire, server.withTimeout(ofMillis(250)));
      assertThat(headers).containsKey(format.header());
      assertThat(extract(orders, server, headers).context().timeLeft()).isEqualTo(ofMillis(250));
    }

    @Test
    void is_that_of_each_attempt() {
      try (CancellableContext call = server.withTimeout(ofMillis(300))) {
        assertThat(injected(gateway, call)).containsEntry(HeaderNames.TIMEOUT_MS, "300");
        time.advance(ofMillis(120));
        assertThat(injected(gateway, call)).containsEntry(HeaderNames.TIMEOUT_MS, "180");
      }
    }

    /** Envoy takes 0 for no limit at all. */
    @Test
    void is_never_written_as_zero() {
      assertThat(injected(gateway, server.withTimeout(Duration.ofNanos(5_000))))
          .containsEntry(HeaderNames.TIMEOUT_MS, "1");
    }

    @Test
    void of_several_that_disagree_the_shortest_counts() {
      Map<String, String> headers =
          Map.of(HeaderNames.TIMEOUT_MS, "900", HeaderNames.GRPC_TIMEOUT, "400m");
      assertThat(extract(orders, server, headers).context().timeLeft()).isEqualTo(ofMillis(400));
    }

    @Test
    void may_stand_under_a_name_of_your_own() {
      Propagation own = Propagation.builder("a").millisHeader("X-My-Timeout").build();
      Map<String, String> headers = injected(own, server.withTimeout(ofMillis(70)));
      assertThat(headers).containsEntry("X-My-Timeout", "70");
      assertThat(extract(own, server, headers).context().timeLeft()).isEqualTo(ofMillis(70));
    }

    @Test
    void of_ten_years_is_clamped_and_counted() {
      Extraction in = extract(orders, server, Map.of(HeaderNames.TIMEOUT_MS, "315360000000"));
      assertThat(in.context().timeLeft()).isEqualTo(ofDays(1));
      assertThat(orders.snapshot().clamped(HeaderField.TIME_LEFT)).isOne();
    }

    @ParameterizedTest
    @ValueSource(strings = {"-5", "abc", "1e9", "٣٠٠", "5 minutes", "0x10", ".5", "1.", "999999x"})
    void that_is_malformed_is_ignored_and_counted(String value) {
      Extraction in = extract(orders, server, Map.of(HeaderNames.TIMEOUT_MS, value));
      assertThat(in.context().deadline()).isEmpty();
      assertThat(in.timeLeft()).isEmpty();
      assertThat(orders.snapshot().malformed(HeaderField.TIME_LEFT)).isOne();
    }

    @Test
    void tells_what_all_services_together_have_used_up() {
      Propagation first = Propagation.builder("a").writes(TimeFormat.BUDGET).build();
      Context begun = extract(first, server.withTimeout(ofSeconds(1)), Map.of()).context();
      time.advance(ofMillis(50));
      Map<String, String> headers = injected(first, begun);
      assertThat(headers).containsEntry(HeaderNames.BUDGET, "left=950, elapsed=50");

      Context there = extract(orders, server, headers).context();
      time.advance(ofMillis(7));
      assertThat(Propagation.elapsed(there)).contains(ofMillis(57));
      assertThat(Propagation.elapsed(server)).isEmpty();
    }

    @Test
    void that_has_passed_ends_the_call_before_anything_is_written() {
      Map<String, String> headers = new HashMap<>();
      try (CancellableContext late = server.withTimeout(Duration.ZERO)) {
        assertThatExceptionOfType(DeadlineExceededException.class)
            .isThrownBy(() -> gateway.inject(late, headers, Carriers.intoMap()));
      }
      assertThat(headers).isEmpty();
    }
  }

  @Nested
  class Short_of_time {

    private final CallTimes times = CallTimes.ofDefaults();

    private void learn(Duration took, Duration inServer) {
      for (int i = 0; i < 32; i++) {
        times.answered(server, took, inServer);
      }
    }

    @Test
    void the_allowance_for_the_network_is_taken_off() {
      CallTimes known = CallTimes.withAllowance(ofMillis(10));
      Map<String, String> headers = new HashMap<>();
      gateway.inject(server.withTimeout(ofMillis(300)), headers, Carriers.intoMap(), 2, known);
      assertThat(headers)
          .containsEntry(HeaderNames.TIMEOUT_MS, "290")
          .containsEntry(HeaderNames.ATTEMPT, "2");
    }

    @Test
    void the_allowance_is_what_the_server_does_not_account_for() {
      assertThat(times.allowance()).isEqualTo(Duration.ZERO);
      for (int i = 0; i < 200; i++) {
        times.answered(server, ofMillis(12), ofMillis(2));
      }
      assertThat(times.allowance()).isBetween(ofMillis(10), ofMillis(11));
      for (int i = 0; i < 200; i++) {
        times.answered(server, ofMillis(2), ofMillis(2 + i % 3));
      }
      assertThat(times.allowance()).as("never negative").isBetween(Duration.ZERO, ofMillis(1));
    }

    @Test
    void what_even_quick_calls_do_not_reach_is_not_sent() {
      learn(ofMillis(100), ofMillis(100));
      Map<String, String> headers = new HashMap<>();
      try (CancellableContext hurried = server.withTimeout(ofMillis(80))) {
        assertThatExceptionOfType(NoTimeLeftException.class)
            .isThrownBy(() -> gateway.inject(hurried, headers, Carriers.intoMap(), 1, times))
            .withMessageContaining("80 ms")
            .withMessageContaining("100 ms");
      }
      assertThat(headers).isEmpty();
      assertThat(gateway.snapshot().refusedSends()).isOne();
    }

    /** Law 12: a healthy service whose calls are quick half of the time is called. */
    @Test
    void a_service_that_often_is_quick_is_called() {
      for (int i = 0; i < 16; i++) {
        times.answered(server, ofMillis(1), null);
        times.answered(server, ofMillis(500), null);
      }
      gateway.inject(
          server.withTimeout(ofMillis(100)), new HashMap<>(), Carriers.intoMap(), 1, times);
      assertThat(gateway.snapshot().refusedSends()).isZero();
    }

    /** Law 12: the service has become quick, and nobody has time enough to find out. */
    @Test
    void nobody_is_locked_out() {
      learn(ofSeconds(1), ofSeconds(1));
      int sent = 0;
      for (int i = 0; i < 10; i++) {
        sent += send() ? 1 : 0;
      }
      assertThat(sent).isOne();
      time.advance(ofSeconds(CallTimes.SECONDS));
      assertThat(send()).isTrue();
    }

    private boolean send() {
      try (CancellableContext hurried = server.withTimeout(ofMillis(80))) {
        gateway.inject(hurried, new HashMap<>(), Carriers.intoMap(), 1, times);
        return true;
      } catch (NoTimeLeftException tooShort) {
        return false;
      }
    }
  }

  @Nested
  class Trust {

    private final Propagation open = Propagation.of("open");

    @Test
    void is_needed_from_callers_for_identity_criticality_baggage_and_path() {
      Context there = extract(open, server, injected(gateway, full())).context();
      assertThat(there.has(RequestInfo.USER_ID)).isFalse();
      assertThat(there.has(Criticality.KEY)).isFalse();
      assertThat(there.has(Baggage.KEY)).isFalse();
      assertThat(there.require(HopPath.KEY)).hasToString("open");

      assertThat(there.get(RequestInfo.REQUEST_ID)).isEqualTo("r-17");
      assertThat(there.timeLeft()).isEqualTo(ofMillis(300));
      assertThat(open.snapshot().untrusted(HeaderField.USER_ID)).isOne();
    }

    @Test
    void is_needed_in_dependencies_for_the_same() {
      assertThat(injected(open, full()))
          .containsKeys(HeaderNames.REQUEST_ID, HeaderNames.TRACEPARENT, HeaderNames.TIMEOUT_MS)
          .doesNotContainKeys(
              HeaderNames.USER_ID,
              HeaderNames.CRITICALITY,
              HeaderNames.BAGGAGE,
              HeaderNames.SERVICE_PATH);
    }

    @Test
    void can_be_given_for_single_things_and_single_callers() {
      Propagation partner = open.withCallers(Boundary.outside().allowing(HeaderField.BAGGAGE));
      Context there = extract(partner, server, injected(gateway, full())).context();
      assertThat(there.has(Baggage.KEY)).isTrue();
      assertThat(there.has(RequestInfo.USER_ID)).isFalse();
      assertThat(open.snapshot().extracted()).as("counted together").isOne();
    }
  }

  @Nested
  class Late {

    private final Map<String, String> passed = Map.of(HeaderNames.TIMEOUT_MS, "0");

    private Extraction read(Propagation wire, Map<String, String> headers) {
      return extract(wire, server, headers);
    }

    @Test
    void is_refused_before_any_work() {
      for (int i = 0; i < 9; i++) {
        read(orders, Map.of());
      }
      Extraction in = read(orders, passed);
      assertThat(in.isTooLate()).isTrue();
      assertThat(in.context().error()).isInstanceOf(DeadlineExceededException.class);
    }

    @Test
    void is_who_leaves_less_than_the_minimum() {
      Propagation slow = Propagation.builder("slow").minimumTime(ofMillis(50)).build();
      for (int i = 0; i < 9; i++) {
        read(slow, Map.of());
      }
      assertThat(read(slow, Map.of(HeaderNames.TIMEOUT_MS, "49")).isTooLate()).isTrue();
      assertThat(read(slow, Map.of(HeaderNames.TIMEOUT_MS, "50")).isTooLate()).isFalse();
    }

    /** One caller whose arithmetic is wrong must not empty the service. */
    @Test
    void is_at_most_the_share_of_the_guard_and_the_others_are_served_without_the_deadline() {
      int refused = 0;
      int served = 0;
      for (int i = 0; i < 1000; i++) {
        Extraction in = read(orders, passed);
        refused += in.isTooLate() ? 1 : 0;
        served += in.context().isDone() ? 0 : 1;
        time.advance(ofMillis(7));
      }
      assertThat(refused).isEqualTo(200);
      assertThat(served).isEqualTo(800);
      PropagationSnapshot counts = orders.snapshot();
      assertThat(counts.late()).isEqualTo(1000);
      assertThat(counts.rejected()).isEqualTo(200);
    }

    @Test
    void in_the_dark_is_only_counted() {
      Propagation dark = Propagation.builder("dark").guard(DeadlineGuard.dark()).build();
      for (int i = 0; i < 100; i++) {
        assertThat(read(dark, passed).isTooLate()).isFalse();
      }
      Extraction hurried = read(dark, Map.of(HeaderNames.TIMEOUT_MS, "5"));
      assertThat(hurried.context().deadline()).isEmpty();
      assertThat(hurried.isDeadlineApplied()).isFalse();
      assertThat(hurried.timeLeft()).contains(ofMillis(5));
      assertThat(dark.snapshot().late()).isEqualTo(100);
      assertThat(dark.snapshot().rejected()).isZero();
    }

    /** Times are relative: a wall clock that is wrong by hours changes nothing. */
    @Test
    void is_nobody_because_of_a_wrong_clock() {
      VirtualTime.Manual wrong = VirtualTime.manual();
      wrong.jumpWallClock(ofHours(-5));
      Map<String, String> headers =
          injected(gateway, Context.background(wrong).withTimeout(ofMillis(300)));
      Extraction in = read(orders, headers);
      assertThat(in.isTooLate()).isFalse();
      assertThat(in.context().timeLeft()).isEqualTo(ofMillis(300));
    }
  }

  @Nested
  class Attempts {

    @ParameterizedTest
    @CsvSource({"X-Attempt,3,3", "x-envoy-attempt-count,2,2", "grpc-previous-rpc-attempts,1,2"})
    void are_read_as_others_count_them(String header, String value, int attempt) {
      assertThat(extract(orders, server, Map.of(header, value)).context().get(Propagation.ATTEMPT))
          .isEqualTo(attempt);
    }

    @ParameterizedTest
    @ValueSource(strings = {"0", "-1", "x", "1.5", "99999999999999999999"})
    void that_are_none_are_ignored_and_counted(String value) {
      Context there = extract(orders, server, Map.of("X-Attempt", value)).context();
      assertThat(there.has(Propagation.ATTEMPT)).isFalse();
      assertThat(orders.snapshot().malformed(HeaderField.ATTEMPT)).isOne();
    }

    @Test
    void begin_at_one() {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> gateway.inject(server, new HashMap<>(), Carriers.intoMap(), 0, null))
          .withMessage("attempt: 0 (expected: >= 1)");
    }
  }

  @Nested
  class The_path {

    @Test
    void is_appended_and_not_overwritten() {
      Propagation stock =
          Propagation.builder("stock")
              .callers(Boundary.inside())
              .dependencies(Boundary.inside())
              .build();
      Context two = extract(orders, server, injected(gateway, server)).context();
      Context three = extract(stock, server, injected(orders, two)).context();
      assertThat(three.require(HopPath.KEY).services())
          .containsExactly("gateway", "orders", "stock");
      assertThat(three.require(HopPath.KEY).caller()).isEqualTo("orders");
      assertThat(three.require(HopPath.KEY).isCircular()).isFalse();
    }

    @Test
    void is_bounded_and_keeps_the_newest() {
      Context ctx = server;
      Propagation before = gateway;
      for (int i = 0; i < 20; i++) {
        Propagation hop =
            Propagation.builder("s" + i)
                .callers(Boundary.inside())
                .dependencies(Boundary.inside())
                .build();
        ctx = extract(hop, server, injected(before, ctx)).context();
        before = hop;
      }
      assertThat(ctx.require(HopPath.KEY).services()).hasSize(8).endsWith("s18", "s19");
    }

    @ParameterizedTest
    @CsvSource(
        delimiter = '|',
        value = {"a,b|a, b, orders", "a ,  b|a, b, orders", "a, b c, d|a, d, orders", ",,|orders"})
    void is_read_leniently(String value, String path) {
      Context there = extract(orders, server, Map.of(HeaderNames.SERVICE_PATH, value)).context();
      assertThat(there.require(HopPath.KEY)).hasToString(path);
    }
  }

  @Test
  void hostile_headers_are_refused_or_clamped_and_counted_and_the_request_is_served() {
    Map<String, String> headers = new HashMap<>();
    String megabyte = "a".repeat(1 << 20);
    for (int i = 0; i < 10_000; i++) {
      headers.put("X-Junk-" + i, "x");
    }
    headers.put(HeaderNames.TIMEOUT_MS, "9".repeat(1 << 20));
    headers.put(HeaderNames.GRPC_TIMEOUT, "-1S");
    headers.put(HeaderNames.ENVOY_TIMEOUT, "315360000000");
    headers.put(HeaderNames.TRACEPARENT, TRACE + megabyte);
    headers.put(HeaderNames.TRACESTATE, megabyte);
    headers.put(HeaderNames.BAGGAGE, "k=v,".repeat(1 << 18));
    headers.put(HeaderNames.REQUEST_ID, "нет");
    headers.put(HeaderNames.TRACE_ID, megabyte);
    headers.put(HeaderNames.USER_ID, "a\r\nX-Admin: yes");
    headers.put(HeaderNames.CRITICALITY, "ABOVE_ALL");
    headers.put(HeaderNames.ATTEMPT, "2147483648");
    headers.put(HeaderNames.SERVICE_PATH, megabyte);

    Extraction in = extract(orders, server, headers);

    assertThat(in.isTooLate()).isFalse();
    assertThat(in.context().isDone()).isFalse();
    assertThat(in.context().timeLeft()).isEqualTo(ofDays(1));
    assertThat(in.context().require(Baggage.KEY).toMap()).hasSize(1);
    assertThat(in.context().has(RequestInfo.REQUEST_ID)).isFalse();
    assertThat(in.context().has(RequestInfo.USER_ID)).isFalse();
    PropagationSnapshot counts = orders.snapshot();
    for (HeaderField field : HeaderField.values()) {
      assertThat(counts.malformed(field) + counts.clamped(field)).as("%s", field).isPositive();
    }
  }

  @Nested
  class Refused {

    @ParameterizedTest
    @ValueSource(strings = {"", "two words", "a,b", "ü"})
    void are_names_that_are_no_token(String name) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> Propagation.of(name))
          .withMessageContaining("service: '");
    }

    @Test
    void are_settings_that_make_no_sense() {
      Propagation.Builder builder = Propagation.builder("a");
      assertThatIllegalArgumentException()
          .isThrownBy(() -> builder.maxHops(0))
          .withMessage("maxHops: 0 (expected: 1 to 64)");
      assertThatIllegalArgumentException()
          .isThrownBy(() -> builder.minimumTime(ofMillis(-1)))
          .withMessageStartingWith("minimumTime: ");
      assertThatIllegalArgumentException().isThrownBy(() -> builder.millisHeader("a b"));
      assertThatIllegalArgumentException().isThrownBy(() -> DeadlineGuard.share(1.1));
      assertThatIllegalArgumentException().isThrownBy(() -> DeadlineGuard.share(Double.NaN));
    }
  }
}
