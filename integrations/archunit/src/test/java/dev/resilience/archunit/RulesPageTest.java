package dev.resilience.archunit;

import static java.time.Duration.ofHours;
import static java.time.Duration.ofMillis;
import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.errorprone.annotations.MustBeClosed;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.lang.ArchRule;
import dev.resilience.context.CancelReason;
import dev.resilience.context.CancellableContext;
import dev.resilience.context.Context;
import dev.resilience.context.ContextException;
import dev.resilience.context.Key;
import dev.resilience.time.VirtualTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

/** The blocks of docs/rules.md: each does what the page says of it, and its check says so. */
class RulesPageTest {

  private final VirtualTime.Manual time = VirtualTime.manual();
  private final CancellableContext ctx = Context.background(time).withCancel();
  private final List<String> log = new ArrayList<>();

  private static boolean isFound(ArchRule rule, Class<?> sample) {
    return rule.evaluate(new ClassFileImporter().importClasses(sample)).hasViolation();
  }

  static class Wrong {
    public String quote(String order, Context context) {
      return order + ": 42";
    }

    final Repository repository = new Repository();

    public String handle(Context ctx, String order) {
      return repository.load(Context.background(), order);
    }

    public String tenant(Context ctx) {
      String tenant = ctx.getOrDefault(Key.of("tenant", String.class), "nobody");
      return tenant;
    }
  }

  static class Right {
    static final Key<String> TENANT = Key.of("tenant", String.class);

    final Repository repository = new Repository();

    public String quote(Context ctx, String order) {
      return order + ": 42";
    }

    public String handle(Context ctx, String order) {
      return repository.load(ctx, order);
    }

    public String tenant(Context ctx) {
      return ctx.getOrDefault(TENANT, "nobody");
    }
  }

  static class Repository {
    public String load(Context ctx, String order) {
      ctx.throwIfDone();
      return order;
    }
  }

  static class Kept {
    static final class Quotes {
      private final Context ctx;

      Quotes(Context ctx) {
        this.ctx = ctx;
      }

      Context ctx() {
        return ctx;
      }
    }
  }

  static class Owned {
    static final class Quotes implements AutoCloseable {
      private final CancellableContext life;

      @MustBeClosed
      Quotes(Context owner) {
        this.life = owner.withCancel();
      }

      @Override
      public void close() {
        life.close();
      }
    }
  }

  static class Unfinished {
    public String load(Repository repository) {
      return repository.load(Context.todo(), "tea");
    }
  }

  @Nested
  class Rules {

    @Test
    void first() {
      assertThat(new Wrong().quote("tea", ctx)).isEqualTo(new Right().quote(ctx, "tea"));
      assertThat(isFound(ContextRules.contextsComeFirst(), Wrong.class)).isTrue();
      assertThat(isFound(ContextRules.contextsComeFirst(), Right.class)).isFalse();
    }

    @Test
    void never_in_a_field() {
      assertThat(isFound(ContextRules.contextsAreNotKept(), Kept.Quotes.class)).isTrue();
      assertThat(isFound(ContextRules.contextsAreNotKept(), Owned.Quotes.class)).isFalse();
      try (Owned.Quotes quotes = new Owned.Quotes(ctx)) {
        assertThat(quotes.life.isDone()).isFalse();
      }
      assertThat(new Kept.Quotes(ctx).ctx()).isSameAs(ctx);
    }

    @Test
    void whoever_derives_closes() {
      Context item = ctx.withTimeout(ofHours(1));
      item.onDone(() -> log.add("an hour later"));
      assertThat(time.pendingTimers()).as("stands for an hour").isOne();
      time.advance(ofHours(1));
      closed();
      assertThat(log).containsExactly("an hour later", "at the brace");
      assertThat(time.pendingTimers()).isZero();
    }

    private void closed() {
      try (var item = ctx.withTimeout(ofHours(1))) {
        item.onDone(() -> log.add("at the brace"));
      }
    }

    @Test
    void never_null() {
      Context none = null;
      assertThatThrownBy(() -> Context.firstOf(none)).isInstanceOf(NullPointerException.class);
      assertThat(new Unfinished().load(new Repository())).isEqualTo("tea");
      assertThat(Context.todo()).asString().containsIgnoringCase("todo");
      assertThat(isFound(ContextRules.nothingIsLeftToDo(), Unfinished.class)).isTrue();
    }

    @Test
    void keys_are_constants() {
      Context request = ctx.withValue(Right.TENANT, "acme");
      assertThat(new Wrong().tenant(request)).isEqualTo("nobody");
      assertThat(new Right().tenant(request)).isEqualTo("acme");
      assertThat(isFound(ContextRules.keysAreConstants(), Wrong.class)).isTrue();
      assertThat(isFound(ContextRules.keysAreConstants(), Right.class)).isFalse();
    }

    @Test
    void values_are_no_parameters() {
      Key<Integer> LIMIT = Key.of("limit", Integer.class);
      Context query = ctx.withValue(LIMIT, 10);
      assertThat(query.require(LIMIT)).isEqualTo(10);
    }

    @Test
    void look_before_expensive_steps() {
      List<String> lines = List.of(" a ", " b ");
      for (String line : lines) {
        ctx.throwIfDone();
        log.add(line.strip());
      }
      assertThat(log).containsExactly("a", "b");
      ctx.cancel(CancelReason.USER);
      assertThatThrownBy(ctx::throwIfDone).isInstanceOf(ContextException.class);
    }

    @Test
    void pass_it_on() {
      ctx.cancel(CancelReason.USER);
      assertThat(new Wrong().handle(ctx, "tea")).as("in vain").isEqualTo("tea");
      assertThatThrownBy(() -> new Right().handle(ctx, "tea")).isInstanceOf(ContextException.class);
      assertThat(isFound(ContextRules.parentsArePassedOn(), Wrong.class)).isTrue();
      assertThat(isFound(ContextRules.parentsArePassedOn(), Right.class)).isFalse();
    }
  }

  @Nested
  class Pitfalls {

    private final List<String> items = List.of("tea", "milk");

    @Test
    void closed_only_at_the_end_of_the_method() {
      List<CancellableContext> open = new ArrayList<>();
      for (String item : items) {
        open.add(ctx.withName(item).withTimeout(ofSeconds(5)));
      }
      open.forEach(CancellableContext::close);
      assertThat(open).as("all stood until then").hasSize(2);

      for (String item : items) {
        try (var each = ctx.withTimeout(ofSeconds(5))) {
          log.add(item + " has " + each.timeLeft().toSeconds() + " s");
        }
      }
      assertThat(log).containsExactly("tea has 5 s", "milk has 5 s");
    }

    @Test
    void the_end_is_ignored() throws Exception {
      var worker =
          time.start(
              "worker",
              () -> {
                while (!ctx.isDone()) {
                  log.add("a step");
                  ctx.sleep(ofMillis(200));
                }
              });
      time.awaitParked(1);
      ctx.cancel(CancelReason.USER);
      worker.join();
      assertThat(log).containsExactly("a step");
    }

    @Test
    void started_from_the_root() {
      ctx.cancel(CancelReason.USER);
      try (var after = ctx.detached().withTimeout(ofSeconds(2))) {
        audit(after, "paid");
      }
      assertThat(log).containsExactly("paid");
    }

    private void audit(Context ctx, String what) {
      ctx.throwIfDone();
      log.add(what);
    }

    @Test
    void a_longer_limit_than_the_parents() {
      try (var request = ctx.withTimeout(ofSeconds(30))) {
        assertThat(wrong(request)).isEqualTo(ofSeconds(30));
        assertThat(right(request)).isEqualTo(ofSeconds(60));
      }
    }

    private Duration wrong(Context request) {
      try (var query = request.withTimeout(ofSeconds(60))) {
        return query.timeLeft();
      }
    }

    private Duration right(Context request) {
      try (var rollback = request.withMoreTime(ofSeconds(60))) {
        return rollback.timeLeft();
      }
    }
  }

  @Test
  void all_rules_are_checked_by_one_loop() {
    JavaClasses ours = new ClassFileImporter().importPackages("com.example.orders");
    for (ArchRule rule : ContextRules.all()) {
      rule.check(ours);
    }
    assertThat(ContextRules.all()).hasSize(5);
  }
}
