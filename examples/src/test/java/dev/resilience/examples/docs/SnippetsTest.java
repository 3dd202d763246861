package dev.resilience.examples.docs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Every Java block of the README and the pages in {@code docs} stands, line by line, in a source of
 * this module or of the tests of an integration, where it is compiled and run. Indentation, and
 * what ends a line of prose, may differ.
 */
class SnippetsTest {

  private static final Path TOP = Path.of("..");

  static Stream<Path> pages() throws IOException {
    try (var docs = Files.walk(TOP.resolve("docs"))) {
      return Stream.concat(Stream.of(TOP.resolve("README.md")), docs)
          .filter(path -> path.toString().endsWith(".md"))
          .filter(path -> !path.startsWith(TOP.resolve("docs/site"))) // copies, and its tools
          .sorted()
          .toList()
          .stream();
    }
  }

  @ParameterizedTest
  @MethodSource("pages")
  void each_block_is_compiled_and_run(Path page) throws IOException {
    String sources = sources();

    for (String block : blocks(Files.readAllLines(page))) {
      assertThat(sources.contains(block)).as("%s, compiled: %s", page, block).isTrue();
    }
  }

  private static List<String> blocks(List<String> page) {
    List<String> blocks = new ArrayList<>();
    List<String> block = null;
    for (String line : page) {
      if (line.startsWith("```java")) {
        block = new ArrayList<>();
      } else if (block != null && line.startsWith("```")) {
        blocks.add(normalized(block.stream()));
        block = null;
      } else if (block != null) {
        block.add(line);
      }
    }
    return blocks;
  }

  private static String sources() throws IOException {
    try (var here = Files.walk(Path.of("src"));
        var integrations = Files.walk(TOP.resolve("integrations"))) {
      List<Path> java =
          Stream.concat(here, integrations)
              .filter(path -> path.toString().endsWith(".java"))
              .sorted()
              .toList();
      StringBuilder all = new StringBuilder();
      for (Path path : java) {
        all.append(normalized(Files.readAllLines(path).stream())).append('\n');
      }
      return all.toString();
    }
  }

  /** Without indentation and blank lines; the formatter breaks lines as it likes. */
  private static String normalized(Stream<String> lines) {
    return lines
        .map(String::strip)
        .filter(line -> !line.isEmpty())
        .collect(Collectors.joining(" "))
        .replaceAll("\\s+", " ")
        .replaceAll(" \\.", ".")
        .replaceAll("\\( ", "(");
  }
}
