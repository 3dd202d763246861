package dev.resilience.examples.pipeline;

import com.zaxxer.hikari.HikariDataSource;
import dev.resilience.context.CancelReason;
import dev.resilience.context.CancellableContext;
import dev.resilience.context.Context;
import dev.resilience.context.ContextException;
import dev.resilience.error.ResilienceException;
import dev.resilience.examples.database.RunningDatabase;
import dev.resilience.http.client.ResilientHttpClient;
import java.io.IOException;
import java.io.PrintStream;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.sql.SQLException;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalLong;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicInteger;

/** The five servers and the database, and runs of orders through them. */
final class Pipeline implements AutoCloseable {

  static final List<String> SERVICES = List.of("auth", "inventory", "payment", "mail");
  static final String GATEWAY = "gateway";
  static final String ORDERS = "orders";
  static final List<String> DEPENDENCIES = List.of("auth", "inventory", "payment", ORDERS, "mail");
  static final List<String> HOPS = List.of(GATEWAY, "auth", "inventory", "payment", "mail");

  private static final List<String> ITEMS = List.of("tea", "coffee", "cocoa", "mate", "water");
  private static final Duration LIMIT = Duration.ofSeconds(5);
  private static final Duration STEP = Duration.ofMillis(20);
  private static final Duration LAST_LOOK = Duration.ofSeconds(1);
  private static final int CONNECTIONS = 8;

  private final FaultScript script;
  private final Ledger ledger;
  private final CancellableContext servers;
  private final Clients callersClients = new Clients("callers", this::uri);
  private final Clients gatewaysClients = new Clients(GATEWAY, this::uri);
  private final ResilientHttpClient callersHttp = callersClients.plain(GATEWAY);
  private final HikariDataSource pool;
  private final Orders orders;
  private final Map<String, Server> running = new LinkedHashMap<>();

  /**
   * Starts the servers. They run until {@link #close}, and not until {@code ctx} ends: when that
   * happens the callers go first, and the servers are to notice.
   *
   * @param gatewayPort 0: any free one
   * @param database for the orders; stays its owner's
   */
  @SuppressWarnings("MustBeClosed") // closed by close()
  Pipeline(Context ctx, FaultScript script, int gatewayPort, RunningDatabase database)
      throws IOException {
    this.script = script;
    this.ledger = new Ledger(ctx.timeSource(), DEPENDENCIES, HOPS);
    this.servers = ctx.detached().withCancel();
    this.pool = database.pool(CONNECTIONS);
    this.orders = new Orders(pool, ledger.dependency(ORDERS));
    try {
      orders.create(servers);
      start("auth", 0, new Auth());
      start("inventory", 0, new Inventory());
      start("payment", 0, new Payment());
      start("mail", 0, new Mail());
      start(GATEWAY, gatewayPort, new Gateway(gatewaysClients, orders, ledger));
    } catch (IOException failed) {
      close();
      throw failed;
    } catch (SQLException failed) {
      close();
      throw new IOException("no table for the orders: " + failed.getMessage(), failed);
    }
  }

  private void start(String name, int port, Server.Handler handler) throws IOException {
    var requests = new AtomicInteger();
    Server.Misbehaviour misbehaviour =
        () -> script.faultOf(name, ledger.elapsed(), requests.getAndIncrement());
    running.put(name, new Server(servers, ledger.hop(name), LIMIT, port, misbehaviour, handler));
  }

  Server service(String name) {
    return Objects.requireNonNull(running.get(name), name);
  }

  private URI uri(String name) {
    return service(name).uri();
  }

  Ledger ledger() {
    return ledger;
  }

  Orders orders() {
    return orders;
  }

  /** A whole run, told to the user. */
  static void run(Context ctx, Options options, PrintStream out) throws IOException {
    try (var database =
        options.postgres() ? RunningDatabase.postgres() : RunningDatabase.inMemory()) {
      run(ctx, options, database, out);
    }
  }

  private static void run(Context ctx, Options options, RunningDatabase database, PrintStream out)
      throws IOException {
    rehearse(ctx, database);
    FaultScript script = FaultScript.of(options.seed(), options.length(), SERVICES);
    try (var pipeline = new Pipeline(ctx, script, options.port(), database)) {
      Report report = new Report(out, pipeline.ledger);
      report.introduce(options, script, pipeline.uri(GATEWAY));
      try (var progress = Progress.shown(ctx, pipeline.ledger, script, out)) {
        pipeline.placeOrders(
            ctx, (int) options.length().toSeconds() * options.rate(), options.rate());
      }
      report.pipeline(ctx, database.product(), pipeline.recorded());
    }
  }

  /** How many orders are in the database. A PostgreSQL of our own hears Ctrl-C, too, and ends. */
  private OptionalLong recorded() {
    try (CancellableContext look = servers.withTimeout(LAST_LOOK)) {
      return OptionalLong.of(orders.count(look));
    } catch (SQLException | ContextException | ResilienceException gone) {
      return OptionalLong.empty();
    }
  }

  private static void rehearse(Context ctx, RunningDatabase database) throws IOException {
    try (var rehearsal = new Pipeline(ctx, FaultScript.none(), 0, database)) {
      rehearsal.placeOrders(ctx, 100, 100);
    }
  }

  /** Places so many orders, and returns when all have their outcome and no server is busy. */
  void placeOrders(Context ctx, int count, int rate) {
    scriptRefusals();
    var callers = new Callers(ledger, script, this::order);
    try {
      callers.placeOrders(ctx, count, rate);
      // Nobody wants anything any more: whoever works now works for nobody.
      for (int i = 0; i < 50 && ledger.hops().stream().anyMatch(hop -> hop.underWay() > 0); i++) {
        boolean unused = servers.awaitDone(STEP);
      }
    } catch (InterruptedException stop) {
      Thread.currentThread().interrupt();
    }
  }

  private CompletionStage<HttpResponse<String>> order(Context caller, int n) {
    String item = ITEMS.get(n % ITEMS.size());
    HttpRequest request = Client.request(uri(GATEWAY), "POST", item);
    return callersHttp.sendAsync(caller, request, BodyHandlers.ofString());
  }

  private void scriptRefusals() {
    for (FaultScript.Phase phase : script.phases()) {
      if (phase.fault() == Fault.REFUSED) {
        Server server = service(phase.who());
        servers.delay(phase.from().minus(ledger.elapsed())).thenRun(server::shut);
        servers.delay(phase.to().minus(ledger.elapsed())).thenRun(server::listen);
      }
    }
  }

  @Override
  public void close() {
    servers.cancel(CancelReason.SHUTDOWN);
    running.values().forEach(Server::close);
    pool.close();
    callersClients.close();
    gatewaysClients.close();
  }
}
