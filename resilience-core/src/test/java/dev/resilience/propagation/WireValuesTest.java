package dev.resilience.propagation;

import static java.time.Duration.ofHours;
import static java.time.Duration.ofMillis;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.resilience.context.Context;
import dev.resilience.time.VirtualTime;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The values and the carriers of headers. */
class WireValuesTest {

  private static final String TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

  @Nested
  class Of_a_trace {

    @Test
    void are_taken_apart() {
      TraceContext trace = TraceContext.of(TRACE);
      assertThat(trace.traceId()).isEqualTo("4bf92f3577b34da6a3ce929d0e0e4736");
      assertThat(trace.spanId()).isEqualTo("00f067aa0ba902b7");
      assertThat(trace.isSampled()).isTrue();
    }

    @ParameterizedTest
    @ValueSource(
        strings = {
          "",
          "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7",
          "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
          "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
          "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
          "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
          "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-x",
          "0g-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
          "01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01x",
        })
    void that_are_malformed_are_refused(String text) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> TraceContext.of(text))
          .withMessageStartingWith("traceparent: ");
    }

    @Test
    void are_put_together_of_ids_that_somebody_else_has_made() {
      String traceId = "4bf92f3577b34da6a3ce929d0e0e4736";
      TraceContext trace = TraceContext.of(traceId, "00f067aa0ba902b7", (byte) 1, "a=b");

      assertThat(trace.isSampled()).isTrue();
      assertThat(trace.traceId()).isEqualTo(traceId);
      assertThat(trace.spanId()).isEqualTo("00f067aa0ba902b7");
      assertThat(trace.tracestate()).hasValue("a=b");
      assertThat(trace).isEqualTo(TraceContext.of(TRACE)).hasSameHashCodeAs(TraceContext.of(TRACE));
      assertThat(trace).hasToString(TRACE);
      assertThat(TraceContext.of(traceId, "00f067aa0ba902b7", (byte) 0xfe, "").traceparent())
          .isEqualTo("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-fe");
    }

    @ParameterizedTest
    @ValueSource(
        strings = {
          "",
          "4bf92f3577b34da6a3ce929d0e0e473",
          "00000000000000000000000000000000",
          "4BF92F3577B34DA6A3CE929D0E0E4736"
        })
    void of_an_id_that_is_malformed_are_refused(String id) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> TraceContext.of(id, "00f067aa0ba902b7", (byte) 1, ""))
          .withMessage(
              "traceId: " + id + " (expected: 32 lower-case hexadecimal digits, not all zero)");
    }

    @Test
    void of_a_later_version_are_taken() {
      String later = "01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00-what-is-to-come";
      assertThat(TraceContext.of(later).isSampled()).isFalse();
    }

    @Test
    void begin_and_go_on_with_random_ids() {
      Context ctx = Context.background(VirtualTime.manual());
      TraceContext root = TraceContext.start(ctx);
      TraceContext child = root.child(ctx);
      assertThat(TraceContext.of(root.traceparent())).isEqualTo(root);
      assertThat(child.traceId()).isEqualTo(root.traceId());
      assertThat(child.spanId()).isNotEqualTo(root.spanId());
      assertThat(TraceContext.of(child.traceparent()).isSampled()).isTrue();
    }

    @Test
    void have_a_state_that_is_passed_on_within_its_limits() {
      assertThat(TraceContext.isTracestate("rojo=00f067aa0ba902b7,congo=t61rcWkgMzE")).isTrue();
      assertThat(TraceContext.isTracestate("a=1,".repeat(33))).isFalse();
      assertThat(TraceContext.isTracestate("a=" + "1".repeat(512))).isFalse();
      assertThat(TraceContext.isTracestate("novalue")).isFalse();
      assertThat(TraceContext.isTracestate("a=ü")).isFalse();
    }
  }

  @Nested
  class Of_baggage {

    @Test
    void come_back_as_they_were() {
      Baggage baggage = Baggage.of("tenant", "acme, \"ü\" 100%").with("cohort", "b");
      assertThat(baggage.get("tenant")).contains("acme, \"ü\" 100%");
      assertThat(Baggage.read(List.of(baggage.text())).baggage()).isEqualTo(baggage);
      assertThat(baggage.toMap())
          .containsExactly(Map.entry("tenant", "acme, \"ü\" 100%"), Map.entry("cohort", "b"));
      assertThat(baggage).hasToString("baggage of 2 members");
    }

    @Test
    void are_replaced_by_name() {
      assertThat(Baggage.of("a", "1").with("b", "2").with("a", "3").toMap())
          .containsExactly(Map.entry("b", "2"), Map.entry("a", "3"));
    }

    @Test
    void may_have_properties_and_blanks() {
      Baggage baggage = Baggage.read(List.of("k1 = v1 ;prop;p2=3 ,k2=%20x")).baggage();
      assertThat(baggage.get("k1")).contains("v1");
      assertThat(baggage.get("k2")).contains(" x");
    }

    @Test
    void that_are_malformed_are_left_out() {
      Baggage.Reading reading = Baggage.read(List.of("a=1,b c=2,=3,d", "e=\"4\",f=5"));
      assertThat(reading.wasMalformed()).isTrue();
      assertThat(reading.baggage()).isNotNull();
      assertThat(reading.baggage().toMap()).containsOnly(Map.entry("a", "1"), Map.entry("f", "5"));
    }

    @Test
    void beyond_the_limits_are_left_out() {
      StringBuilder many = new StringBuilder("k0=v");
      for (int i = 1; i < 100; i++) {
        many.append(",k").append(i).append("=v");
      }
      Baggage.Reading reading = Baggage.read(List.of(many.toString()));
      assertThat(reading.wasCut()).isTrue();
      assertThat(reading.baggage().toMap()).hasSize(Baggage.MAX_MEMBERS).containsKey("k63");

      Baggage.Reading large =
          Baggage.read(List.of("a=" + "x".repeat(5000), "b=" + "y".repeat(5000)));
      assertThat(large.baggage().toMap()).containsOnlyKeys("a");
    }

    @Test
    void that_would_be_too_many_are_refused() {
      Baggage full = Baggage.EMPTY;
      for (int i = 0; i < Baggage.MAX_MEMBERS; i++) {
        full = full.with("k" + i, "v");
      }
      Baggage most = full;
      assertThatIllegalArgumentException().isThrownBy(() -> most.with("more", "v"));
      assertThat(most.with("k0", "other").get("k0")).contains("other");
      assertThatIllegalArgumentException()
          .isThrownBy(() -> Baggage.of("a", "x".repeat(9000)))
          .withMessageContaining("8192");
      assertThatIllegalArgumentException().isThrownBy(() -> Baggage.of("a b", "v"));
    }
  }

  @Nested
  class Of_a_load {

    @Test
    void come_back_as_they_were() {
      String text = ReportedLoad.of(12, ofMillis(8)).took(Duration.ofNanos(6_250_000)).toString();
      assertThat(text).isEqualTo("in-flight=12, latency=8.000, took=6.250");
      ReportedLoad load = ReportedLoad.read(text);
      assertThat(load).isNotNull();
      assertThat(load.inFlight()).isEqualTo(12);
      assertThat(load.latency()).isEqualTo(ofMillis(8));
      assertThat(load.took()).contains(Duration.ofNanos(6_250_000));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "x", "in-flight", "in-flight=", "in-flight=-1", "latency=3", "a=b"})
    void that_are_malformed_are_none(String text) {
      assertThat(ReportedLoad.read(text)).isNull();
    }

    @Test
    void are_clamped_and_bear_what_is_to_come() {
      ReportedLoad load =
          ReportedLoad.read("in-flight=99999999999999, latency=99999999999999999, cpu=0.7");
      assertThat(load.inFlight()).isEqualTo(1_000_000);
      assertThat(load.latency()).isEqualTo(ofHours(1));
    }
  }

  @Test
  void a_cancel_id_is_long_and_read_strictly() {
    String id = CancelMessage.newId();
    assertThat(id).hasSize(32).isNotEqualTo(CancelMessage.newId());
    assertThat(CancelMessage.read(id)).isEqualTo(id);
    assertThat(CancelMessage.read(id + "0")).isNull();
    assertThat(CancelMessage.read("G" + id.substring(1))).isNull();
    assertThat(CancelMessage.read(null)).isNull();
  }

  @Nested
  class In_carriers {

    @Test
    void are_found_in_any_case() {
      HeaderReader<Map<String, String>> map = Carriers.map();
      assertThat(map.first(Map.of("X-Request-ID", "1"), HeaderNames.REQUEST_ID)).isEqualTo("1");
      assertThat(map.first(Map.of("x-request-id", "2"), HeaderNames.REQUEST_ID)).isEqualTo("2");
      assertThat(map.first(Map.of("X-Request-Id", "3"), HeaderNames.REQUEST_ID)).isEqualTo("3");
      assertThat(map.first(Map.of(), HeaderNames.REQUEST_ID)).isNull();
    }

    @Test
    void of_many_values_all_are_found() {
      var headers = Map.of("Baggage", List.of("a=1", "b=2"));
      assertThat(Carriers.multimap().all(headers, HeaderNames.BAGGAGE))
          .containsExactly("a=1", "b=2");
      assertThat(Carriers.multimap().first(headers, HeaderNames.BAGGAGE)).isEqualTo("a=1");
      assertThat(Carriers.multimap().first(Map.of("x", List.of()), "x")).isNull();
    }

    @Test
    void of_messages_are_bytes() {
      Map<String, byte[]> message = new HashMap<>();
      Carriers.intoBytes().set(message, HeaderNames.REQUEST_ID, "r-1");
      assertThat(message.get(HeaderNames.REQUEST_ID))
          .isEqualTo("r-1".getBytes(StandardCharsets.US_ASCII));
      assertThat(Carriers.bytes().first(message, HeaderNames.REQUEST_ID)).isEqualTo("r-1");
    }

    @Test
    void may_have_other_names() {
      Map<String, String> jms = new HashMap<>();
      Carriers.renamed(Carriers.intoMap(), name -> name.replace('-', '_'))
          .set(jms, HeaderNames.REQUEST_ID, "r-1");
      assertThat(jms).containsEntry("X_Request_ID", "r-1");
      assertThat(
              Carriers.renamed(Carriers.map(), name -> name.replace('-', '_'))
                  .first(jms, HeaderNames.REQUEST_ID))
          .isEqualTo("r-1");
    }
  }
}
