package dev.resilience.discovery.health;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.time.Duration.ofMillis;
import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.resilience.context.CancellableContext;
import dev.resilience.context.Context;
import dev.resilience.discovery.TinyServer;
import dev.resilience.discovery.registry.ServiceInstance;
import dev.resilience.time.VirtualTime;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.nio.channels.UnresolvedAddressException;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

class HealthCheckTest {

  private static final ServiceInstance A = ServiceInstance.of("orders", "a", 1);

  /** What is wrong, or null. */
  private static @Nullable Throwable wrong(HealthCheck check, Context ctx, ServiceInstance instance)
      throws Exception {
    try {
      check.check(ctx, instance).toCompletableFuture().get(10, TimeUnit.SECONDS);
      return null;
    } catch (ExecutionException failed) {
      return failed.getCause();
    }
  }

  private static ServiceInstance local(int port) {
    return ServiceInstance.of("orders", InetAddress.getLoopbackAddress().getHostAddress(), port);
  }

  @Nested
  class Http {

    private final CancellableContext ctx = Context.background().withCancel();
    private TinyServer server;

    @BeforeEach
    void serve() throws IOException {
      server = new TinyServer(Map.of("/healthy", 200, "/unhealthy", 503, "/moved", 302));
    }

    @AfterEach
    void stop() {
      ctx.close();
      server.close();
    }

    @Test
    void finds_who_answers_with_a_200_well() throws Exception {
      assertThat(wrong(HealthCheck.http("/healthy"), ctx, server.instance())).isNull();
    }

    @Test
    void finds_who_answers_otherwise_unhealthy() throws Exception {
      assertThat(wrong(HealthCheck.http("/unhealthy"), ctx, server.instance()))
          .hasMessage("it answers with status 503");
      assertThat(wrong(HealthCheck.http("/moved"), ctx, server.instance()))
          .hasMessage("it answers with status 302");
    }

    @Test
    void finds_who_does_not_answer_unhealthy() throws Exception {
      ServiceInstance instance = server.instance();
      server.close();
      assertThat(wrong(HealthCheck.http("/healthy"), ctx, instance))
          .isInstanceOf(IOException.class);
    }

    @Test
    void stops_with_its_context() throws Exception {
      CompletableFuture<?> check =
          HealthCheck.http("/hangs").check(ctx, server.instance()).toCompletableFuture();
      ctx.cancel();
      assertThat(check).failsWithin(ofSeconds(10));
    }

    @Test
    void asks_what_the_user_wants() throws Exception {
      HealthCheck check =
          HealthCheck.http(
              HttpClient.newHttpClient(),
              instance ->
                  HttpRequest.newBuilder(URI.create("http://" + instance.id() + "/healthy"))
                      .build());
      assertThat(wrong(check, ctx, server.instance())).isNull();
    }

    /** A URI has no place for it, but Docker and Swarm make such names. */
    @Test
    void looks_a_host_with_an_underscore_up_as_any_other() throws Exception {
      ServiceInstance nowhere = ServiceInstance.of("orders", "my_service.invalid", 1);
      assertThat(wrong(HealthCheck.http("/healthy"), ctx, nowhere))
          .isInstanceOf(UnresolvedAddressException.class);
    }

    @Test
    void finds_who_speaks_no_http_unhealthy() throws Exception {
      try (ServerSocket other = new ServerSocket(0, 10, InetAddress.getLoopbackAddress())) {
        Thread speaker =
            new Thread(
                () -> {
                  try (Socket socket = other.accept()) {
                    socket.getOutputStream().write("220 mail ready\r\n".getBytes(US_ASCII));
                  } catch (IOException closed) {
                    // The test is over.
                  }
                });
        speaker.setDaemon(true);
        speaker.start();
        assertThat(wrong(HealthCheck.http("/"), ctx, local(other.getLocalPort())))
            .hasMessage("it does not answer with HTTP");
      }
    }

    @Test
    void refuses_what_is_no_path() {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> HealthCheck.http("health"))
          .withMessage("path: health (expected: with a slash in front)");
      assertThatIllegalArgumentException().isThrownBy(() -> HealthCheck.http("/a b"));
    }
  }

  @Nested
  class Tcp {

    @Test
    void finds_who_accepts_a_connection_well() throws Exception {
      try (ServerSocket server = new ServerSocket(0, 10, InetAddress.getLoopbackAddress())) {
        assertThat(wrong(HealthCheck.tcp(), Context.background(), local(server.getLocalPort())))
            .isNull();
      }
    }

    @Test
    void finds_who_refuses_a_connection_unhealthy() throws Exception {
      int port;
      try (ServerSocket server = new ServerSocket(0, 10, InetAddress.getLoopbackAddress())) {
        port = server.getLocalPort();
      }
      assertThat(wrong(HealthCheck.tcp(), Context.background(), local(port)))
          .isInstanceOf(IOException.class);
    }

    @Test
    void finds_a_name_that_nobody_knows_unhealthy() throws Exception {
      ServiceInstance nowhere = ServiceInstance.of("orders", "nowhere.invalid", 1);
      assertThat(wrong(HealthCheck.tcp(), Context.background(), nowhere)).isNotNull();
    }
  }

  @Nested
  class Blocking {

    private final VirtualTime.Automatic time = VirtualTime.automatic(1);

    @Test
    void goes_by_the_function() throws Exception {
      HealthCheck check =
          HealthCheck.blocking(
              (c, instance) -> {
                c.sleep(ofMillis(10));
                if (instance.port() == 3) {
                  throw new IOException("no disk");
                }
                return instance.port() == 1;
              });
      time.run(
          () -> {
            Context ctx = Context.background(time);
            ctx.await(check.check(ctx, A));
            assertThat(failure(ctx, check, ServiceInstance.of("orders", "a", 2)))
                .hasMessage("it says it is not healthy");
            assertThat(failure(ctx, check, ServiceInstance.of("orders", "a", 3)))
                .hasMessage("no disk");
            return null;
          });
    }

    private @Nullable Throwable failure(Context ctx, HealthCheck check, ServiceInstance instance)
        throws Exception {
      try {
        ctx.await(check.check(ctx, instance));
        return null;
      } catch (ExecutionException failed) {
        return failed.getCause();
      }
    }
  }
}
