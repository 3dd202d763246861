package dev.resilience.servlet;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.sun.net.httpserver.HttpServer;
import dev.resilience.context.Context;
import dev.resilience.http.server.Disconnects;
import dev.resilience.http.server.JdkServer;
import dev.resilience.http.server.ServerStack;
import dev.resilience.http.server.TimeLimit;
import jakarta.servlet.AsyncContext;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Real clients that go away in mid-request, each a process of its own: the server's context ends,
 * and with it the call that the server has made for them. {@code -Dresilience.kills=20} repeats
 * each and prints how long that took, from the signal.
 */
@Timeout(value = 10, unit = TimeUnit.MINUTES)
class KilledClientsTest {

  private static final int ROUNDS = Integer.getInteger("resilience.kills", 1);

  enum Place {
    JDK_H1,
    JETTY_H1,
    JETTY_H2,
    TOMCAT_H1,
    TOMCAT_H2;

    boolean isHttp2() {
      return name().endsWith("H2");
    }
  }

  enum Style {
    BLOCKING,
    ASYNCHRONOUS
  }

  enum Signal {
    /** {@code kill -9}. */
    KILL,
    /** Control-C. */
    INT
  }

  /**
   * What a program is started by so that it heeds SIGINT, which background jobs of a shell ignore.
   */
  private static List<String> hearsInterrupts = List.of();

  private static HttpServer jdk;
  private static ExecutorService threads;

  /** What one request came to. */
  private static final class Traces {
    final CountDownLatch working = new CountDownLatch(1);
    final CountDownLatch contextEnded = new CountDownLatch(1);
    final CountDownLatch callGone = new CountDownLatch(1);
    volatile long endedAt;
    volatile long goneAt;
  }

  private static volatile Traces traces;

  @BeforeAll
  static void start() throws IOException {
    boolean hasCurl = isThere("curl", "--version");
    if (!hasCurl && "true".equals(System.getenv("CI"))) {
      throw new IllegalStateException("curl is not installed, and this is CI");
    }
    assumeTrue(hasCurl, "curl is not installed");
    assumeTrue(Disconnects.ofDefaults().seesConnections(), "connections cannot be seen here");
    if (isThere("env", "--default-signal=INT", "true")) {
      hearsInterrupts = List.of("env", "--default-signal=INT");
    }
    threads = Executors.newCachedThreadPool();
    jdk = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    jdk.setExecutor(threads);
    ServerStack stack =
        ServerStack.builder("jdk")
            .filter(TimeLimit.of(Duration.ofSeconds(50)))
            .open(Context.background());
    jdk.createContext("/blocking", JdkServer.handler(stack, (ctx, exchange) -> callOther(ctx)));
    jdk.createContext(
        "/asynchronous",
        JdkServer.asyncHandler(
            stack,
            (ctx, exchange) -> {
              threads.execute(() -> callOther(ctx));
              return ctx.done();
            }));
    jdk.start();
  }

  private static boolean isThere(String... command) {
    try {
      return new ProcessBuilder(command).redirectErrorStream(true).start().waitFor() == 0;
    } catch (IOException | InterruptedException missing) {
      return false;
    }
  }

  @AfterAll
  static void stop() {
    if (jdk != null) {
      jdk.stop(0);
      threads.shutdownNow();
    }
  }

  static Stream<Arguments> ways() {
    return Arrays.stream(Place.values())
        .flatMap(
            place ->
                Arrays.stream(Style.values())
                    .flatMap(
                        style ->
                            Arrays.stream(Signal.values())
                                .map(signal -> Arguments.of(place, style, signal))));
  }

  @ParameterizedTest
  @MethodSource("ways")
  void take_their_work_with_them(Place place, Style style, Signal signal) throws Exception {
    int port = portOf(place);
    List<Double> contexts = new ArrayList<>();
    List<Double> calls = new ArrayList<>();
    for (int round = 0; round < ROUNDS; round++) {
      Traces mine = new Traces();
      traces = mine;
      Process curl = curl(place, style, port);
      try {
        assertThat(mine.working.await(20, TimeUnit.SECONDS)).isTrue();
        long killedAt = System.nanoTime();
        kill(curl, signal);
        assertThat(mine.contextEnded.await(20, TimeUnit.SECONDS)).as("the context").isTrue();
        assertThat(mine.callGone.await(20, TimeUnit.SECONDS)).as("the outgoing call").isTrue();
        contexts.add((mine.endedAt - killedAt) / 1e6);
        calls.add((mine.goneAt - killedAt) / 1e6);
      } finally {
        curl.destroyForcibly().waitFor();
      }
    }
    if (ROUNDS > 1) {
      System.out.printf(
          "%-10s %-13s %-5s context %s, outgoing call %s%n",
          place, style, signal, figures(contexts), figures(calls));
    }
  }

  private static String figures(List<Double> millis) {
    List<Double> sorted = millis.stream().sorted().toList();
    return String.format(
        "%5.1f ms median, %5.1f ms at most",
        sorted.get(sorted.size() / 2), sorted.get(sorted.size() - 1));
  }

  private static int portOf(Place place) throws Exception {
    if (place == Place.JDK_H1) {
      return jdk.getAddress().getPort();
    }
    Containers.Running running =
        place.name().startsWith("JETTY") ? Containers.jetty() : Containers.tomcat();
    running.work =
        (request, response) -> {
          Context ctx = ContextFilter.context(request);
          if (request.getRequestURI().equals("/asynchronous")) {
            AsyncContext async = request.startAsync();
            async.start(() -> callOther(ctx));
          } else {
            callOther(ctx);
          }
        };
    return running.port;
  }

  private static Process curl(Place place, Style style, int port) throws IOException {
    List<String> command = new ArrayList<>(hearsInterrupts);
    command.addAll(List.of("curl", "--silent", "--max-time", "60"));
    if (place.isHttp2()) {
      command.add("--http2-prior-knowledge");
    }
    command.add("http://127.0.0.1:" + port + "/" + style.name().toLowerCase(java.util.Locale.ROOT));
    return new ProcessBuilder(command)
        .redirectErrorStream(true)
        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
        .start();
  }

  private static void kill(Process process, Signal signal) throws Exception {
    if (signal == Signal.KILL) {
      process.destroyForcibly();
    } else {
      new ProcessBuilder("kill", "-INT", Long.toString(process.pid())).start().waitFor();
    }
  }

  /** A call to another service, which notes when it ends there. Its answer never comes. */
  private static void callOther(Context ctx) {
    Traces mine = traces;
    ctx.onDone(
        () -> {
          mine.endedAt = System.nanoTime();
          mine.contextEnded.countDown();
        });
    try (ServerSocket listener = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
        Socket near = new Socket(listener.getInetAddress(), listener.getLocalPort())) {
      Socket far = listener.accept();
      new Thread(() -> notesTheEnd(far, mine)).start();
      near.getOutputStream().write("GET / HTTP/1.1\r\n\r\n".getBytes(UTF_8));
      ctx.onAbort(near::close);
      mine.working.countDown();
      near.getInputStream().read();
    } catch (IOException closed) {
      // By the hook.
    }
  }

  /** The other service. */
  private static void notesTheEnd(Socket far, Traces mine) {
    try (far) {
      while (far.getInputStream().read() >= 0) {
        // The request.
      }
    } catch (IOException gone) {
      // As good.
    }
    mine.goneAt = System.nanoTime();
    mine.callGone.countDown();
  }
}
