package dev.resilience.page;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.lang.ArchRule;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** What main code of this module never does. */
class ArchitectureTest {

  private static final JavaClasses MAIN =
      new ClassFileImporter().importPath(Path.of("target", "classes"));

  @Test
  void the_page_needs_neither_the_cache_nor_discovery() {
    check(
        noClasses()
            .that()
            .haveSimpleNameNotEndingWith("CachePanel")
            .and()
            .haveSimpleNameNotEndingWith("ServicePanel")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(
                "dev.resilience.cache..", "dev.resilience.discovery..", "com.github.."));
  }

  @Test
  void no_class_is_a_drawer() {
    check(
        noClasses()
            .should()
            .haveSimpleNameEndingWith("Util")
            .orShould()
            .haveSimpleNameEndingWith("Utils")
            .orShould()
            .haveSimpleNameEndingWith("Helper")
            .orShould()
            .haveSimpleNameEndingWith("Manager"));
  }

  @Test
  void no_name_stands_twice() {
    assertThat(
            MAIN.stream()
                .filter(JavaClass::isTopLevelClass)
                .map(JavaClass::getSimpleName)
                .filter(name -> !name.endsWith("-info")))
        .doesNotHaveDuplicates();
  }

  @Test
  void nobody_prints_or_sleeps() {
    check(
        noClasses()
            .that()
            .doNotHaveSimpleName("Top") // a program
            .should()
            .accessField(System.class, "out")
            .orShould()
            .accessField(System.class, "err")
            .orShould()
            .callMethod(Thread.class, "sleep", long.class));
  }

  @Test
  void locks_are_never_monitors() throws IOException {
    assertNowhere("^(?!\\s*(\\*|//)).*\\bsynchronized\\b");
  }

  /** Law 13: an {@link Error} of the user's is a failure like all others. */
  @Test
  void user_code_that_throws_is_caught_whatever_it_throws() throws IOException {
    assertNowhere("catch \\((Runtime)?Exception\\b");
  }

  private static void assertNowhere(String line) throws IOException {
    var pattern = Pattern.compile(line, Pattern.MULTILINE);
    try (var files = Files.walk(Path.of("src", "main", "java"))) {
      assertThat(files.filter(file -> file.toString().endsWith(".java")))
          .isNotEmpty()
          .allSatisfy(file -> assertThat(file).content().doesNotContainPattern(pattern));
    }
  }

  private static void check(ArchRule rule) {
    rule.allowEmptyShould(true).check(MAIN);
  }
}
