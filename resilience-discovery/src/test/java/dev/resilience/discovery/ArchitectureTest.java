package dev.resilience.discovery;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The arrows between the packages of this module. */
class ArchitectureTest {

  private static final String ROOT = "dev.resilience.discovery";

  /** Each package may know those before it. */
  private static final List<String> LAYERS =
      List.of(ROOT, ROOT + ".registry", ROOT + ".health", ROOT + ".balance", ROOT + ".client");

  private static final JavaClasses MAIN =
      new ClassFileImporter().importPath(Path.of("target", "classes"));

  static Stream<String> layers() {
    return LAYERS.stream();
  }

  @ParameterizedTest
  @MethodSource("layers")
  void a_package_knows_only_those_below(String layer) {
    String[] above = LAYERS.stream().skip(LAYERS.indexOf(layer) + 1L).toArray(String[]::new);
    noClasses()
        .that()
        .resideInAPackage(layer)
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(above.length == 0 ? new String[] {"none"} : above)
        .check(MAIN);
  }

  @Test
  void there_is_no_other_package() {
    assertThat(MAIN.stream().map(JavaClass::getPackageName).filter(name -> !name.isEmpty()))
        .hasSameElementsAs(LAYERS);
  }
}
