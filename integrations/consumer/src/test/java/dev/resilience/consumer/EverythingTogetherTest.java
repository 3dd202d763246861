package dev.resilience.consumer;

import static java.util.Map.entry;
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
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;

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
              + "|redis-authx|okhttp|okio|kotlin|grpc|jakarta|snakeyaml|slf4j-api|micrometer"
              + "|context-propagation|opentelemetry|archunit|junit|opentest4j|apiguardian).*");

  private static final List<String> TEST_ONLY =
      List.of("mockito", "assertj", "byte-buddy", "objenesis");

  /** What resilience-junit stands on; the rest of JUnit runs this test. */
  private static final List<String> OF_JUNIT =
      List.of("junit-jupiter-api", "junit-platform-commons");

  /** Published, and what each of them says last. */
  private static final Map<String, String> SAYS =
      Map.ofEntries(
          entry("core", "called"),
          entry("cache", "loaded"),
          entry("discovery", "called orders"),
          entry("redis", "loaded, Unable to connect"),
          entry("zookeeper", "registering"),
          entry("http-client", "REFUSED"),
          entry("http-server", "answered 200"),
          entry("servlet", "ContextFilter"),
          entry("okhttp", "REFUSED"),
          entry("grpc", "UNKNOWN, true"),
          entry("jdbc", "no database"),
          entry("configuration", "called"),
          entry("slf4j", "bound"),
          entry("micrometer", "measured"),
          entry("opentelemetry", "both ways"),
          entry("jfr", "called"),
          entry("page", "http"),
          entry("simulation", "A"),
          entry("junit", "AssertionError"),
          entry("archunit", "rules"));

  /** Without what only tests need, which a user's application has not got. */
  private static List<Path> application() {
    return Stream.of(System.getProperty("java.class.path").split(File.pathSeparator))
        .map(Path::of)
        .filter(path -> !path.endsWith("test-classes"))
        .map(EverythingTogetherTest::packaged)
        .filter(path -> !isTestOnly(path.getFileName().toString()))
        .toList();
  }

  private static boolean isTestOnly(String jar) {
    boolean isJUnits = jar.startsWith("junit") && OF_JUNIT.stream().noneMatch(jar::startsWith);
    return isJUnits || TEST_ONLY.stream().anyMatch(jar::startsWith);
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

  private static void assertAllWork(List<String> said, UnaryOperator<String> moduleOf) {
    SAYS.forEach(
        (name, last) -> {
          String begin = name + " in " + moduleOf.apply(name);
          assertThat(said)
              .as("what %s says", name)
              .anyMatch(line -> line.startsWith(begin) && line.contains(": " + last));
        });
  }

  @Test
  void on_the_class_path() throws Exception {
    assertAllWork(run("-cp", joined(application().stream())), name -> "unnamed module");
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
            >= SAYS.size(),
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
        name -> "module dev.resilience." + name.replace('-', '.'));
  }

  // ---- the BOM

  private static Element pom(Path file) throws Exception {
    return DocumentBuilderFactory.newInstance()
        .newDocumentBuilder()
        .parse(file.toFile())
        .getDocumentElement();
  }

  /** The texts of a pom's elements of a name, in the first of its elements of another name. */
  private static List<String> texts(Element pom, String outer, String inner) {
    if (!(pom.getElementsByTagName(outer).item(0) instanceof Element within)) {
      return List.of();
    }
    NodeList found = within.getElementsByTagName(inner);
    return IntStream.range(0, found.getLength())
        .mapToObj(i -> found.item(i).getTextContent().strip())
        .toList();
  }

  private static List<String> published() throws Exception {
    Path root = Path.of("..", "..");
    List<String> names = new ArrayList<>();
    for (String module : texts(pom(root.resolve("pom.xml")), "modules", "module")) {
      Element pom = pom(root.resolve(module).resolve("pom.xml"));
      boolean isSkipped = texts(pom, "properties", "maven.deploy.skip").contains("true");
      if (!isSkipped) {
        names.add(
            "resilience-"
                + module.substring(module.lastIndexOf('/') + 1).replaceFirst("^resilience-", ""));
      }
    }
    return names;
  }

  @Test
  void the_bom_lists_all_that_is_published_and_all_of_it_is_used_here() throws Exception {
    List<String> published = published();
    assertThat(published).hasSizeGreaterThan(15);
    List<String> managed =
        texts(pom(Path.of("..", "..", "pom.xml")), "dependencyManagement", "artifactId").stream()
            .filter(name -> name.startsWith("resilience-"))
            .toList();
    assertThat(managed).containsExactlyInAnyOrderElementsOf(published);
    assertThat(texts(pom(Path.of("pom.xml")), "dependencies", "artifactId")).containsAll(published);
    assertThat(SAYS.keySet())
        .map(name -> "resilience-" + name)
        .containsExactlyInAnyOrderElementsOf(published);
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
