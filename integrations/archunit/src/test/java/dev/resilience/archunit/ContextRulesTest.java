package dev.resilience.archunit;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideOutsideOfPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.simpleName;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.lang.EvaluationResult;
import dev.resilience.context.CancellableContext;
import dev.resilience.context.Context;
import dev.resilience.context.Key;
import java.util.List;
import java.util.function.BiFunction;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Each rule finds what breaks it, and lets pass what does not. */
class ContextRulesTest {

  private static List<String> violations(ArchRule rule, Class<?>... samples) {
    JavaClasses classes = new ClassFileImporter().importClasses(samples);
    EvaluationResult result = rule.evaluate(classes);
    return result.getFailureReport().getDetails();
  }

  // ---- first

  static class NotFirst {
    public void send(String message, Context ctx) {}
  }

  static class First {
    public First(String name, Context ctx) {}

    public void send(Context ctx, String message) {}

    public void merge(Context one, Context other) {}

    public void none(String message) {}

    void ofOurs(String message, Context ctx) {}

    public Supplier<String> lambda(Context ctx, String message) {
      BiFunction<String, Context, String> inner = (text, c) -> text + message + c + ctx;
      return () -> inner.apply(message, ctx);
    }
  }

  @Test
  void a_context_that_does_not_come_first_is_found() {
    assertThat(violations(ContextRules.contextsComeFirst(), NotFirst.class))
        .singleElement()
        .asString()
        .contains("NotFirst.send(java.lang.String, dev.resilience.context.Context)");
    assertThat(violations(ContextRules.contextsComeFirst(), First.class)).isEmpty();
  }

  // ---- kept

  static class Keeper {
    Context ctx;
    static Context root;
  }

  record Carrier(Context ctx) {}

  static class Owner implements AutoCloseable {
    private final CancellableContext life;

    Owner(Context owner) {
      this.life = owner.withCancel();
    }

    @Override
    public void close() {
      life.close();
    }
  }

  @Test
  void a_context_in_a_field_is_found_unless_its_class_is_exempt() {
    assertThat(violations(ContextRules.contextsAreNotKept(), Keeper.class, Carrier.class))
        .hasSize(3)
        .anySatisfy(violation -> assertThat(violation).contains("Keeper.ctx"))
        .anySatisfy(violation -> assertThat(violation).contains("Keeper.root"))
        .anySatisfy(violation -> assertThat(violation).contains("Carrier.ctx"));
    assertThat(violations(ContextRules.contextsAreNotKept(), Owner.class, First.class)).isEmpty();
    DescribedPredicate<JavaClass> carriers =
        DescribedPredicate.describe("carriers", type -> type.isEquivalentTo(Carrier.class));
    assertThat(violations(ContextRules.contextsAreNotKept(carriers), Carrier.class)).isEmpty();
  }

  // ---- passed on

  static class Beginner {
    void call(Context ctx) {
      load(Context.background());
    }

    void lambda(Context ctx) {
      Supplier<Context> root = Context::background;
      load(root.get());
    }

    void load(Context ctx) {}
  }

  static class PassesOn {
    public static void main(String... args) {
      new PassesOn().call(Context.background());
    }

    void call(Context ctx) {
      try (CancellableContext after = ctx.detached().withCancel()) {
        load(after);
      }
    }

    void load(Context ctx) {}
  }

  @Test
  void who_has_a_context_and_begins_at_a_root_is_found() {
    assertThat(violations(ContextRules.parentsArePassedOn(), Beginner.class)).hasSize(2);
    assertThat(violations(ContextRules.parentsArePassedOn(), PassesOn.class)).isEmpty();
  }

  // ---- keys

  static class KeyEachTime {
    String tenant(Context ctx) {
      return ctx.getOrDefault(Key.of("tenant", String.class), "nobody");
    }

    String token(Context ctx) {
      return ctx.getOrDefault(Key.credential("token", String.class), "");
    }
  }

  static class KeyInField {
    final Key<String> tenant = Key.of("tenant", String.class);
  }

  static class KeyInConstant {
    static final Key<String> TENANT = Key.of("tenant", String.class);

    String tenant(Context ctx) {
      return ctx.getOrDefault(TENANT, "nobody");
    }
  }

  interface Keys {
    Key<String> USER = Key.of("user", String.class).shown();
  }

  @Test
  void a_key_that_is_no_constant_is_found() {
    assertThat(violations(ContextRules.keysAreConstants(), KeyEachTime.class)).hasSize(2);
    assertThat(violations(ContextRules.keysAreConstants(), KeyInField.class)).hasSize(1);
    assertThat(violations(ContextRules.keysAreConstants(), KeyInConstant.class, Keys.class))
        .isEmpty();
  }

  // ---- todo

  static class Unfinished {
    void call(First next) {
      next.send(Context.todo(), "later");
    }

    Supplier<Context> reference() {
      return Context::todo;
    }
  }

  @Test
  void todo_is_found() {
    assertThat(violations(ContextRules.nothingIsLeftToDo(), Unfinished.class)).hasSize(2);
    assertThat(violations(ContextRules.nothingIsLeftToDo(), PassesOn.class)).isEmpty();
  }

  // ---- all of them

  static List<ArchRule> all() {
    return ContextRules.all();
  }

  @ParameterizedTest
  @MethodSource("all")
  void nothing_to_check_passes(ArchRule rule) {
    rule.check(new ClassFileImporter().importClasses());
    assertThat(rule.getDescription()).contains(", because ");
  }

  /**
   * Held by our own code, too, but for two: what belongs to a call holds that call's context, and a
   * class initializer makes keys by helpers.
   */
  @Test
  void the_core_keeps_to_them() {
    JavaClasses core =
        new ClassFileImporter()
            .importPackages("dev.resilience")
            .that(resideOutsideOfPackage("dev.resilience.archunit.."));
    assertThat(core).isNotEmpty();
    ContextRules.contextsComeFirst()
        .check(
            core.that(
                DescribedPredicate.describe(
                    "public, but CallReport and Handed, whose subject comes first",
                    type ->
                        type.getModifiers().contains(JavaModifier.PUBLIC)
                            && !List.of("CallReport", "Handed").contains(type.getSimpleName()))));
    ContextRules.parentsArePassedOn().check(core);
    ContextRules.nothingIsLeftToDo().check(core);
    ContextRules.keysAreConstants()
        .check(core.that(DescribedPredicate.not(simpleName("RequestInfo"))));
  }
}
