package dev.resilience.page;

import static java.util.Objects.requireNonNull;

import com.sun.net.httpserver.HttpServer;
import dev.resilience.Resilience;
import dev.resilience.breaker.Breaker;
import dev.resilience.breaker.BreakerMode;
import dev.resilience.context.CancelReason;
import dev.resilience.context.CancellableContext;
import dev.resilience.context.Context;
import dev.resilience.diagnostics.ContextMonitor;
import dev.resilience.observe.CallReportListener;
import dev.resilience.text.DurationText;
import dev.resilience.text.SafeText;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * One page on which the library is seen at work: a tile for each dependency, the requests that are
 * under way, the reports of recent calls, caches, instances, pools and tasks. Served by the JDK's
 * own server, or {@linkplain #handle mounted} into another one.
 *
 * <pre>{@code
 * try (LivePage page = LivePage.builder("shop").port(9090).open(process)) {
 *   Resilience payments = page.watch(Resilience.forHttp("payments"));
 *   page.show(Panels.pool(workers));
 *   page.show(CachePanel.of(users));
 *   ...
 * }
 * }</pre>
 *
 * <p>On loopback unless told otherwise, and read-only unless a token is given. Of values in
 * contexts only those are shown whose keys allow it.
 *
 * <p>What is watched counts its calls: two readings of the clock and some 150 bytes for each.
 * Snapshots are taken only while somebody looks, once for all who do, every half second; less often
 * where one is expensive, and at least once a second.
 *
 * <p>Thread-safe. Ends with its owner.
 */
public final class LivePage implements AutoCloseable {

  private static final Logger LOG = System.getLogger(LivePage.class.getName());

  private final ProcessInfo process;
  private final CancellableContext life;
  private final Access access;
  private final Frames frames;
  private final PageRequests requests;
  private final RecentCalls calls;
  private final @Nullable JdkServer server;

  private final List<Dependency> dependencies = new CopyOnWriteArrayList<>();
  private final List<Panel> panels = new CopyOnWriteArrayList<>();
  private final List<Button> buttons = new CopyOnWriteArrayList<>();
  private volatile @Nullable ContextMonitor monitor;

  /** Keeps names unique, and buttons numbered. */
  private final ReentrantLock lock = new ReentrantLock();

  @SuppressWarnings("MustBeClosed") // closed with the page
  private LivePage(Builder builder, Context owner) throws IOException {
    process = ProcessInfo.of(builder.name);
    life = owner.withCancel();
    access =
        new Access(
            builder.isServed && builder.address.isLoopbackAddress(),
            builder.token,
            builder.origins);
    calls = new RecentCalls(life.timeSource());
    frames =
        new Frames(
            builder.name,
            builder.interval,
            builder.maxStreams,
            () -> snapshot().toJson(),
            calls::watched);
    requests = new PageRequests(this, access, frames, builder.peers);
    server =
        builder.isServed
            ? new JdkServer(this, new InetSocketAddress(builder.address, builder.port))
            : null;
    life.onDone(this::stop);
  }

  /**
   * Returns a builder with all defaults set.
   *
   * @param name of this process, shown on the page; not blank
   */
  public static Builder builder(String name) {
    return new Builder(name);
  }

  /** The name of this process. */
  public String name() {
    return process.name();
  }

  /**
   * Where the page is.
   *
   * @throws IllegalStateException if it is mounted into another server
   */
  public URI uri() {
    if (server == null) {
      throw new IllegalStateException("this page has no server of its own");
    }
    InetSocketAddress address = server.address();
    InetAddress host = address.getAddress();
    String name =
        host.isAnyLocalAddress() || host.isLoopbackAddress() ? "localhost" : host.getHostAddress();
    return URI.create(
        "http://" + (name.contains(":") ? "[" + name + "]" : name) + ":" + address.getPort() + "/");
  }

  // ---- what is shown

  /**
   * Shows a dependency on the wall.
   *
   * @param stack the policies around it; its name is that of the tile
   * @return the same stack with listeners added to those that it has: this is the one to call
   */
  public Resilience watch(Resilience stack) {
    requireNonNull(stack, "stack");
    lock.lock();
    try {
      String free = stack.name();
      for (int i = 2; find(free) != null; i++) {
        free = stack.name() + " " + i;
      }
      return listening(stack, add(free, stack));
    } finally {
      lock.unlock();
    }
  }

  /**
   * Shows several stacks around one dependency on one tile, such as one for reading and one for
   * writing: their calls are counted together, the policies are those of the first.
   *
   * @param tile the name of the tile
   * @param stack one of them
   * @return the same stack with listeners added to those that it has: this is the one to call
   */
  public Resilience watch(String tile, Resilience stack) {
    requireNonNull(tile, "tile");
    requireNonNull(stack, "stack");
    lock.lock();
    try {
      Dependency known = find(tile);
      return listening(stack, known != null ? known : add(tile, stack));
    } finally {
      lock.unlock();
    }
  }

  private @Nullable Dependency find(String name) {
    for (Dependency dependency : dependencies) {
      if (dependency.name().equals(name)) {
        return dependency;
      }
    }
    return null;
  }

  private Dependency add(String name, Resilience stack) {
    Dependency dependency = new Dependency(name, stack, life.timeSource());
    dependencies.add(dependency);
    if (dependency.breaker != null) {
      addBreaker(name, dependency.breaker);
    }
    return dependency;
  }

  private Resilience listening(Resilience stack, Dependency dependency) {
    return stack
        .withAddedListener(dependency)
        .withAddedReports(
            CallReportListener.withContext(
                (ctx, report) -> calls.add(ctx, dependency.name(), report)));
  }

  /** What an operator does in an emergency. */
  private void addBreaker(String name, Breaker breaker) {
    add(
        name,
        "hold the circuit open",
        () -> breaker.mode() == BreakerMode.FORCED_OPEN,
        breaker::forceOpen);
    add(
        name,
        "hold the circuit closed",
        () -> breaker.mode() == BreakerMode.FORCED_CLOSED,
        breaker::forceClosed);
    add(
        name,
        "let the breaker decide",
        () -> breaker.mode() == BreakerMode.AUTOMATIC,
        breaker::reset);
  }

  /**
   * Shows the contexts that live below an observed root: the requests that are under way.
   *
   * <pre>{@code
   * ContextMonitor monitor = ContextMonitor.builder("shop").places().build();
   * Context root = Context.observed(TimeSource.system(), monitor);
   * page.requests(monitor);
   * }</pre>
   *
   * @param newMonitor in place of the one before
   */
  public void requests(ContextMonitor newMonitor) {
    monitor = requireNonNull(newMonitor, "monitor");
  }

  /** Shows something with figures, such as a cache or a pool. */
  public void show(Panel panel) {
    panels.add(requireNonNull(panel, "panel"));
  }

  /**
   * Offers a button to whoever has the token; not shown where there is none.
   *
   * @param group buttons of a group stand together; those of a dependency's name, at its tile
   * @param label what it does, in a few words
   * @param isPressed whether that is in effect; asked while somebody looks
   * @param action done on a thread of the server; be quick
   */
  public void button(String group, String label, BooleanSupplier isPressed, Runnable action) {
    lock.lock();
    try {
      add(group, label, isPressed, action);
    } finally {
      lock.unlock();
    }
  }

  private void add(String group, String label, BooleanSupplier isPressed, Runnable action) {
    buttons.add(
        new Button(
            Integer.toString(buttons.size() + 1),
            requireNonNull(group, "group"),
            requireNonNull(label, "label"),
            requireNonNull(isPressed, "isPressed"),
            requireNonNull(action, "action")));
  }

  boolean press(String id) {
    for (Button button : buttons) {
      if (button.id().equals(id)) {
        LOG.log(Level.INFO, () -> "pressed on the page: " + button.group() + ", " + button.label());
        button.action().run();
        return true;
      }
    }
    return false;
  }

  // ---- looking

  /** All that the page shows, as of now. */
  public PageSnapshot snapshot() {
    ContextMonitor followed = monitor;
    return new PageSnapshot(
        process,
        life.timeSource().instant(),
        access.isWritable(),
        dependencies.stream().map(Dependency::snapshot).toList(),
        followed == null ? null : LiveRequests.of(followed),
        calls.rows(),
        panels.stream().map(LivePage::snapshotOf).toList(),
        access.isWritable() ? buttons : List.of());
  }

  /** A panel that is broken does not take the page with it. */
  private static PanelSnapshot snapshotOf(Panel panel) {
    try {
      return requireNonNull(panel.snapshot(), "a panel returned null (expected: a snapshot)");
    } catch (Throwable broken) {
      return PanelSnapshot.builder("broken", panel.getClass().getName())
          .status(Status.BAD, SafeText.of(broken))
          .build();
    }
  }

  /** How many streams are open: pages that somebody looks at. */
  public int openStreams() {
    return frames.streams();
  }

  /**
   * Answers a request for the page or what belongs to it; for a server of yours. Blocks for as long
   * as the stream of a page is open: use virtual threads, or leave room for {@link
   * Builder#maxStreams}. Everything is relative, so the page may be mounted anywhere; its address
   * ends with a slash.
   *
   * @throws IOException if the client has gone
   */
  public void handle(PageExchange exchange) throws IOException {
    requests.answer(exchange);
  }

  /**
   * As {@link #handle}, for a server of the JDK's: the server has to have an executor with a thread
   * for each stream.
   *
   * @param other perhaps started already
   * @param path with a slash in front and at the end: {@code /page/}
   */
  public void mount(HttpServer other, String path) {
    requireNonNull(other, "other");
    if (!path.startsWith("/") || !path.endsWith("/")) {
      throw new IllegalArgumentException(
          "path: '" + SafeText.of(path) + "' (expected: a slash in front and at the end)");
    }
    other.createContext(path, exchange -> JdkExchange.serve(this, exchange));
  }

  private void stop() {
    frames.close();
    if (server != null) {
      server.close();
    }
  }

  /** Ends all streams, and the server. What is watched goes on, and counts. */
  @Override
  public void close() {
    life.cancel(CancelReason.CLOSED);
    life.close();
  }

  @Override
  public String toString() {
    return "page of " + name() + (server == null ? "" : " at " + uri());
  }

  /** Builds a {@link LivePage}. Not thread-safe. */
  public static final class Builder {

    private static final Duration SHORTEST = Duration.ofMillis(100);
    private static final Duration LONGEST = Duration.ofSeconds(1);

    private final String name;
    private InetAddress address = InetAddress.getLoopbackAddress();
    private int port;
    private boolean isServed = true;
    private @Nullable String token;
    private Duration interval = Duration.ofMillis(500);
    private int maxStreams = 16;
    private final Set<String> origins = new LinkedHashSet<>();
    private final Set<String> peers = new LinkedHashSet<>();

    private Builder(String name) {
      this.name = SafeText.name(name);
    }

    /**
     * The port to listen at.
     *
     * @param newPort 0 to 65535; 0: any that is free. Default: 0
     */
    public Builder port(int newPort) {
      if (newPort < 0 || newPort > 0xffff) {
        throw new IllegalArgumentException("port: " + newPort + " (expected: 0 to 65535)");
      }
      port = newPort;
      return this;
    }

    /**
     * The address to listen at. Beyond loopback, whoever reaches it can read the page. Default:
     * loopback.
     */
    public Builder address(InetAddress newAddress) {
      address = requireNonNull(newAddress, "address");
      return this;
    }

    /** No server of its own: the page is mounted into another one by {@link LivePage#handle}. */
    public Builder withoutServer() {
      isServed = false;
      return this;
    }

    /**
     * The secret that a request needs to press a button. Default: none, the page is read-only.
     *
     * @param newToken at least 8 characters
     */
    public Builder token(String newToken) {
      if (requireNonNull(newToken, "token").length() < 8) {
        throw new IllegalArgumentException(
            "token: " + newToken.length() + " characters (expected: at least 8)");
      }
      token = newToken;
      return this;
    }

    /**
     * How often the page changes.
     *
     * @param newInterval 100 ms to 1 s. Default: 500 ms
     */
    public Builder interval(Duration newInterval) {
      if (newInterval.compareTo(SHORTEST) < 0 || newInterval.compareTo(LONGEST) > 0) {
        throw new IllegalArgumentException(
            "interval: " + DurationText.of(newInterval) + " (expected: 100 ms to 1 s)");
      }
      interval = newInterval;
      return this;
    }

    /**
     * How many may look at once.
     *
     * @param newMaxStreams 1 to 60. Default: 16
     */
    public Builder maxStreams(int newMaxStreams) {
      if (newMaxStreams < 1 || newMaxStreams > 60) {
        throw new IllegalArgumentException("maxStreams: " + newMaxStreams + " (expected: 1 to 60)");
      }
      maxStreams = newMaxStreams;
      return this;
    }

    /**
     * A page elsewhere that may show this process, too. Other pages of loopback always may, if this
     * one is on loopback.
     *
     * @param origin as browsers write it: {@code https://ops.example.com}
     */
    public Builder allowOrigin(String origin) {
      origins.add(checkedOrigin(origin));
      return this;
    }

    /**
     * A process elsewhere that this page may show, too. Those of loopback always may be.
     *
     * @param origin of its page: {@code https://shop-2.example.com}
     */
    public Builder peer(String origin) {
      peers.add(checkedOrigin(origin));
      return this;
    }

    private static String checkedOrigin(String origin) {
      requireNonNull(origin, "origin");
      if (!origin.matches("https?://[A-Za-z0-9.\\-\\[\\]:]+")) {
        throw new IllegalArgumentException(
            "origin: '"
                + SafeText.of(origin)
                + "' (expected: http or https, a host, perhaps a port)");
      }
      return origin;
    }

    /**
     * Opens the page.
     *
     * @param owner the page ends with it
     * @throws IOException if the port is taken
     */
    public LivePage open(Context owner) throws IOException {
      return new LivePage(this, owner);
    }
  }
}
