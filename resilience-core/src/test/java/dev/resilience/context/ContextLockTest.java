package dev.resilience.context;

import static org.assertj.core.api.Assertions.assertThat;

import dev.resilience.time.VirtualTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/**
 * Law 10: user code is never called while a lock is held. While a callback or an observer runs,
 * another thread does everything that takes a lock, on the same contexts, and is waited for.
 */
class ContextLockTest {

  private final VirtualTime.Manual time = VirtualTime.manual();
  private final List<String> told = new ArrayList<>();

  @Test
  void no_lock_is_held_while_the_callbacks_of_a_cancel_run() {
    var parent = Context.background(time).withCancel();
    var context = crowded(parent);

    context.cancel();

    assertThat(told).containsExactly("free", "free", "free");
  }

  @Test
  void no_lock_is_held_while_the_callbacks_of_a_deadline_run() {
    var parent = Context.background(time).withTimeout(Duration.ofSeconds(1));
    crowded(parent);

    time.advance(Duration.ofSeconds(1));

    assertThat(told).containsExactly("free", "free", "free");
  }

  @Test
  void no_lock_is_held_while_an_observer_is_told() {
    var root =
        Context.observed(
            time,
            new ContextObserver() {
              @Override
              public void onDerived(Context context, Context parent, long nanos) {
                told.add(elsewhere(() -> parent.onDone(() -> {}).withdraw()));
              }
            });

    root.withCancel().withTimeout(Duration.ofSeconds(1)).close();

    assertThat(told).containsExactly("free", "free");
  }

  /** A child with two callbacks and a grandchild with one. */
  private CancellableContext crowded(CancellableContext parent) {
    var context = parent.withCancel();
    var grandchild = context.withCancel();
    context.onDone(() -> told.add(useAll(parent, context, grandchild)));
    context.onDone(() -> told.add(useAll(parent, context, grandchild)));
    grandchild.onDone(() -> told.add(useAll(parent, context, grandchild)));
    return context;
  }

  private static String useAll(Context... contexts) {
    return elsewhere(() -> useAllHere(contexts));
  }

  private static String elsewhere(Runnable use) {
    try {
      CompletableFuture.runAsync(use).get(10, TimeUnit.SECONDS);
      return "free";
    } catch (Exception blocked) {
      return "blocked: " + blocked;
    }
  }

  private static void useAllHere(Context... contexts) {
    for (Context context : contexts) {
      context.onDone(() -> {}).withdraw();
      try (var child = context.withTimeout(Duration.ofHours(1));
          var merged = Context.firstOf(child, context)) {
        child.onDone(() -> {});
        merged.onDone(() -> {});
        child.cancel();
      }
    }
  }
}
