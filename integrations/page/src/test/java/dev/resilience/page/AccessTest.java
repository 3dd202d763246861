package dev.resilience.page;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.OutputStream;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AccessTest {

  private final Access access =
      new Access(true, "correct horse", Set.of("https://ops.example.com"));

  /** A request with these headers. */
  private record Request(Map<String, String> headers) implements PageExchange {

    @Override
    public String method() {
      return "GET";
    }

    @Override
    public String path() {
      return "/";
    }

    @Override
    public String query() {
      return "";
    }

    @Override
    public Optional<String> header(String name) {
      return Optional.ofNullable(headers.get(name));
    }

    @Override
    public OutputStream respond(int status, Map<String, String> sent) {
      return new ByteArrayOutputStream();
    }
  }

  private static PageExchange with(String header, String value) {
    return new Request(Map.of(header, value));
  }

  @ParameterizedTest
  @ValueSource(strings = {"localhost", "LOCALHOST:80", "127.0.0.1:8080", "[::1]:8080", "[::1]"})
  void loopback_answers_to_its_own_names(String host) {
    assertThat(access.isForMe(with("Host", host))).isTrue();
  }

  /** A site may let its own name point to 127.0.0.1 and read what a browser here can reach. */
  @ParameterizedTest
  @ValueSource(
      strings = {"evil.example", "evil.example:8080", "localhost.evil.example", "", "10.0.0.1"})
  void loopback_answers_to_no_other_name(String host) {
    assertThat(access.isForMe(with("Host", host))).isFalse();
    assertThat(access.isForMe(new Request(Map.of()))).isFalse();
  }

  @Test
  void pages_of_loopback_and_chosen_ones_may_read() {
    assertThat(access.readableFrom(with("Origin", "http://localhost:9091")))
        .contains("http://localhost:9091");
    assertThat(access.readableFrom(with("Origin", "https://ops.example.com"))).isPresent();
    assertThat(access.readableFrom(with("Origin", "https://evil.example"))).isEmpty();
    assertThat(access.readableFrom(with("Origin", "http://localhost.evil.example"))).isEmpty();
    assertThat(access.readableFrom(with("Origin", "null"))).isEmpty();
    assertThat(access.readableFrom(with("Origin", "http://[broken"))).isEmpty();
  }

  @Test
  void only_the_token_presses() {
    assertThat(access.mayPress(with("Authorization", "Bearer correct horse"))).isTrue();
    assertThat(access.mayPress(with("Authorization", "Bearer correct"))).isFalse();
    assertThat(access.mayPress(with("Authorization", "correct horse"))).isFalse();
    assertThat(access.mayPress(new Request(Map.of()))).isFalse();
  }

  @Test
  void without_a_token_nobody_presses() {
    Access readOnly = new Access(true, null, Set.of());
    assertThat(readOnly.isWritable()).isFalse();
    assertThat(readOnly.mayPress(with("Authorization", "Bearer null"))).isFalse();
    assertThat(readOnly.mayPress(with("Authorization", "Bearer "))).isFalse();
  }
}
