package dev.resilience.benchmarks;

import dev.resilience.context.CancellableContext;
import dev.resilience.context.Context;
import dev.resilience.context.Key;
import dev.resilience.diagnostics.LeakDetector;
import dev.resilience.time.TimeSource;
import java.io.PrintStream;
import java.time.Duration;
import java.util.Arrays;
import java.util.Locale;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Shows that contexts leave nothing behind: one million are made under one living parent, and the
 * heap after a collection is what it was before. Fails if it grew by more than a byte for each.
 * Shows what one request takes while it lives, too.
 */
public final class Heap {

  private static final int CHILDREN = 1_000_000;
  private static final int REQUESTS = 100_000;
  private static final Duration LIMIT = Duration.ofHours(1);
  private static final Duration SHORTER = Duration.ofMinutes(1);
  private static final Key<String> TENANT = Key.of("tenant", String.class);
  private static final Key<String> USER = Key.of("user", String.class);
  private static final Key<String> ATTEMPT = Key.of("attempt", String.class);

  private final PrintStream out;
  private final CancellableContext parent = Context.background().withCancel();
  private final Context watched =
      Context.observed(
          TimeSource.system(), LeakDetector.builder("heap").sampleOneIn(10_000).open(parent));
  private boolean grew;

  /** So that the compiler makes them all. */
  @SuppressWarnings("UnusedVariable") // written to be kept
  private @Nullable Context last;

  private Heap(PrintStream out) {
    this.out = out;
  }

  /** Takes no arguments. */
  @SuppressWarnings("SystemOut") // a program whose purpose is to print
  public static void main(String[] args) {
    System.exit(new Heap(System.out).show() ? 0 : 1);
  }

  private boolean show() {
    out.printf(
        Locale.ROOT,
        "%s %s, %,d children of one living parent%n%n",
        System.getProperty("java.vm.name"),
        System.getProperty("java.vm.version"),
        CHILDREN);
    out.println("| children | heap before | after | bytes left for each | time |");
    out.println("|---|---|---|---|---|");
    measure("cancellable, closed", p -> closed(p.withCancel()));
    measure("with a timeout, closed", p -> closed(p.withTimeout(LIMIT)));
    measure("with a timeout and a callback, closed", Heap::closedWithCallback);
    measure("cancellable, forgotten", Context::withCancel);
    measure("with a timeout, forgotten", p -> p.withTimeout(LIMIT));
    measure("with a callback registered and withdrawn, forgotten", p -> withdrawn(p.withCancel()));
    measure(
        "with a timeout and a callback withdrawn, forgotten", p -> withdrawn(p.withTimeout(LIMIT)));
    measure(
        "grandchild with a callback withdrawn, forgotten",
        p -> withdrawn(p.withTimeout(LIMIT).withCancel()));
    measure("cancellable, forgotten, below a leak detector", p -> watched.withCancel());
    measure(
        "a request of 4 levels and 3 values, forgotten: 1,000 a second for an hour",
        3_600_000,
        p -> request(true));
    out.println();
    out.printf(
        Locale.ROOT,
        "A request of 4 levels and 3 values: %,d bytes while it lives; without the values %,d.%n",
        bytesOfRequest(true),
        bytesOfRequest(false));
    if (parent.isDone()) {
      throw new IllegalStateException("the parent ended");
    }
    return !grew;
  }

  /** Two time limits and two cancels, with three values between them if so. */
  private Context request(boolean withValues) {
    Context request = parent.withTimeout(LIMIT);
    if (withValues) {
      request = request.withValue(TENANT, "acme").withValue(USER, "u-4");
    }
    Context call = request.withCancel();
    if (withValues) {
      call = call.withValue(ATTEMPT, "1");
    }
    return call.withTimeout(SHORTER).withCancel();
  }

  /** What a request takes while it lives: the mean of many. */
  private long bytesOfRequest(boolean withValues) {
    Context[] kept = new Context[REQUESTS];
    Arrays.setAll(kept, i -> parent);
    long before = used();
    Arrays.setAll(kept, i -> request(withValues));
    long bytes = (used() - before) / REQUESTS;
    last = kept[REQUESTS - 1];
    return bytes;
  }

  private static Context closed(CancellableContext child) {
    child.close();
    return child;
  }

  private static Context closedWithCallback(Context parent) {
    CancellableContext child = parent.withTimeout(LIMIT);
    child.onDone(() -> {});
    return closed(child);
  }

  private static Context withdrawn(Context child) {
    if (!child.onDone(() -> {}).withdraw()) {
      throw new IllegalStateException("the callback ran");
    }
    return child;
  }

  private void measure(String what, UnaryOperator<Context> child) {
    measure(what, CHILDREN, child);
  }

  private void measure(String what, int children, UnaryOperator<Context> child) {
    last = child.apply(parent);
    last = parent;
    long before = used();
    long start = System.nanoTime();
    for (int i = 0; i < children; i++) {
      last = child.apply(parent);
    }
    last = parent;
    long millis = (System.nanoTime() - start) / 1_000_000;
    long after = used();
    double each = (after - before) / (double) children;
    grew |= each > 1;
    out.printf(
        Locale.ROOT,
        "| %s | %,d | %,d | %.3f | %d ms |%n",
        what,
        before,
        after,
        Math.max(0, each),
        millis);
  }

  private static long used() {
    Runtime runtime = Runtime.getRuntime();
    long least = Long.MAX_VALUE;
    for (int i = 0; i < 3; i++) {
      runtime.gc();
      least = Math.min(least, runtime.totalMemory() - runtime.freeMemory());
    }
    return least;
  }
}
