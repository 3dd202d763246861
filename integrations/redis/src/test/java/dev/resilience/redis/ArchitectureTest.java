package dev.resilience.redis;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** What the classes of this module know of each other and of others. */
class ArchitectureTest {

  private static final JavaClasses MAIN =
      new ClassFileImporter().importPath(Path.of("target", "classes"));

  /** The top-level classes: the cache knows the tier, the tier the line, and never the reverse. */
  @Test
  void classes_do_not_wait_for_each_other() {
    noClasses()
        .that()
        .doNotHaveSimpleName("RedisCache")
        .and()
        .haveNameNotMatching(".*RedisCache\\$.*")
        .and()
        .doNotHaveSimpleName("Reports") // whose log has its name
        .should()
        .dependOnClassesThat()
        .haveSimpleName("RedisCache")
        .check(MAIN);
    noClasses()
        .that()
        .haveSimpleName("RedisConnector")
        .should()
        .dependOnClassesThat()
        .haveSimpleName("RedisTier")
        .check(MAIN);
  }
}
