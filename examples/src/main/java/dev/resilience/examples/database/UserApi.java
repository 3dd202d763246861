package dev.resilience.examples.database;

import static java.nio.charset.StandardCharsets.US_ASCII;

import com.zaxxer.hikari.HikariDataSource;
import dev.resilience.context.Context;
import dev.resilience.examples.database.RunningDatabase.RunningStatements;
import dev.resilience.examples.program.CtrlC;
import dev.resilience.examples.program.Samples;
import dev.resilience.examples.program.Table;
import dev.resilience.jdbc.Database;
import java.io.IOException;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Locale;

/**
 * Repository, service and handler over PostgreSQL: {@code /user?id=} and {@code /users} with their
 * statuses; a request that takes too long; and clients that hang up, whose queries are gone from
 * the server's own list a moment later. Starts a PostgreSQL, or takes H2 where there is none.
 *
 * <pre>{@code
 * mvn -q -Pdemo -Dmain=database.UserApi
 * mvn -q -Pdemo -Dmain=database.UserApi -Dargs=50    # so many clients hang up
 * }</pre>
 */
public final class UserApi {

  private static final int USERS = 200;
  private static final int CLIENTS = 20;
  private static final Duration LIMIT = Duration.ofSeconds(5);

  /** What the statement behind {@code /similarities} has in it, and no other. */
  private static final String MARK = "users a, users b";

  private UserApi() {}

  /** Runs the example. */
  public static void main(String... args) throws Exception {
    int clients = args.length == 0 ? CLIENTS : Integer.parseInt(args[0]);
    try (CtrlC interrupt = CtrlC.installed(Duration.ofSeconds(2))) {
      run(interrupt.context(), clients, LIMIT, System.out);
    }
  }

  /** From the moment at which a client hangs up until its query is gone, for each client. */
  static Samples run(Context root, int clients, Duration limit, PrintStream out)
      throws IOException, SQLException, InterruptedException {
    try (RunningDatabase running = RunningDatabase.start(out);
        HikariDataSource pool = running.pool(4);
        RunningStatements list = running.runningStatements(MARK)) {
      Database db = Database.builder("users", pool).build();
      UserRepository users = new UserRepository(db);
      users.create(root, USERS);
      UserHandlers handlers = new UserHandlers(new UserService(users));
      try (UserServer server = new UserServer(root, handlers, limit)) {
        out.println("Requests");
        Table table = new Table("", "status", "body");
        for (String path : new String[] {"/user?id=7", "/user?id=999", "/user", "/users"}) {
          show(server, path, table);
        }
        show(server, "/similarities", table); // too slow: 504
        table.print(out);
        Samples cold = hangUp(root, server, list, 1); // loads what cancels
        Samples gone = hangUp(root, server, list, clients);
        out.printf(
            Locale.ROOT,
            "%n%d clients hang up. Gone from the server's own list of statements after%n"
                + "  p50 %.1f ms, p99 %.1f ms, at most %.1f ms; before them the first of all: %.1f ms%n",
            clients,
            millis(gone.percentile(0.5)),
            millis(gone.percentile(0.99)),
            millis(gone.percentile(1)),
            millis(cold.percentile(1)));
        out.println(db.snapshot());
        return gone;
      }
    }
  }

  private static void show(UserServer server, String path, Table table)
      throws IOException, InterruptedException {
    HttpResponse<String> response =
        HttpClient.newHttpClient()
            .send(HttpRequest.newBuilder(server.uri(path)).build(), BodyHandlers.ofString());
    String body = response.body();
    table.row(
        "GET " + path,
        String.valueOf(response.statusCode()),
        body.length() <= 60 ? body : body.substring(0, 57) + "...");
  }

  private static Samples hangUp(
      Context root, UserServer server, RunningStatements list, int clients)
      throws IOException, SQLException, InterruptedException {
    Samples gone = new Samples();
    for (int i = 0; i < clients; i++) {
      long left;
      try (Socket client = new Socket(InetAddress.getLoopbackAddress(), server.port())) {
        client
            .getOutputStream()
            .write("GET /similarities HTTP/1.1\r\nHost: users\r\n\r\n".getBytes(US_ASCII));
        await(root, list, 1);
        left = System.nanoTime();
      }
      await(root, list, 0);
      gone.add(Duration.ofNanos(System.nanoTime() - left));
    }
    return gone;
  }

  private static void await(Context root, RunningStatements list, int wanted)
      throws SQLException, InterruptedException {
    while (list.count() != wanted) {
      root.sleep(Duration.ofMillis(1));
    }
  }

  private static double millis(Duration time) {
    return time.toNanos() / 1e6;
  }
}
