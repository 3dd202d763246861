package dev.resilience.cache;

import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.resilience.context.Context;
import dev.resilience.time.VirtualTime;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Names, keys and messages of others forge no line in what a cache says, and fill no disk. */
class HostileTextTest {

  static List<String> hostile() {
    return List.of("a\nb\u001b[31m", "x".repeat(900_000));
  }

  @ParameterizedTest
  @MethodSource("hostile")
  void forges_no_line(String text) throws Exception {
    List<String> said = new ArrayList<>();
    VirtualTime.Automatic time = VirtualTime.automatic(1);
    time.run(
        () -> {
          Context root = Context.background(time);
          try (var cache =
              ContextCache.<String, String>builder(text)
                  .listener(event -> said.add(event.toString()))
                  .open(root)) {
            said.add(cache.toString());
            said.add(cache.name());
            cache.getOrFetch(root, text, (c, key) -> "value");
            said.add(cache.snapshot().toString());
            said.add(
                String.valueOf(
                    catchThrowable(
                        () ->
                            cache.getOrFetch(
                                root,
                                text + 1,
                                (c, key) -> {
                                  throw new IOException(text);
                                }))));
            said.add(cache.fetchAll(root, List.of(text, text + 1), (c, key) -> key).toString());
            cache.set(root, text + 2, text, ofSeconds(1));
            said.add(String.valueOf(cache.find(root, text + 2)));
          }
          return null;
        });

    assertThat(said)
        .hasSizeGreaterThan(6)
        .allSatisfy(it -> assertThat(it).hasSizeLessThan(5_000).doesNotContain("\n", "\u001b"));
  }
}
