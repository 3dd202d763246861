package dev.resilience.consumer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * All modules in one application, each time in a JVM of its own: of the JDK that runs the tests,
 * with the jars that this build has packaged, in the versions that the BOM gives them.
 */
@Timeout(120)
class EverythingTogetherTest {

  /**
   * What is on the module path; ZooKeeper's and Curator's jars cannot be there, since two of them
   * share packages. To a module without a descriptor, as resilience-zookeeper is, the class path is
   * open.
   */
  private static final Pattern MODULES =
      Pattern.compile(
          "(resilience|failsafe|caffeine|jspecify|error_prone|lettuce|netty|reactor|reactive"
              + "|redis-authx).*");

  private static final List<String> TEST_ONLY =
      List.of(
          "junit", "mockito", "assertj", "byte-buddy", "objenesis", "opentest4j", "apiguardian");

  /** Without what only tests need, which a user's application has not got. */
  private static List<Path> application() {
    return Stream.of(System.getProperty("java.class.path").split(File.pathSeparator))
        .map(Path::of)
        .filter(path -> !path.endsWith("test-classes"))
        .map(EverythingTogetherTest::packaged)
        .filter(path -> TEST_ONLY.stream().noneMatch(path.getFileName().toString()::startsWith))
        .toList();
  }

  /** A module's jar in place of its folder, where an earlier run has made one; not our own. */
  private static Path packaged(Path path) {
    Path target = path.getParent();
    if (!path.endsWith("classes") || target.getParent().endsWith("consumer")) {
      return path;
    }
    try (Stream<Path> built = Files.list(target)) {
      return built
          .filter(file -> file.getFileName().toString().matches("resilience-.*\\.jar"))
          .filter(
              file -> !file.getFileName().toString().matches(".*-(sources|javadoc|tests)\\.jar"))
          .findFirst()
          .orElse(path);
    } catch (IOException unreadable) {
      throw new UncheckedIOException(unreadable);
    }
  }

  private static String joined(Stream<Path> paths) {
    return paths.map(Path::toString).collect(Collectors.joining(File.pathSeparator));
  }

  private static List<String> run(String... options) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of(options));
    command.add(Everything.class.getName());
    Process java = new ProcessBuilder(command).redirectErrorStream(true).start();
    try {
      String said = new String(java.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      assertThat(java.waitFor()).as(said).isZero();
      return said.lines().filter(line -> line.contains(" in ") && line.contains(": ")).toList();
    } finally {
      java.destroyForcibly();
    }
  }

  private static void assertAllWork(List<String> said, Map<String, String> modules) {
    modules.forEach(
        (name, module) ->
            assertThat(said).anyMatch(line -> line.startsWith(name + " in " + module)));
    assertThat(said)
        .anyMatch(line -> line.startsWith("core") && line.endsWith(": called"))
        .anyMatch(line -> line.startsWith("cache") && line.endsWith(": loaded"))
        .anyMatch(line -> line.startsWith("discovery") && line.endsWith(": called orders"))
        .anyMatch(line -> line.startsWith("redis") && line.contains(": loaded, Unable to connect"))
        .anyMatch(line -> line.startsWith("zookeeper") && line.contains("registering"));
  }

  @Test
  void on_the_class_path() throws Exception {
    assertAllWork(
        run("-cp", joined(application().stream())),
        Map.of(
            "core", "unnamed module",
            "cache", "unnamed module",
            "discovery", "unnamed module",
            "redis", "unnamed module",
            "zookeeper", "unnamed module"));
  }

  /** Where there are jars, from the phase {@code package} on; {@code mvn test} has folders. */
  @Test
  void on_the_module_path() throws Exception {
    List<Path> modules =
        application().stream()
            .filter(path -> MODULES.matcher(path.getFileName().toString()).matches())
            .toList();
    assumeTrue(
        modules.stream()
                .filter(path -> path.getFileName().toString().startsWith("resilience"))
                .count()
            > 4,
        "not packaged: run mvn verify");
    List<Path> others = new ArrayList<>(application());
    others.removeAll(modules);
    assertAllWork(
        run(
            "--module-path",
            joined(modules.stream()),
            "--add-modules",
            "ALL-MODULE-PATH",
            "-cp",
            joined(others.stream())),
        Map.of(
            "core", "module dev.resilience.core",
            "cache", "module dev.resilience.cache",
            "discovery", "module dev.resilience.discovery",
            "redis", "module dev.resilience.redis",
            "zookeeper", "module dev.resilience.zookeeper"));
  }

  @Test
  void with_one_netty() {
    assertThat(
            application().stream()
                .map(path -> path.getFileName().toString())
                .filter(name -> name.startsWith("netty-common")))
        .hasSize(1);
    assertThat(application()).allMatch(Files::exists);
  }
}
