package dev.resilience.archunit;

import static com.tngtech.archunit.base.DescribedPredicate.alwaysFalse;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.codeUnits;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.fields;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaAccess;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaCodeUnit;
import com.tngtech.archunit.core.domain.JavaField;
import com.tngtech.archunit.core.domain.JavaMember;
import com.tngtech.archunit.core.domain.JavaMethod;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.lang.ConditionEvents;
import com.tngtech.archunit.lang.SimpleConditionEvent;
import dev.resilience.context.CancellableContext;
import dev.resilience.context.Context;
import dev.resilience.context.Key;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;

/**
 * The rules on contexts that can be checked on compiled classes.
 *
 * <pre>{@code
 * @AnalyzeClasses(packages = "com.example.orders", importOptions = DoNotIncludeTests.class)
 * class ContextRulesTest {
 *   @ArchTest static final ArchRule FIRST = ContextRules.contextsComeFirst();
 *   @ArchTest static final ArchRule NO_TODO = ContextRules.nothingIsLeftToDo();
 *   @ArchTest static final ArchRule FIELDS = ContextRules.contextsAreNotKept();
 * }
 * }</pre>
 *
 * <p>Each is an {@link ArchRule} as any other: it can be frozen, narrowed or given a reason. A rule
 * that finds nothing to check passes.
 */
public final class ContextRules {

  private static final Set<String> KEY_FACTORIES = Set.of("of", "credential");
  private static final Set<String> ROOTS = Set.of("background", "todo", "observed");

  private ContextRules() {}

  /** All rules of this class, to be checked one by one. */
  public static List<ArchRule> all() {
    return List.of(
        contextsComeFirst(),
        contextsAreNotKept(),
        parentsArePassedOn(),
        keysAreConstants(),
        nothingIsLeftToDo());
  }

  /** A context that is passed to a public or protected method is the first argument. */
  public static ArchRule contextsComeFirst() {
    return codeUnits()
        .that(are("public or protected methods", ContextRules::isForOthers))
        .should(
            have(
                "a context, if any, as their first parameter",
                method ->
                    method.getRawParameterTypes().stream().noneMatch(ContextRules::isContext)
                        || isContext(method.getRawParameterTypes().get(0))))
        .because("that is where everybody looks for it")
        .allowEmptyShould(true);
  }

  /** As {@link #contextsAreNotKept(DescribedPredicate)}, of all classes. */
  public static ArchRule contextsAreNotKept() {
    return contextsAreNotKept(alwaysFalse());
  }

  /**
   * No field holds a {@link Context}. A {@link CancellableContext} may be kept by the one who owns
   * it and closes it.
   *
   * @param exempt classes that live no longer than a call
   */
  public static ArchRule contextsAreNotKept(DescribedPredicate<? super JavaClass> exempt) {
    return fields()
        .that(are("written by hand", field -> !isMade(field.getModifiers())))
        .should(
            have(
                "no context that belongs to a call",
                (JavaField field) ->
                    exempt.test(field.getOwner())
                        || !field.getRawType().isEquivalentTo(Context.class)))
        .because("what outlives a call must not work under its deadline")
        .allowEmptyShould(true);
  }

  /**
   * A method that is given a context does not begin at a root: the deadline, the cancel and the
   * values would be lost. Work that is to outlive the caller begins at {@link Context#detached}.
   */
  public static ArchRule parentsArePassedOn() {
    return codeUnits()
        .that(
            are(
                "given a context",
                unit -> unit.getRawParameterTypes().stream().anyMatch(ContextRules::isContext)))
        .should(
            notAccess("start from a root", access -> isOf(access, Context.class, ROOTS::contains)))
        .because("a deadline, a cancel and the values of the caller would be lost")
        .allowEmptyShould(true);
  }

  /**
   * A {@link Key} is made once, where a class is initialized, and kept in a constant. Two keys of
   * one name are two keys: one that is made at each use finds nothing.
   */
  public static ArchRule keysAreConstants() {
    return codeUnits()
        .that(
            are(
                "no initializers of classes",
                unit ->
                    !unit.getName().equals("<clinit>")
                        && !unit.getOwner().isEquivalentTo(Key.class)))
        .should(notAccess("make keys", access -> isOf(access, Key.class, KEY_FACTORIES::contains)))
        .because("keys are compared by identity")
        .allowEmptyShould(true);
  }

  /** {@link Context#todo} stands in no released code. */
  public static ArchRule nothingIsLeftToDo() {
    return codeUnits()
        .should(notAccess("use todo()", access -> isOf(access, Context.class, "todo"::equals)))
        .because("it marks a place that has no context to pass on yet")
        .allowEmptyShould(true);
  }

  private static boolean isContext(JavaClass type) {
    return type.isAssignableTo(Context.class);
  }

  private static boolean isForOthers(JavaCodeUnit unit) {
    Set<JavaModifier> modifiers = unit.getModifiers();
    return unit instanceof JavaMethod
        && !isMade(modifiers)
        && (modifiers.contains(JavaModifier.PUBLIC) || modifiers.contains(JavaModifier.PROTECTED));
  }

  private static boolean isMade(Set<JavaModifier> modifiers) {
    return modifiers.contains(JavaModifier.SYNTHETIC) || modifiers.contains(JavaModifier.BRIDGE);
  }

  private static boolean isOf(JavaAccess<?> access, Class<?> owner, Predicate<String> name) {
    return access.getTargetOwner().isEquivalentTo(owner) && name.test(access.getTarget().getName());
  }

  private static <T> DescribedPredicate<T> are(String what, Predicate<? super T> test) {
    return DescribedPredicate.describe(what, test);
  }

  private static <T extends JavaMember> ArchCondition<T> have(
      String what, Predicate<? super T> test) {
    return new ArchCondition<>("have " + what) {
      @Override
      public void check(T member, ConditionEvents events) {
        if (!test.test(member)) {
          events.add(
              SimpleConditionEvent.violated(
                  member,
                  member.getDescription()
                      + " is to have "
                      + what
                      + " in "
                      + member.getSourceCodeLocation()));
        }
      }
    };
  }

  private static ArchCondition<JavaCodeUnit> notAccess(
      String what, Predicate<JavaAccess<?>> isWrong) {
    return new ArchCondition<>("not " + what) {
      @Override
      public void check(JavaCodeUnit unit, ConditionEvents events) {
        unit.getAccessesFromSelf().stream()
            .filter(isWrong)
            .forEach(
                access -> events.add(SimpleConditionEvent.violated(unit, access.getDescription())));
      }
    };
  }
}
