package dev.resilience.consumer;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.lang.ArchRule;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What no published module does. A new module is held to it without a line of its own; what one
 * module alone keeps to stands in its {@code ArchitectureTest}.
 */
class HouseRulesTest {

  private static final Path ROOT = Path.of("..", "..");

  /** Modules in which private nested classes share names; top-level classes nowhere do. */
  private static final Set<String> NESTED_NAMES_REPEAT =
      Set.of("resilience-core", "resilience-discovery", "page");

  /** Files that may catch {@code Exception}. */
  private static final Set<String> CATCH_EXCEPTION =
      Set.of(
          "ContextFiles.java", // after all that can be thrown there
          "FallbackExecution.java", // an Error ends the asking for answers
          "Hints.java", // no user's code: Curator's methods declare it
          "Nodes.java"); // likewise

  /** A line that is no comment, up to what is looked for. */
  private static final String CODE = "^(?!\\s*(\\*|//)).*";

  private static final Map<Path, JavaClasses> CLASSES = new ConcurrentHashMap<>();

  static List<Path> modules() throws IOException {
    return PublicApi.published(ROOT);
  }

  @ParameterizedTest
  @MethodSource("modules")
  void packages_do_not_wait_for_each_other(Path module) {
    check(module, slices().matching("dev.resilience.(**)").should().beFreeOfCycles());
  }

  @ParameterizedTest
  @MethodSource("modules")
  void no_package_is_a_drawer(Path module) {
    check(
        module,
        noClasses()
            .should()
            .resideInAnyPackage(
                "..util..", "..utils..", "..common..", "..internal..", "..manager.."));
  }

  @ParameterizedTest
  @MethodSource("modules")
  void no_class_is_a_drawer(Path module) {
    check(module, noClasses().should().haveNameMatching(".*(Util|Utils|Helper|Manager)"));
  }

  @ParameterizedTest
  @MethodSource("modules")
  void no_name_stands_twice(Path module) {
    Set<String> shared = Set.of("", "package-info", "module-info", "Builder");
    boolean isStrict = !NESTED_NAMES_REPEAT.contains(module.getFileName().toString());
    assertThat(
            classes(module).stream()
                .filter(known -> isStrict || known.isTopLevelClass())
                .map(JavaClass::getSimpleName)
                .filter(name -> !shared.contains(name)))
        .isNotEmpty()
        .doesNotHaveDuplicates();
  }

  @ParameterizedTest
  @MethodSource("modules")
  void nobody_prints(Path module) {
    check(
        module,
        noClasses()
            .that()
            .doNotHaveFullyQualifiedName("dev.resilience.page.Top") // a program
            .should()
            .accessField(System.class, "out")
            .orShould()
            .accessField(System.class, "err"));
  }

  @ParameterizedTest
  @MethodSource("modules")
  void nobody_sleeps(Path module) {
    check(
        module,
        noClasses()
            .should()
            .callMethod(Thread.class, "sleep", long.class)
            .orShould()
            .callMethod(Thread.class, "sleep", long.class, int.class));
  }

  @ParameterizedTest
  @MethodSource("modules")
  void locks_are_never_monitors(Path module) throws IOException {
    assertNoSource(module, "src/main/java", CODE + "\\bsynchronized\\b", Set.of());
  }

  /** Law 13: an {@link Error} of the user's is a failure like all others. */
  @ParameterizedTest
  @MethodSource("modules")
  void user_code_that_throws_is_caught_whatever_it_throws(Path module) throws IOException {
    assertNoSource(
        module, "src/main/java", CODE + "catch \\((Runtime)?Exception\\b", CATCH_EXCEPTION);
  }

  /** A report of tests is read as sentences: {@code ends_with_its_owner}. */
  @ParameterizedTest
  @MethodSource("modules")
  void tests_are_named_in_words(Path module) throws IOException {
    assertNoSource(
        module,
        "src/test/java",
        "@(Parameterized|Repeated)?Test\\b([^;{}v]++|(?!\\bvoid\\b)v|\\{[^{}]*\\})*"
            + "\\bvoid\\s+[a-z0-9]+[A-Z]\\w*\\(",
        Set.of());
  }

  private static void assertNoSource(
      Path module, String folder, String expression, Set<String> except) throws IOException {
    var pattern = Pattern.compile(expression, Pattern.MULTILINE);
    List<Path> sources;
    try (Stream<Path> files = Files.walk(module.resolve(folder))) {
      sources = files.filter(file -> file.toString().endsWith(".java")).toList();
    }
    List<String> found = new ArrayList<>();
    for (Path source : sources) {
      if (!except.contains(source.getFileName().toString())) {
        pattern
            .matcher(Files.readString(source))
            .results()
            .forEach(match -> found.add(source.getFileName() + ": " + match.group().strip()));
      }
    }
    assertThat(sources).isNotEmpty();
    assertThat(found).isEmpty();
  }

  private static void check(Path module, ArchRule rule) {
    rule.allowEmptyShould(true).check(classes(module));
  }

  /** The build has compiled all modules before this one; a developer may have compiled a few. */
  private static JavaClasses classes(Path module) {
    Path compiled = module.resolve("target/classes");
    assumeTrue(
        Files.isDirectory(compiled) || Boolean.parseBoolean(System.getenv("CI")),
        "not compiled: " + compiled);
    return CLASSES.computeIfAbsent(compiled, path -> new ClassFileImporter().importPath(path));
  }
}
