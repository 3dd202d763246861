package dev.resilience.cache;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** What the classes of this module know of each other and of others. */
class ArchitectureTest {

  private static final JavaClasses MAIN =
      new ClassFileImporter().importPath(Path.of("target", "classes"));

  /** A flight, the map of flights, and the rules of outcomes are three things. */
  @Test
  void rules_know_neither_the_map_nor_the_waiters() {
    noClasses()
        .that()
        .haveSimpleName("LoadRules")
        .should()
        .dependOnClassesThat()
        .haveSimpleName("InFlightLoads")
        .orShould()
        .dependOnClassesThat()
        .areAssignableTo(Waiter.class)
        .check(MAIN);
    noClasses()
        .that()
        .haveSimpleName("Flight")
        .should()
        .dependOnClassesThat()
        .haveSimpleName("InFlightLoads")
        .check(MAIN);
  }
}
