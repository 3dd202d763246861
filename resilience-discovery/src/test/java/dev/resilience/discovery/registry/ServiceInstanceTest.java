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
  void saysWhereItIsAndWhatElseItWasGiven() {
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
  void bracketsAnAddressOfVersionSixInItsId() {
    assertThat(ServiceInstance.of("orders", "fe80::1%eth0", 80).id())
        .isEqualTo("[fe80::1%eth0]:80");
  }

  @Test
  void isAValueInWhichEverythingCounts() {
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
    void aServiceThatIsNoWord(String service) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> ServiceInstance.of(service, "host", 1))
          .withMessageStartingWith("service: \"")
          .withMessageContaining("expected")
          .withMessageNotContaining("\n");
    }

    @Test
    void aServiceOfMoreThan128Characters() {
      assertThat(ServiceInstance.of("a".repeat(128), "host", 1).service()).hasSize(128);
      assertThatIllegalArgumentException()
          .isThrownBy(() -> ServiceInstance.of("a".repeat(129), "host", 1));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "a b", "a/b", "user@host", "[::1]", "host\n", "http://host"})
    void aHostThatIsNone(String host) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> ServiceInstance.of("orders", host, 1))
          .withMessageStartingWith("host: ");
    }

    @ParameterizedTest
    @ValueSource(ints = {-1, 0, 65_536, Integer.MAX_VALUE})
    void aPortThatIsNone(int port) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> ServiceInstance.of("orders", "host", port))
          .withMessage("port: " + port + " (expected: 1 to 65535)");
    }

    @ParameterizedTest
    @ValueSource(ints = {-1, 0, 101})
    void aWeightOutOfRange(int weight) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> ORDERS.withWeight(weight))
          .withMessage("weight: " + weight + " (expected: 1 to 100)");
    }

    @Test
    void aZoneThatIsNoWord() {
      assertThat(ORDERS.withZone("a").withZone("").zone()).isEmpty();
      assertThatIllegalArgumentException().isThrownBy(() -> ORDERS.withZone("a b"));
    }

    @Test
    void metadataThatWouldBreakALogLineOrAregistry() {
      assertThatIllegalArgumentException().isThrownBy(() -> ORDERS.withMetadata("a b", "v"));
      assertThatIllegalArgumentException().isThrownBy(() -> ORDERS.withMetadata("a", "v\r\nw"));
      assertThatIllegalArgumentException()
          .isThrownBy(() -> ORDERS.withMetadata("a", "v".repeat(257)))
          .withMessageEndingWith("(expected: up to 256 characters, no control characters)");
    }

    @Test
    void moreThan32EntriesOfMetadata() {
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
