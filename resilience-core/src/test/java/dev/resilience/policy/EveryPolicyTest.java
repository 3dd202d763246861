package dev.resilience.policy;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import java.lang.reflect.Constructor;
import java.lang.reflect.Modifier;
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
      Object contract = instance(Class.forName(test.getName()));
      held.add(((ContextPolicyContract) contract).policy().getClass().getName());
    }

    assertThat(classes("classes", ContextPolicy.class).map(JavaClass::getName))
        .hasSizeGreaterThan(10)
        .isSubsetOf(held);
  }

  /** Also of a nested class, which has an instance of the class around it. */
  private static Object instance(Class<?> test) throws ReflectiveOperationException {
    Class<?> around = test.getEnclosingClass();
    if (around == null || Modifier.isStatic(test.getModifiers())) {
      Constructor<?> constructor = test.getDeclaredConstructor();
      constructor.setAccessible(true);
      return constructor.newInstance();
    }
    Constructor<?> constructor = test.getDeclaredConstructor(around);
    constructor.setAccessible(true);
    return constructor.newInstance(instance(around));
  }
}
