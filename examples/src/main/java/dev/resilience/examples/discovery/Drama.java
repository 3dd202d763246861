package dev.resilience.examples.discovery;

import dev.resilience.context.CancellableContext;
import dev.resilience.context.Context;
import dev.resilience.context.ContextException;
import dev.resilience.discovery.registry.RegistryException;
import dev.resilience.discovery.registry.ServiceInstance;
import dev.resilience.discovery.registry.ServiceRegistry;
import dev.resilience.error.AttemptTimeoutException;
import dev.resilience.examples.discovery.Logbook.Fate;
import dev.resilience.examples.discovery.Logbook.Phase;
import dev.resilience.examples.discovery.Logbook.Standing;
import dev.resilience.zookeeper.ZooKeeperStore;
import java.io.IOException;
import java.io.PrintStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.function.BooleanSupplier;
import org.apache.curator.framework.CuratorFramework;

/**
 * The script. A phase lasts its share of the time, and until what it is to show has happened, but
 * not for ever.
 */
final class Drama {

  private static final Duration STEP = Duration.ofMillis(20);
  private static final Duration PATIENCE = Duration.ofSeconds(30);
  private static final int SHARES = 48;

  private final Context ctx;
  private final Options options;
  private final Cluster cluster;
  private final Logbook log;
  private final List<ServiceInstance> places;
  private Duration phaseBegan = Duration.ZERO;

  private Drama(Context ctx, Options options, Cluster cluster, Logbook log) {
    this.ctx = ctx;
    this.options = options;
    this.cluster = cluster;
    this.log = log;
    this.places = cluster.places();
  }

  /** From the first process to the end of the last. */
  static Logbook play(Context ctx, Options options, PrintStream out) throws IOException {
    try (var cluster = new Cluster()) {
      var log = new Logbook(ctx.timeSource(), cluster.places());
      play(ctx, options, cluster, log, out);
      return log;
    }
  }

  private static void play(
      Context ctx, Options options, Cluster cluster, Logbook log, PrintStream out)
      throws IOException {
    try (CuratorFramework curator = Cluster.curator(cluster.servers());
        CancellableContext life = ctx.withCancel()) {
      ServiceRegistry registry =
          ServiceRegistry.builder(ZooKeeperStore.of(curator, Cluster.ROOT))
              // Enough for all to come back after the registry does: some more than a session.
              .staleInstanceGrace(Duration.ofMillis(2 * Cluster.SESSION_MILLIS))
              .open(life);
      var drama = new Drama(life, options, cluster, log);
      drama.awaitBeginning(registry);
      try (var callers = new Callers(life, registry, log)) {
        callers.rehearse();
        new Report(out).introduce(options);
        log.opens();
        callers.start(options.rate());
        try (var lookout = Lookout.posted(life, callers.client(), log);
            var progress = Progress.shown(life, log, out)) {
          drama.acts();
        }
      }
    } catch (ContextException interrupted) {
      log.endsEarly();
    } catch (InterruptedException stop) {
      Thread.currentThread().interrupt();
      log.endsEarly();
    }
  }

  private void awaitBeginning(ServiceRegistry registry) throws IOException, InterruptedException {
    if (!await(() -> isComplete(registry))) {
      throw new IOException(
          "the instances have not registered within " + PATIENCE.toSeconds() + " s");
    }
  }

  private boolean isComplete(ServiceRegistry registry) {
    try {
      return registry.discover(ctx, Cluster.SERVICE).instances().size() == Cluster.SIZE;
    } catch (RegistryException | AttemptTimeoutException notYetThere) {
      return false;
    }
  }

  private void acts() throws IOException, InterruptedException {
    List<Integer> victims = new ArrayList<>(List.of(0, 1, 2));
    Collections.shuffle(victims, new Random(options.seed()));
    int killed = victims.get(0);
    int paused = victims.get(1);
    int slow = victims.get(2);

    act("all well", 4, Fate.NONE, -1, () -> {}, () -> true);
    act(
        "killed (kill -9)",
        8,
        Fate.KILLED,
        killed,
        () -> cluster.instance(killed).kill(),
        () -> log.standing(places.get(killed)) == Standing.GONE);
    act(
        "started again",
        4,
        Fate.RECOVERED,
        killed,
        () -> cluster.startAgain(killed),
        () -> answersAgain(places.get(killed)));
    act(
        "registry killed (kill -9)",
        8,
        Fate.REGISTRY_AWAY,
        -1,
        cluster::killRegistry,
        () -> isStale(true));
    act(
        "registry started again",
        4,
        Fate.RECOVERED,
        -1,
        cluster::startRegistryAgain,
        () -> isStale(false));
    act(
        "paused (kill -STOP)",
        7,
        Fate.PAUSED,
        paused,
        () -> cluster.instance(paused).pause(),
        () -> log.standing(places.get(paused)) == Standing.GONE);
    act(
        "goes on (kill -CONT)",
        4,
        Fate.RECOVERED,
        paused,
        () -> cluster.instance(paused).goOn(),
        () -> answersAgain(places.get(paused)));
    act("answers in 2 s", 5, Fate.SLOW, slow, () -> cluster.instance(slow).say("2000"), () -> true);
    act(
        "answers in 20 ms",
        4,
        Fate.RECOVERED,
        slow,
        () -> cluster.instance(slow).say("20"),
        () -> answersAgain(places.get(slow)));
  }

  /** What is done at the beginning of a phase. */
  private interface Deed {
    void run() throws IOException;
  }

  private void act(String what, int shares, Fate fate, int who, Deed deed, BooleanSupplier shown)
      throws IOException, InterruptedException {
    String name = who < 0 ? what : "orders-" + (who + 1) + " " + what;
    log.begins(name);
    Duration from = log.elapsed();
    phaseBegan = from;
    try {
      deed.run();
      ctx.sleep(options.length().multipliedBy(shares).dividedBy(SHARES));
      boolean unused = await(shown);
    } finally {
      log.add(
          new Phase(
              name,
              fate,
              who < 0 ? Optional.empty() : Optional.of(places.get(who)),
              from,
              log.elapsed()));
    }
  }

  /** Whether it has become so within a bounded time. */
  private boolean await(BooleanSupplier condition) throws InterruptedException {
    Duration end = log.elapsed().plus(PATIENCE);
    while (!condition.getAsBoolean()) {
      if (log.elapsed().compareTo(end) > 0) {
        return false;
      }
      ctx.sleep(STEP);
    }
    return true;
  }

  private boolean answersAgain(ServiceInstance place) {
    return log.firstAnswerOf(place, phaseBegan).isPresent();
  }

  private boolean isStale(boolean wanted) {
    return log.lastAnswer().filter(answer -> answer.stale() == wanted).isPresent();
  }
}
