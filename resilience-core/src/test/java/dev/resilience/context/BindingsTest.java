package dev.resilience.context;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class BindingsTest {

  private static final Key<String> USER =
      Key.of("user", String.class).checked("not empty", user -> !user.isEmpty());
  private static final Key<Integer> SIZE = Key.of("size", Integer.class);

  private final Context parent = Context.background().withValue(SIZE, 1);

  @Test
  void are_seen_by_the_child_alone() {
    Context child = Bindings.on(parent, 2).set(USER, "u").set(SIZE, 2).bind();
    assertThat(child.get(USER)).isEqualTo("u");
    assertThat(child.get(SIZE)).isEqualTo(2);
    assertThat(parent.get(SIZE)).isEqualTo(1);
    assertThat(parent.has(USER)).isFalse();
  }

  @Test
  void none_are_the_parent_itself() {
    assertThat(Bindings.on(parent, 4).bind()).isSameAs(parent);
  }

  @Test
  void end_with_the_parent() {
    try (CancellableContext ending = parent.withCancel()) {
      Context child = Bindings.on(ending, 1).set(USER, "u").bind();
      ending.cancel();
      assertThat(child.isDone()).isTrue();
    }
  }

  @Test
  void may_be_more_than_expected() {
    List<Key<Integer>> keys = new ArrayList<>();
    Bindings bindings = Bindings.on(parent, 0);
    for (int i = 0; i < 100; i++) {
      keys.add(Key.of("k" + i, Integer.class));
      bindings.set(keys.get(i), i);
    }
    Context child = bindings.bind();
    for (int i = 0; i < 100; i++) {
      assertThat(child.get(keys.get(i))).isEqualTo(i);
    }
    assertThat(child.get(SIZE)).isEqualTo(1);
  }

  @Test
  void keep_what_the_parent_brings_to_threads() {
    List<String> said = new ArrayList<>();
    Context bound =
        parent.withBinding(
            ctx -> {
              said.add(ctx.getOrDefault(USER, "nobody"));
              return () -> said.add("over");
            });
    ThreadBinding.bind(Bindings.on(bound, 1).set(USER, "u").bind()).close();
    assertThat(said).containsExactly("u", "over");
  }

  @Test
  void are_checked() {
    Bindings bindings = Bindings.on(parent, 1);
    assertThat(bindings.setIfValid(USER, "")).isFalse();
    assertThatIllegalArgumentException().isThrownBy(() -> bindings.set(USER, ""));
    assertThat(bindings.bind().has(USER)).isFalse();
  }

  @Test
  void are_bound_once() {
    Bindings bindings = Bindings.on(parent, 1).set(USER, "u");
    bindings.bind();
    assertThatIllegalStateException().isThrownBy(bindings::bind);
    assertThatIllegalStateException().isThrownBy(() -> bindings.set(USER, "v"));
  }
}
