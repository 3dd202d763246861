package dev.resilience.policy;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import java.lang.reflect.Constructor;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Nobody writes a policy and forgets to hold it to the contract. */
class EveryPolicyTest {

  private static Stream<JavaClass> classes(String folder, Class<?> kind) {
    return new ClassFileImporter()
        .importPath(Path.of("target", folder)).stream()
            .filter(c -> c.isAssignableTo(kind.getName()) && !c.isInterface())
            .filter(c -> !c.getModifiers().toString().contains("ABSTRACT"));
  }

  @Test
  void is_held_to_the_contract() throws Exception {
    Set<String> held = new TreeSet<>();
    // What stands inside of all others, also of none.
    held.add(WorkInvoker.class.getName());
    for (JavaClass test : classes("test-classes", ContextPolicyContract.class).toList()) {
      Constructor<?> constructor = Class.forName(test.getName()).getDeclaredConstructor();
      constructor.setAccessible(true);
      held.add(((ContextPolicyContract) constructor.newInstance()).policy().getClass().getName());
    }

    assertThat(classes("classes", ContextPolicy.class).map(JavaClass::getName))
        .hasSizeGreaterThan(10)
        .isSubsetOf(held);
  }
}
