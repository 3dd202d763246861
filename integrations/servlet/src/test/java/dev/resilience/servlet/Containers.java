package dev.resilience.servlet;

import dev.resilience.context.Context;
import dev.resilience.http.server.AccessLog;
import dev.resilience.http.server.CancelMessages;
import dev.resilience.http.server.ExchangeEnd;
import dev.resilience.http.server.IdHeader;
import dev.resilience.http.server.Propagated;
import dev.resilience.http.server.RequestMetadata;
import dev.resilience.http.server.ServerFilter;
import dev.resilience.http.server.ServerStack;
import dev.resilience.http.server.TimeLimit;
import dev.resilience.http.server.TransferLimits;
import jakarta.servlet.ServletContainerInitializer;
import jakarta.servlet.ServletContext;
import jakarta.servlet.ServletRegistration;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.nio.file.Files;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import org.apache.catalina.connector.Connector;
import org.apache.catalina.startup.Tomcat;
import org.apache.coyote.http2.Http2Protocol;
import org.eclipse.jetty.ee11.servlet.ServletContextHandler;
import org.eclipse.jetty.ee11.servlet.ServletContextRequest;
import org.eclipse.jetty.http2.server.HTTP2CServerConnectionFactory;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;

/**
 * Real containers on free ports, for HTTP/1.1 and, without encryption, HTTP/2. Each is started when
 * it is first wanted and lives as long as the tests.
 */
final class Containers {

  /** What a test has its servlet do. */
  @FunctionalInterface
  interface Work {
    void run(HttpServletRequest request, HttpServletResponse response) throws Exception;
  }

  /** One that runs. */
  static final class Running {

    final int port;
    final BlockingQueue<ExchangeEnd> ends = new LinkedBlockingQueue<>();
    final BlockingQueue<String> log = new LinkedBlockingQueue<>();
    final ServerStack stack;
    volatile Work work;

    Running(Starter starter) throws Exception {
      this.stack =
          ServerStack.builder("shop")
              .filter(ServerFilter.onEnd(ends::add))
              .filter(AccessLog.to(log::add))
              .filter(CancelMessages.of())
              .filter(
                  TransferLimits.builder().bodySize(1_000).bodyTime(Duration.ofMillis(300)).build())
              .filter(Propagated.ofDefaults())
              .filter(IdHeader.requestId())
              .filter(RequestMetadata.ofDefaults())
              .filter(TimeLimit.by(Running::limitOf))
              .open(Context.background());
      this.port = starter.start(this);
    }

    private static Duration limitOf(dev.resilience.http.server.ServerExchange exchange) {
      return exchange
          .header("X-Limit")
          .map(millis -> Duration.ofMillis(Long.parseLong(millis)))
          .orElse(Duration.ofSeconds(50));
    }

    void addServlet(ServletContext container) {
      ServletRegistration.Dynamic servlet =
          container.addServlet(
              "test",
              new HttpServlet() {
                private static final long serialVersionUID = 1L;

                @Override
                protected void service(HttpServletRequest request, HttpServletResponse response)
                    throws IOException {
                  try {
                    work.run(request, response);
                  } catch (IOException | RuntimeException failure) {
                    throw failure;
                  } catch (Exception failure) {
                    throw new IOException(failure);
                  }
                }
              });
      servlet.addMapping("/*");
      servlet.setAsyncSupported(true);
    }
  }

  private interface Starter {
    int start(Running running) throws Exception;
  }

  private static Running jetty;
  private static Running tomcat;

  private Containers() {}

  static Running jetty() throws Exception {
    if (jetty == null) {
      jetty = new Running(Containers::startJetty);
    }
    return jetty;
  }

  static Running tomcat() throws Exception {
    if (tomcat == null) {
      tomcat = new Running(Containers::startTomcat);
    }
    return tomcat;
  }

  private static int startJetty(Running running) throws Exception {
    Server server = new Server();
    HttpConfiguration config = new HttpConfiguration();
    ServerConnector connector =
        new ServerConnector(
            server, new HttpConnectionFactory(config), new HTTP2CServerConnectionFactory(config));
    connector.setHost("127.0.0.1");
    server.addConnector(connector);
    DisconnectSource resets =
        (request, gone) ->
            ServletContextRequest.getServletContextRequest(request)
                .addFailureListener(failure -> gone.run());
    ServletContextHandler handler = new ServletContextHandler("/");
    handler.addServletContainerInitializer(
        (classes, servletContext) -> {
          ContextFilter.of(running.stack).hearing(resets).register(servletContext);
          running.addServlet(servletContext);
        });
    server.setHandler(handler);
    server.setStopAtShutdown(true);
    server.start();
    return connector.getLocalPort();
  }

  private static int startTomcat(Running running) throws Exception {
    Tomcat server = new Tomcat();
    String base = Files.createTempDirectory("tomcat").toString();
    server.setBaseDir(base);
    Connector connector = new Connector("HTTP/1.1");
    connector.setProperty("address", "127.0.0.1");
    connector.setPort(0);
    connector.addUpgradeProtocol(new Http2Protocol());
    server.setConnector(connector);
    server
        .addContext("", base)
        .addServletContainerInitializer(initializer(running.stack, running), Set.of());
    server.start();
    return connector.getLocalPort();
  }

  private static ServletContainerInitializer initializer(ServerStack stack, Running running) {
    return (classes, servletContext) -> {
      ContextFilter.of(stack).register(servletContext);
      running.addServlet(servletContext);
    };
  }
}
