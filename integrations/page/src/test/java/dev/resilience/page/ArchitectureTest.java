package dev.resilience.page;

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
  void the_page_needs_neither_the_cache_nor_discovery() {
    noClasses()
        .that()
        .haveSimpleNameNotEndingWith("CachePanel")
        .and()
        .haveSimpleNameNotEndingWith("ServicePanel")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("dev.resilience.cache..", "dev.resilience.discovery..", "com.github..")
        .check(MAIN);
  }
}
