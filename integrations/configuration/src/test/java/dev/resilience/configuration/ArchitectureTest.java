package dev.resilience.configuration;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** What the classes of this module know of each other and of others. */
class ArchitectureTest {

  private static final JavaClasses MAIN =
      new ClassFileImporter().importPath(Path.of("target", "classes"));

  @Test
  void only_one_class_knows_the_parser() {
    noClasses()
        .that()
        .haveNameNotMatching(".*YamlReader(\\$.*)?")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("org.snakeyaml..")
        .check(MAIN);
  }

  /** What is validated knows nothing of what is in use. */
  @Test
  void reading_does_not_know_what_is_alive() {
    noClasses()
        .that()
        .haveSimpleNameNotStartingWith("Live")
        .and()
        .doNotHaveSimpleName("Builder")
        .should()
        .dependOnClassesThat()
        .haveSimpleNameStartingWith("Live")
        .check(MAIN);
  }
}
