package dev.resilience.http.server;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** What the classes of this module know of each other and of others. */
class ArchitectureTest {

  private static final JavaClasses MAIN =
      new ClassFileImporter().importPath(Path.of("target", "classes"));

  /** The JDK's server is known where its name stands, so that other containers do without it. */
  @Test
  void the_neutral_part_knows_no_container() {
    noClasses()
        .that()
        .haveNameNotMatching(".*\\.(Jdk|GuardedHttp).*")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("com.sun.net.httpserver")
        .check(MAIN);
  }
}
