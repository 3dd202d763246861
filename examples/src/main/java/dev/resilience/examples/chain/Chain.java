package dev.resilience.examples.chain;

import static java.time.Duration.ofMillis;

import dev.resilience.context.CancellableContext;
import dev.resilience.context.Context;
import dev.resilience.context.ContextException;
import dev.resilience.time.Deadline;
import dev.resilience.time.TimeSource;
import dev.resilience.time.VirtualTime;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ExecutionException;

/**
 * Orders asks prices, and prices asks stock. 125 callers a second wait for 300 ms. The work takes
 * 40 ms at each service, more or less; in the middle third of the run prices is three times slower.
 */
final class Chain {

  private static final Duration PATIENCE = ofMillis(300);
  private static final Duration BETWEEN = ofMillis(8);
  private static final double MEDIAN_MILLIS = 40;
  private static final double SPREAD = 0.3;

  private final VirtualTime.Automatic time;
  private final Duration length;
  private final Deadlines deadlines;
  private final Books books = new Books();
  private final Context callers;
  private final Service orders;

  private Chain(
      VirtualTime.Automatic time, Duration length, Deadlines deadlines, Duration wrongBy) {
    this.time = time;
    this.length = length;
    this.deadlines = deadlines;
    this.callers = Context.background(time);
    Context right = Context.background(time);
    TimeSource clock = wrongBy.isZero() ? time : new WrongClock(time, wrongBy);
    Service stock = service("stock", right, 12, this::usual, null);
    Service prices = service("prices", Context.background(clock), 16, this::slower, stock);
    this.orders = service("orders", right, 40, this::usual, prices);
  }

  private Service service(
      String name,
      Context root,
      int workers,
      Service.Work work,
      @org.jspecify.annotations.Nullable Service next) {
    return new Service(name, time, root, workers, work, deadlines, next, books);
  }

  /**
   * Plays it in virtual time.
   *
   * @param length how long callers come
   * @param deadlines what requests say of them
   * @param wrongBy how much the clock of the second service is ahead
   */
  static Books.Figures play(long seed, Duration length, Deadlines deadlines, Duration wrongBy)
      throws Exception {
    VirtualTime.Automatic time = VirtualTime.automatic(seed);
    Chain chain = new Chain(time, length, deadlines, wrongBy);
    time.run(
        () -> {
          chain.callersCome();
          return null;
        });
    return chain.books.figures();
  }

  private void callersCome() throws InterruptedException {
    for (int i = 0; time.elapsed().compareTo(length) < 0; i++) {
      time.start("caller-" + i, this::call);
      callers.sleep(BETWEEN);
    }
  }

  private void call() throws InterruptedException {
    books.callers.incrementAndGet();
    try (CancellableContext ctx = callers.withTimeout(PATIENCE)) {
      Map<String, String> headers = new HashMap<>();
      orders.write(ctx, headers);
      Caller caller = new Caller(Deadline.after(PATIENCE, time));
      ctx.await(orders.receive(headers, caller));
      books.answered.incrementAndGet();
    } catch (ContextException | ExecutionException notInTime) {
      // Counted by its absence.
    }
  }

  /** A long tail, as services have it. */
  private Duration usual() {
    double millis = MEDIAN_MILLIS * Math.exp(SPREAD * time.random().nextGaussian());
    return Duration.ofNanos((long) (millis * 1e6));
  }

  private Duration slower() {
    Duration third = length.dividedBy(3);
    Duration now = time.elapsed();
    boolean isSlow = now.compareTo(third) >= 0 && now.compareTo(third.multipliedBy(2)) < 0;
    return isSlow ? usual().multipliedBy(3) : usual();
  }
}
