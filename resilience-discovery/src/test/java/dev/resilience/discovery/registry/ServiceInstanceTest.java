package dev.resilience.discovery.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ServiceInstanceTest {

  private static final ServiceInstance ORDERS = ServiceInstance.of("orders", "10.0.0.7", 8080);

  @Test
  void says_where_it_is_and_what_else_it_was_given() {
    ServiceInstance instance =
        ORDERS.withZone("eu-1").withWeight(20).withMetadata("version", "2.4");

    assertThat(instance.service()).isEqualTo("orders");
    assertThat(instance.host()).isEqualTo("10.0.0.7");
    assertThat(instance.port()).isEqualTo(8080);
    assertThat(instance.id()).isEqualTo("10.0.0.7:8080");
    assertThat(instance.zone()).isEqualTo("eu-1");
    assertThat(instance.weight()).isEqualTo(20);
    assertThat(instance.metadata()).containsExactly(java.util.Map.entry("version", "2.4"));
    assertThat(instance).hasToString("orders@10.0.0.7:8080");
  }

  @Test
  void brackets_an_address_of_version_six_in_its_id() {
    assertThat(ServiceInstance.of("orders", "fe80::1%eth0", 80).id())
        .isEqualTo("[fe80::1%eth0]:80");
  }

  @Test
  void is_a_value_in_which_everything_counts() {
    assertThat(ORDERS.withZone("a").withMetadata("k", "v"))
        .isEqualTo(ORDERS.withMetadata("k", "v").withZone("a"))
        .hasSameHashCodeAs(ORDERS.withMetadata("k", "v").withZone("a"))
        .isNotEqualTo(ORDERS)
        .isNotEqualTo(ORDERS.withZone("a").withMetadata("k", "w"))
        .isNotEqualTo(ORDERS.withZone("b").withMetadata("k", "v"));
    assertThat(ORDERS.asDraining()).isNotEqualTo(ORDERS).hasToString(ORDERS + " (draining)");
    assertThat(ORDERS.withWeight(1)).isNotEqualTo(ORDERS);
  }

  @Nested
  class Refuses {

    @ParameterizedTest
    @ValueSource(strings = {"", " ", "a b", "a/b", "-a", ".a", "ä", "a\nb", "a\u0000"})
    void a_service_that_is_no_word(String service) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> ServiceInstance.of(service, "host", 1))
          .withMessageStartingWith("service: \"")
          .withMessageContaining("expected")
          .withMessageNotContaining("\n");
    }

    @Test
    void a_service_of_more_than_128_characters() {
      assertThat(ServiceInstance.of("a".repeat(128), "host", 1).service()).hasSize(128);
      assertThatIllegalArgumentException()
          .isThrownBy(() -> ServiceInstance.of("a".repeat(129), "host", 1));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "a b", "a/b", "user@host", "[::1]", "host\n", "http://host"})
    void a_host_that_is_none(String host) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> ServiceInstance.of("orders", host, 1))
          .withMessageStartingWith("host: ");
    }

    @ParameterizedTest
    @ValueSource(ints = {-1, 0, 65_536, Integer.MAX_VALUE})
    void a_port_that_is_none(int port) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> ServiceInstance.of("orders", "host", port))
          .withMessage("port: " + port + " (expected: 1 to 65535)");
    }

    @ParameterizedTest
    @ValueSource(ints = {-1, 0, 101})
    void a_weight_out_of_range(int weight) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> ORDERS.withWeight(weight))
          .withMessage("weight: " + weight + " (expected: 1 to 100)");
    }

    @Test
    void a_zone_that_is_no_word() {
      assertThat(ORDERS.withZone("a").withZone("").zone()).isEmpty();
      assertThatIllegalArgumentException().isThrownBy(() -> ORDERS.withZone("a b"));
    }

    @Test
    void metadata_that_would_break_a_log_line_or_aregistry() {
      assertThatIllegalArgumentException().isThrownBy(() -> ORDERS.withMetadata("a b", "v"));
      assertThatIllegalArgumentException().isThrownBy(() -> ORDERS.withMetadata("a", "v\r\nw"));
      assertThatIllegalArgumentException()
          .isThrownBy(() -> ORDERS.withMetadata("a", "v".repeat(257)))
          .withMessageEndingWith("(expected: up to 256 characters, no control characters)");
    }

    @Test
    void more_than_32_entries_of_metadata() {
      ServiceInstance full = ORDERS;
      for (int i = 0; i < 32; i++) {
        full = full.withMetadata("key" + i, "value");
      }
      ServiceInstance with32 = full.withMetadata("key0", "another value");
      assertThat(with32.metadata()).hasSize(32);
      assertThatIllegalArgumentException()
          .isThrownBy(() -> with32.withMetadata("one-more", ""))
          .withMessage("metadata entries: 33 (expected: 0 to 32)");
    }
  }
}
