package dev.resilience.consumer;

import com.sun.net.httpserver.HttpServer;
import dev.resilience.Preset;
import dev.resilience.Resilience;
import dev.resilience.archunit.ContextRules;
import dev.resilience.configuration.Configuration;
import dev.resilience.configuration.LiveConfiguration;
import dev.resilience.context.Context;
import dev.resilience.context.RequestInfo;
import dev.resilience.context.ThreadBinding;
import dev.resilience.grpc.GrpcContexts;
import dev.resilience.grpc.GrpcStatuses;
import dev.resilience.http.client.HttpConnectionException;
import dev.resilience.http.client.ResilientHttpClient;
import dev.resilience.http.server.JdkServer;
import dev.resilience.http.server.ServerStack;
import dev.resilience.jdbc.Database;
import dev.resilience.jfr.JfrEvents;
import dev.resilience.junit.ContextLeakError;
import dev.resilience.micrometer.CallMetrics;
import dev.resilience.okhttp.OkHttpCalls;
import dev.resilience.opentelemetry.OpenTelemetryContexts;
import dev.resilience.page.LivePage;
import dev.resilience.servlet.ContextFilter;
import dev.resilience.simulation.Scenarios;
import dev.resilience.slf4j.LogFields;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.Writer;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.SQLFeatureNotSupportedException;
import java.sql.SQLTransientConnectionException;
import java.util.logging.Logger;
import javax.sql.DataSource;
import okhttp3.OkHttpClient;
import okhttp3.Request;
import org.slf4j.LoggerFactory;

/** Each of the integrations once. */
final class Integrations {

  private final Context app;
  private final Context ctx;

  /**
   * For an application and one of its requests.
   *
   * @param app owns what lives
   * @param ctx of the calls
   */
  Integrations(Context app, Context ctx) {
    this.app = app;
    this.ctx = ctx;
  }

  String httpClient(String nowhere) throws IOException {
    HttpRequest request = HttpRequest.newBuilder(URI.create("http://" + nowhere)).build();
    try {
      return "status " + once().send(ctx, request, BodyHandlers.discarding()).statusCode();
    } catch (HttpConnectionException broken) {
      return broken.kind().toString();
    }
  }

  private static ResilientHttpClient once() {
    return ResilientHttpClient.builder("quotes").preset(Preset::withoutRetry).build();
  }

  String httpServer() throws IOException {
    HttpServer server =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    try (ServerStack stack = ServerStack.standard("orders").open(app)) {
      server.createContext(
          "/", JdkServer.replying(stack, (c, exchange) -> exchange.reply(200, "")));
      server.start();
      URI uri = URI.create("http://127.0.0.1:" + server.getAddress().getPort() + "/");
      HttpRequest request = HttpRequest.newBuilder(uri).build();
      return "answered " + once().send(ctx, request, BodyHandlers.discarding()).statusCode();
    } finally {
      server.stop(0);
    }
  }

  String servlet() {
    try (ServerStack stack = ServerStack.standard("orders").open(app)) {
      return ContextFilter.of(stack).getClass().getSimpleName();
    }
  }

  String okhttp(String nowhere) throws IOException {
    OkHttpClient client = new OkHttpClient();
    OkHttpCalls quotes = OkHttpCalls.builder("quotes", client).preset(Preset::withoutRetry).build();
    Request request = new Request.Builder().url("http://" + nowhere).build();
    try (okhttp3.Response response = quotes.execute(ctx, request)) {
      return "status " + response.code();
    } catch (ConnectException refused) {
      return "REFUSED";
    }
  }

  String grpc() {
    io.grpc.Context.CancellableContext theirs = GrpcContexts.toGrpc(ctx, io.grpc.Context.current());
    try {
      boolean isSame = theirs.wrap(GrpcContexts::current) != null;
      return GrpcStatuses.of(new IOException("down")).getCode() + ", " + isSame;
    } finally {
      theirs.cancel(null);
    }
  }

  String jdbc() throws SQLException {
    Database db = Database.of(new NoDatabase());
    try {
      return db.query(ctx, "select 1", row -> row.getString(1)).toString();
    } catch (SQLTransientConnectionException none) {
      return String.valueOf(none.getMessage());
    }
  }

  String configuration() {
    Configuration read = Configuration.ofYaml("stacks: {quotes: {retry: {max_attempts: 2}}}");
    return LiveConfiguration.of(read).stack("quotes").call(ctx, c -> "called");
  }

  String slf4j() {
    Context request =
        LogFields.ofDefaults().in(RequestInfo.builder().requestId("r-1").build().in(ctx));
    try (var bound = ThreadBinding.bind(request)) {
      LoggerFactory.getLogger(Integrations.class).info("nobody listens");
      return "bound";
    }
  }

  String micrometer() {
    SimpleMeterRegistry registry = new SimpleMeterRegistry();
    Resilience.of().named("quotes").withListener(CallMetrics.of(registry)).call(ctx, c -> "called");
    return registry.getMeters().size() > 0 ? "measured" : "nothing measured";
  }

  String opentelemetry() {
    return OpenTelemetryContexts.from(OpenTelemetryContexts.of(ctx)).isPresent() ? "both ways" : "";
  }

  String jfr() {
    return Resilience.of(JfrEvents.attempts("quotes")).call(ctx, c -> "called");
  }

  String page() throws IOException {
    try (LivePage page = LivePage.builder("shop").open(app)) {
      return page.uri().getScheme();
    }
  }

  String simulation() {
    return Scenarios.of("A").id();
  }

  String junit() {
    return ContextLeakError.class.getSuperclass().getSimpleName();
  }

  String archunit() {
    return ContextRules.all().isEmpty() ? "no rules" : "rules";
  }

  /** One that gives no connection. */
  private static final class NoDatabase implements DataSource {

    @Override
    public Connection getConnection() throws SQLException {
      throw new SQLTransientConnectionException("no database");
    }

    @Override
    public Connection getConnection(String user, String password) throws SQLException {
      return getConnection();
    }

    @Override
    public PrintWriter getLogWriter() {
      return new PrintWriter(Writer.nullWriter());
    }

    @Override
    public void setLogWriter(PrintWriter out) {}

    @Override
    public void setLoginTimeout(int seconds) {}

    @Override
    public int getLoginTimeout() {
      return 0;
    }

    @Override
    public Logger getParentLogger() throws SQLFeatureNotSupportedException {
      throw new SQLFeatureNotSupportedException();
    }

    @Override
    public <T> T unwrap(Class<T> type) throws SQLException {
      throw new SQLException("wraps nothing");
    }

    @Override
    public boolean isWrapperFor(Class<?> type) {
      return false;
    }
  }
}
