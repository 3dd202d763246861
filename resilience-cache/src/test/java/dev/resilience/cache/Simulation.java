package dev.resilience.cache;

import dev.resilience.context.CancellableContext;
import dev.resilience.context.Context;
import dev.resilience.time.Participant;
import dev.resilience.time.VirtualTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** A run under virtual time, and the contexts it starts from. */
final class Simulation {

  final VirtualTime.Automatic time;
  final Context root;

  /** Owns the caches. */
  final CancellableContext app;

  private final List<Participant> started = new ArrayList<>();

  private Simulation(long seed) {
    this.time = VirtualTime.automatic(seed);
    this.root = Context.background(time);
    this.app = root.withCancel();
  }

  @FunctionalInterface
  interface Script {
    void play(Simulation simulation) throws Exception;
  }

  static void play(Script script) throws Exception {
    play(1, script);
  }

  /** Waits for all who were started; then the cache goes, and with it Caffeine's timers. */
  static void play(long seed, Script script) throws Exception {
    Simulation simulation = new Simulation(seed);
    simulation.time.run(
        () -> {
          script.play(simulation);
          simulation.joinAll();
          simulation.app.close();
          return null;
        });
  }

  Participant start(String name, VirtualTime.Body body) {
    Participant participant = time.start(name, body);
    started.add(participant);
    return participant;
  }

  /** Waits for all that were started, also meanwhile. */
  void joinAll() throws InterruptedException {
    for (int i = 0; i < started.size(); i++) { // it may grow meanwhile
      started.get(i).join();
    }
  }

  void sleep(Duration duration) throws InterruptedException {
    root.sleep(duration);
  }
}
