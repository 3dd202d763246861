package dev.resilience.examples.docs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Each policy has a page of the same six parts, and the README leads there. */
class PolicyPagesTest {

  private static final Path TOP = Path.of("..");

  private static final List<String> PARTS =
      List.of(
          "## When to use it",
          "## Example",
          "## How it decides",
          "## Defaults",
          "## Cost",
          "## Anti-patterns");

  static Stream<String> pages() {
    return Stream.of(
        "retry",
        "breaker",
        "fixed-timeout",
        "adaptive-timeout",
        "service-timeouts",
        "more-time",
        "time-budget",
        "fallbacks",
        "rate-limit",
        "concurrency-limit",
        "hedge",
        "first-success",
        "chaos",
        "composition",
        "errors-and-reports",
        "failsafe");
  }

  @ParameterizedTest
  @MethodSource("pages")
  void each_has_its_parts_and_a_link(String page) throws IOException {
    List<String> lines = Files.readAllLines(TOP.resolve("docs/" + page + ".md"));

    assertThat(lines.stream().filter(PARTS::contains)).containsExactlyElementsOf(PARTS);
    assertThat(lines).contains("```java");
    assertThat(TOP.resolve("README.md")).content().contains("docs/" + page + ".md");
  }
}
