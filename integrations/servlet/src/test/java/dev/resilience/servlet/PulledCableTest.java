package dev.resilience.servlet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.abort;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.resilience.context.CancelReason;
import dev.resilience.context.Context;
import dev.resilience.context.DeadlineExceededException;
import dev.resilience.http.server.Disconnects;
import dev.resilience.http.server.ServerStack;
import dev.resilience.http.server.TimeLimit;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.net.SocketOption;
import java.net.StandardSocketOptions;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.eclipse.jetty.ee11.servlet.ServletContextHandler;
import org.eclipse.jetty.io.ManagedSelector;
import org.eclipse.jetty.io.SocketChannelEndPoint;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A cable that is pulled says nothing to anybody: TCP has to ask. */
@Timeout(60)
class PulledCableTest {

  private final CountDownLatch working = new CountDownLatch(1);
  private final CountDownLatch ended = new CountDownLatch(1);
  private final AtomicReference<Context> held = new AtomicReference<>();

  @Test
  void is_noticed_by_keep_alive() throws Exception {
    Context ctx = whenPulled(true, Duration.ofSeconds(50));
    assertThat(ctx.cause()).isEqualTo(CancelReason.USER);
  }

  @Test
  void is_otherwise_left_to_the_time_limit() throws Exception {
    Context ctx = whenPulled(false, Duration.ofSeconds(2));
    assertThat(ctx.error()).isInstanceOf(DeadlineExceededException.class);
  }

  private Context whenPulled(boolean keepAlive, Duration limit) throws Exception {
    assumeTrue(Disconnects.ofDefaults().seesConnections(), "connections cannot be seen here");
    Server server = new Server();
    ServerConnector connector = new AskingConnector(server, keepAlive);
    server.addConnector(connector);
    ServletContextHandler handler = new ServletContextHandler("/");
    ServerStack stack =
        ServerStack.builder("cable").filter(TimeLimit.of(limit)).open(Context.background());
    handler.addServletContainerInitializer(
        (classes, container) -> {
          ContextFilter.of(stack).register(container);
          container.addServlet("waits", new Waiting()).addMapping("/*");
        });
    server.setHandler(handler);
    server.start();
    try (Cable cable = Cable.lay()) {
      Process curl = cable.curl("http://" + cable.nearAddress() + ":" + connector.getLocalPort());
      try {
        assertThat(working.await(20, TimeUnit.SECONDS)).as("the request").isTrue();
        long pulled = System.nanoTime();
        cable.pull();
        assertThat(ended.await(30, TimeUnit.SECONDS)).as("the context").isTrue();
        if (Integer.getInteger("resilience.kills", 1) > 1) {
          System.out.printf(
              "cable pulled, keep-alive %s: context after %.1f s, %s%n",
              keepAlive, (System.nanoTime() - pulled) / 1e9, held.get().error().getMessage());
        }
        return held.get();
      } finally {
        curl.destroyForcibly().waitFor();
      }
    } finally {
      server.stop();
    }
  }

  private final class Waiting extends HttpServlet {

    private static final long serialVersionUID = 1L;

    @Override
    protected void doGet(HttpServletRequest request, HttpServletResponse response)
        throws IOException {
      Context ctx = ContextFilter.context(request);
      held.set(ctx);
      ctx.onDone(ended::countDown);
      working.countDown();
      try {
        ctx.awaitDone();
      } catch (InterruptedException over) {
        // It is.
      }
    }
  }

  /** Asks after a second of silence, each second, and gives up after the second question. */
  private static final class AskingConnector extends ServerConnector {

    private final boolean asks;

    AskingConnector(Server server, boolean asks) {
      super(server, new HttpConnectionFactory());
      this.asks = asks;
    }

    @Override
    protected SocketChannelEndPoint newEndPoint(
        SocketChannel channel, ManagedSelector selector, SelectionKey key) throws IOException {
      if (asks) {
        channel.setOption(StandardSocketOptions.SO_KEEPALIVE, true);
        set(channel, "TCP_KEEPIDLE", 1);
        set(channel, "TCP_KEEPINTERVAL", 1);
        set(channel, "TCP_KEEPCOUNT", 2);
      }
      return super.newEndPoint(channel, selector, key);
    }

    /** An option of jdk.net.ExtendedSocketOptions, a module that this one does not read. */
    @SuppressWarnings("unchecked")
    private static void set(SocketChannel channel, String name, int value) throws IOException {
      for (SocketOption<?> option : channel.supportedOptions()) {
        if (option.name().equals(name)) {
          channel.setOption((SocketOption<Integer>) option, value);
          return;
        }
      }
      abort(name + " cannot be set here");
    }
  }

  /** To another network namespace of this machine. */
  private static final class Cable implements AutoCloseable {

    private final String name;
    private final String net;

    private static final AtomicInteger LAID = new AtomicInteger();

    private Cable(long number) {
      name = "c" + number + "x" + LAID.incrementAndGet(); // the last one may not have gone yet
      net = "10.214." + (number + LAID.get()) % 250 + ".";
    }

    static Cable lay() throws Exception {
      Cable cable = new Cable(ProcessHandle.current().pid() % 100_000);
      try {
        run("ip", "netns", "add", cable.name);
      } catch (IOException refused) {
        abort("no network namespaces here, which need root and iproute2: " + refused.getMessage());
      }
      try {
        run(
            "ip",
            "link",
            "add",
            "n" + cable.name,
            "type",
            "veth",
            "peer",
            "name",
            "far",
            "netns",
            cable.name);
        run("ip", "addr", "add", cable.net + "1/30", "dev", "n" + cable.name);
        run("ip", "-n", cable.name, "addr", "add", cable.net + "2/30", "dev", "far");
        run("ip", "link", "set", "n" + cable.name, "up");
        run("ip", "-n", cable.name, "link", "set", "far", "up");
      } catch (IOException refused) {
        cable.close();
        abort("no cables between network namespaces here: " + refused.getMessage());
      }
      return cable;
    }

    String nearAddress() {
      return net + "1";
    }

    Process curl(String url) throws IOException {
      List<String> command = new ArrayList<>(List.of("ip", "netns", "exec", name));
      command.addAll(List.of("curl", "--silent", "--max-time", "60", url));
      return new ProcessBuilder(command)
          .redirectErrorStream(true)
          .redirectOutput(ProcessBuilder.Redirect.DISCARD)
          .start();
    }

    void pull() throws Exception {
      run("ip", "-n", name, "link", "set", "far", "down");
    }

    @Override
    public void close() throws Exception {
      run("ip", "netns", "del", name);
    }

    private static void run(String... command) throws IOException, InterruptedException {
      Process process =
          new ProcessBuilder(command)
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .start();
      if (process.waitFor() != 0) {
        throw new IOException(Arrays.toString(command) + ": " + process.exitValue());
      }
    }
  }
}
