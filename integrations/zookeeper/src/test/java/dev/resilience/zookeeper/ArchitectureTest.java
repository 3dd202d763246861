package dev.resilience.zookeeper;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** A store knows the registry, and nothing of those who use it. */
class ArchitectureTest {

  private static final JavaClasses MAIN =
      new ClassFileImporter().importPath(Path.of("target", "classes"));

  @Test
  void this_is_one_package() {
    assertThat(MAIN.stream().map(JavaClass::getPackageName))
        .isNotEmpty()
        .containsOnly("dev.resilience.zookeeper");
  }

  @Test
  void a_store_knows_of_discovery_only_the_registry() {
    noClasses()
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(
            "dev.resilience.discovery",
            "dev.resilience.discovery.health..",
            "dev.resilience.discovery.balance..",
            "dev.resilience.discovery.client..")
        .check(MAIN);
  }
}
