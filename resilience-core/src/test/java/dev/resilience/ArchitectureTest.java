package dev.resilience;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.lang.ArchRule;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The arrows between packages, and what main code never does. */
class ArchitectureTest {
  /**
   * Each package may know those before it, and the JDK; policies may know all of these, but no
   * sibling.
   */
  private static final List<String> LAYERS = List.of("time", "context", "policy");

  private static final List<String> POLICIES =
      List.of("retry", "breaker", "timeout", "budget", "fallback", "limit", "hedge");

  private static final JavaClasses MAIN =
      new ClassFileImporter().importPath(Path.of("target", "classes"));

  static Stream<String> layers() {
    return LAYERS.stream();
  }

  static Stream<String> policies() {
    return POLICIES.stream();
  }

  @ParameterizedTest
  @MethodSource("layers")
  void aLayerKnowsOnlyTheLayersBelow(String layer) {
    var above = Stream.concat(LAYERS.stream().skip(LAYERS.indexOf(layer) + 1), policies());
    check(
        noClasses()
            .that()
            .resideInAPackage(tree(layer))
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(trees(above)));
  }

  @ParameterizedTest
  @MethodSource("policies")
  void aPolicyKnowsNoSibling(String policy) {
    var siblings = policies().filter(other -> !other.equals(policy));
    check(
        noClasses()
            .that()
            .resideInAPackage(tree(policy))
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(trees(siblings)));
  }

  @Test
  void timeAndContextKnowNoThirdParty() {
    check(
        noClasses()
            .that()
            .resideInAnyPackage(tree("time"), tree("context"))
            .should()
            .dependOnClassesThat()
            .resideInAPackage("dev.failsafe.."));
  }

  @Test
  void noPackageIsADrawer() {
    check(
        noClasses()
            .should()
            .resideInAnyPackage(
                "..util..", "..utils..", "..common..", "..internal..", "..manager.."));
  }

  @Test
  void noClassIsADrawer() {
    check(
        noClasses()
            .should()
            .haveSimpleNameEndingWith("Util")
            .orShould()
            .haveSimpleNameEndingWith("Utils")
            .orShould()
            .haveSimpleNameEndingWith("Manager"));
  }

  @Test
  void locksAreNeverMonitors() throws IOException {
    var monitor = Pattern.compile("^(?!\\s*(\\*|//)).*\\bsynchronized\\b", Pattern.MULTILINE);
    try (var files = Files.walk(Path.of("src", "main", "java"))) {
      assertThat(files.filter(file -> file.toString().endsWith(".java")))
          .isNotEmpty()
          .allSatisfy(file -> assertThat(file).content().doesNotContainPattern(monitor));
    }
  }

  @Test
  void nobodySleeps() {
    check(
        noClasses()
            .should()
            .callMethod(Thread.class, "sleep", long.class)
            .orShould()
            .callMethod(Thread.class, "sleep", long.class, int.class));
  }

  @Test
  void nobodyPrints() {
    check(
        noClasses()
            .should()
            .accessField(System.class, "out")
            .orShould()
            .accessField(System.class, "err"));
  }

  private static void check(ArchRule rule) {
    rule.allowEmptyShould(true).check(MAIN);
  }

  private static String tree(String name) {
    return "dev.resilience." + name + "..";
  }

  private static String[] trees(Stream<String> names) {
    return names.map(ArchitectureTest::tree).toArray(String[]::new);
  }
}
