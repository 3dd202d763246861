package dev.resilience.examples.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import dev.resilience.context.CancellableContext;
import dev.resilience.context.Context;
import dev.resilience.context.RequestInfo;
import dev.resilience.time.VirtualTime;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class WireTest {

  private static final Duration OWN_LIMIT = Duration.ofSeconds(3);

  private final Context root = Context.background(VirtualTime.manual());
  private final Wire wire = new Wire();
  private final Map<String, String> headers = new HashMap<>();

  private CancellableContext arrived() {
    return wire.read(root, "mail", OWN_LIMIT, headers::get);
  }

  @Nested
  class A_context_that_travels {

    @Test
    void arrives_with_its_identity_its_time_left_and_one_more_hop() {
      Context sent =
          RequestInfo.builder()
              .requestId("r-1")
              .userId("u-2")
              .build()
              .in(root)
              .withValue(Wire.HOPS, "caller>gateway")
              .withTimeout(Duration.ofMillis(1_234));

      Wire.write(sent, headers::put);
      Context ctx = arrived();

      assertThat(ctx.get(RequestInfo.REQUEST_ID)).isEqualTo("r-1");
      assertThat(ctx.get(RequestInfo.USER_ID)).isEqualTo("u-2");
      assertThat(ctx.get(Wire.HOPS)).isEqualTo("caller>gateway>mail");
      assertThat(ctx.timeLeft()).isEqualTo(Duration.ofMillis(1_234));
      assertThat(ctx.name()).isEqualTo("mail");
      assertThat(wire.malformed()).isZero();
    }

    @Test
    void without_anything_arrives_as_a_request_of_nobody() {
      Wire.write(root, headers::put);

      assertThat(headers).isEmpty();
      assertThat(arrived().get(Wire.HOPS)).isEqualTo("mail");
      assertThat(arrived().timeLeft()).isEqualTo(OWN_LIMIT);
    }

    @Test
    void whose_time_is_over_arrives_ended() {
      Wire.write(root.withTimeout(Duration.ZERO), headers::put);

      assertThat(arrived().isDone()).isTrue();
    }
  }

  @Nested
  class What_comes_in {

    @Test
    void can_not_lengthen_the_time_of_the_service() {
      headers.put(Wire.TIME_LEFT, "999999999");

      assertThat(arrived().timeLeft()).isEqualTo(OWN_LIMIT);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "-1", "1e3", "soon", "1234567890", "١"})
    void is_no_time_unless_it_is_a_number_of_at_most_nine_digits(String value) {
      headers.put(Wire.TIME_LEFT, value);

      assertThat(arrived().timeLeft()).isEqualTo(OWN_LIMIT);
      assertThat(wire.malformed()).isEqualTo(1);
    }

    @ParameterizedTest
    @CsvSource({
      Wire.REQUEST_ID + ",two words",
      Wire.REQUEST_ID + ",ü",
      Wire.USER_ID + ",a\tb",
      Wire.HOP_PATH + ",a>b>c>d>e>f>g>h>i",
      Wire.HOP_PATH + ",a>>b",
      Wire.HOP_PATH + ",<script>"
    })
    void is_left_out_and_counted_where_it_is_malformed(String header, String value) {
      headers.put(header, value);

      CancellableContext ctx = arrived();

      assertThat(ctx.has(RequestInfo.REQUEST_ID)).isFalse();
      assertThat(ctx.has(RequestInfo.USER_ID)).isFalse();
      assertThat(wire.malformed()).isEqualTo(1);
    }

    @Test
    void is_left_out_where_it_is_too_long() {
      headers.put(Wire.USER_ID, "u".repeat(129));

      assertThat(arrived().has(RequestInfo.USER_ID)).isFalse();
      assertThat(wire.malformed()).isEqualTo(1);
    }
  }
}
