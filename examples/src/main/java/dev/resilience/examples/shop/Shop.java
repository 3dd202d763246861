package dev.resilience.examples.shop;

import static java.time.Duration.ofMillis;
import static java.time.Duration.ofSeconds;

import com.github.benmanes.caffeine.cache.Caffeine;
import dev.resilience.Resilience;
import dev.resilience.cache.ContextCache;
import dev.resilience.concurrent.Progress;
import dev.resilience.concurrent.TaskSpec;
import dev.resilience.concurrent.WorkerPool;
import dev.resilience.context.CancelReason;
import dev.resilience.context.CancellableContext;
import dev.resilience.context.Context;
import dev.resilience.context.RequestInfo;
import dev.resilience.diagnostics.ContextMonitor;
import dev.resilience.error.RejectedException;
import dev.resilience.page.CachePanel;
import dev.resilience.page.LivePage;
import dev.resilience.page.Panels;
import dev.resilience.page.TaskHistory;
import dev.resilience.time.TimeSource;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicLong;

/** Takes orders from customers with a second of patience, and shows itself on a page. */
final class Shop implements AutoCloseable {

  private static final Duration PATIENCE = ofSeconds(1);
  private static final int PRODUCTS = 60;

  private final CancellableContext life;
  private final LivePage page;
  private final Dependencies dependencies;
  private final Controls controls;
  private final Resilience orders;
  private final ContextCache<String, String> prices;
  private final WorkerPool invoices;
  private final Tally tally = new Tally();
  private final AtomicLong numbers = new AtomicLong();
  private final ExecutorService customers =
      Executors.newCachedThreadPool(
          work -> {
            Thread thread = new Thread(work, "customer-" + numbers.get());
            thread.setDaemon(true);
            return thread;
          });

  @SuppressWarnings("MustBeClosed") // closed by close()
  Shop(int port, String token) throws IOException {
    ContextMonitor monitor = ContextMonitor.builder("shop").places().build();
    life = Context.observed(TimeSource.system(), monitor).withName("shop").withCancel();
    page = LivePage.builder("shop").port(port).token(token).open(life);
    controls = new Controls(page);
    orders = page.watch(Resilience.of().named("orders"));
    dependencies = new Dependencies(life, page);
    prices =
        ContextCache.<String, String>builder("prices")
            .caffeine(Caffeine.newBuilder().maximumSize(50).recordStats())
            .expireAfterWrite(ofSeconds(20))
            .loadTimeout(ofMillis(500))
            .open(life);
    TaskHistory ended = new TaskHistory();
    invoices =
        WorkerPool.builder("invoices")
            .workers(3)
            .queue(20)
            .taskTimeout(ofMillis(2_500))
            .listener(ended)
            .open(life);
    page.requests(monitor);
    page.show(CachePanel.of(prices));
    page.show(Panels.pool(invoices, ended));
  }

  LivePage page() {
    return page;
  }

  Tally tally() {
    return tally;
  }

  /** Customers come until the end of a context. */
  void open(Context until, int rate) throws InterruptedException {
    long gap = ofSeconds(1).toNanos() / rate;
    while (!until.isDone()) {
      for (int i = 0; i < controls.load(); i++) {
        customers.execute(this::order);
      }
      if (until.awaitDone(Duration.ofNanos(gap))) {
        return;
      }
    }
  }

  private void order() {
    boolean isProtected = controls.isProtected();
    String id = "order-" + numbers.incrementAndGet();
    Context request = RequestInfo.builder().requestId(id).build().in(life.withName("order"));
    try (CancellableContext order = request.withTimeout(PATIENCE);
        CancellableContext patience = request.withName("patience").withTimeout(patience())) {
      patience.onDone(() -> leave(order, patience));
      try {
        boolean isDegraded = orders.call(order, c -> place(c, id, isProtected));
        tally.answered(isProtected, isDegraded);
      } catch (Throwable failure) {
        if (order.isCancelled()) {
          tally.left(isProtected);
        } else {
          tally.failed(isProtected);
        }
      }
    }
  }

  private Duration patience() {
    ThreadLocalRandom random = ThreadLocalRandom.current();
    return controls.callersLeave() && random.nextBoolean()
        ? ofMillis(random.nextLong(20, 160))
        : PATIENCE.multipliedBy(2);
  }

  private static void leave(CancellableContext order, Context patience) {
    if (patience.isTimedOut()) {
      order.cancel(CancelReason.USER);
    }
  }

  private boolean place(Context ctx, String id, boolean isProtected) {
    String user = dependencies.login(ctx.withName("login"), id, isProtected);
    String price = price(ctx.withName("price"));
    String stock = dependencies.reserve(ctx.withName("reserve"), id, isProtected);
    String paid = dependencies.pay(ctx.withName("pay"), id, isProtected);
    String mailed = dependencies.send(ctx.withName("mail"), id);
    invoice(ctx, id);
    return (user + price + stock + paid + mailed).contains(Dependencies.DEGRADED);
  }

  private String price(Context ctx) {
    String product = "product " + ThreadLocalRandom.current().nextInt(PRODUCTS);
    return prices.getOrFetch(
        ctx,
        product,
        (c, key) -> {
          c.sleep(ofMillis(12));
          return key;
        });
  }

  /** Some want one; it outlives the order. */
  private void invoice(Context ctx, String id) {
    if (ThreadLocalRandom.current().nextInt(30) > 0) {
      return;
    }
    long step = ThreadLocalRandom.current().nextLong(60, 300);
    TaskSpec<String> task =
        TaskSpec.of(
            "invoice of " + id,
            c -> {
              for (int i = 1; i <= 10; i++) {
                c.sleep(ofMillis(step));
                Progress.report(c, i, 10);
              }
              return id;
            });
    try {
      invoices.submit(ctx.detached(), task);
    } catch (RejectedException full) {
      // It is written with the next one.
    }
  }

  @Override
  public void close() {
    life.cancel(CancelReason.SHUTDOWN);
    customers.shutdownNow();
    dependencies.close();
    page.close();
    life.close();
  }
}
