package dev.resilience.examples;

import static com.tngtech.archunit.base.DescribedPredicate.describe;
import static java.util.stream.Collectors.toSet;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption.DoNotIncludeTests;
import dev.resilience.archunit.ContextRules;
import dev.resilience.context.Context;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** What users can check on their own classes, on the examples that they may copy from. */
class ContextRulesTest {

  private static final String PACKAGE = "dev.resilience.examples.";

  /** Programs, and servers of one: they live as long as the root that they were given. */
  private static final Set<String> PROGRAMS =
      Set.of(
          "adaptive.SlowingService",
          "chain.Chain",
          "chain.Service",
          "concurrent.GoExamples",
          "concurrent.TaskEndpoint",
          "concurrent.TaskProcessor",
          "discovery.Drama",
          "discovery.OrdersMain",
          "gateway.CircuitDrama");

  /** They live no longer than a call. */
  private static final Set<String> PARTS_OF_A_CALL =
      Set.of("concurrent.DataPipeline$Numbers", "pipeline.HopStats$Work");

  private static final JavaClasses EXAMPLES =
      new ClassFileImporter()
          .withImportOption(new DoNotIncludeTests())
          .importPackages(PACKAGE + "..");

  @Test
  void contexts_come_first() {
    ContextRules.contextsComeFirst().check(EXAMPLES);
  }

  @Test
  void contexts_are_not_kept_beyond_their_call() {
    ContextRules.contextsAreNotKept(
            describe("of a program or a call", example -> isExempt(nameOf(example))))
        .check(EXAMPLES);
  }

  @Test
  void who_is_exempt_keeps_one() {
    Set<String> keepers =
        EXAMPLES.stream()
            .filter(ContextRulesTest::keepsOne)
            .map(ContextRulesTest::nameOf)
            .collect(toSet());

    assertThat(keepers).containsAll(PROGRAMS).containsAll(PARTS_OF_A_CALL);
  }

  @Test
  void parents_are_passed_on() {
    ContextRules.parentsArePassedOn().check(EXAMPLES);
  }

  @Test
  void keys_are_constants() {
    ContextRules.keysAreConstants().check(EXAMPLES);
  }

  @Test
  void nothing_is_left_to_do() {
    ContextRules.nothingIsLeftToDo().check(EXAMPLES);
  }

  private static boolean isExempt(String name) {
    return PROGRAMS.contains(name) || PARTS_OF_A_CALL.contains(name);
  }

  private static boolean keepsOne(JavaClass example) {
    return example.getFields().stream()
        .anyMatch(field -> field.getRawType().isEquivalentTo(Context.class));
  }

  private static String nameOf(JavaClass example) {
    return example.getName().substring(PACKAGE.length());
  }
}
