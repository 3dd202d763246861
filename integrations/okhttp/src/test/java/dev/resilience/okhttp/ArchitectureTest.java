package dev.resilience.okhttp;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** What the classes of this module know of each other and of others. */
class ArchitectureTest {

  private static final JavaClasses MAIN =
      new ClassFileImporter().importPath(Path.of("target", "classes"));

  /** Calls know the client's configuration, and never the reverse. */
  @Test
  void classes_do_not_wait_for_each_other() {
    noClasses()
        .that()
        .haveSimpleName("OkHttpExchange")
        .should()
        .dependOnClassesThat()
        .haveSimpleName("OkHttpCalls")
        .check(MAIN);
  }
}
