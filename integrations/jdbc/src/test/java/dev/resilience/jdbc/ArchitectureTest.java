package dev.resilience.jdbc;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** What the classes of this module know of each other and of others. */
class ArchitectureTest {

  private static final JavaClasses MAIN =
      new ClassFileImporter().importPath(Path.of("target", "classes"));

  /** What watches a connection knows neither where it comes from nor who uses it. */
  @Test
  void the_watch_stands_alone() {
    noClasses()
        .that()
        .haveSimpleName("ConnectionWatch")
        .should()
        .dependOnClassesThat()
        .haveNameMatching(".*\\.jdbc\\.(Database|Session|Loan|ConnectionSource|Bound.*)")
        .check(MAIN);
  }

  /** HikariCP may not be there, and drivers are the user's. */
  @Test
  void one_class_knows_the_pool_and_none_a_driver() {
    noClasses()
        .that()
        .doNotHaveSimpleName("HikariPool")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("com.zaxxer..")
        .check(MAIN);
    noClasses()
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("org.postgresql..", "org.h2..")
        .check(MAIN);
  }
}
