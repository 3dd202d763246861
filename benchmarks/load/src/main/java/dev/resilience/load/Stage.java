package dev.resilience.load;

import dev.resilience.simulation.Contender;
import dev.resilience.simulation.Scenario;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * Where runs take place: the process of the service that lives through all of them. Each run has a
 * fresh process for its client; in a chain there is one more for each service before the last,
 * because those call the next through the contender's client.
 */
final class Stage implements AutoCloseable {

  /** From the word to start until the first moment of a run. */
  private static final long LEAD = TimeUnit.MILLISECONDS.toNanos(200);

  private final Path files;
  private final Child service;

  Stage(Path files) throws IOException {
    this.files = files;
    this.service = Child.start(ServerProcess.class);
  }

  RealRun play(Scenario scenario, String contender, long seed)
      throws IOException, InterruptedException {
    List<Child> servers = new ArrayList<>();
    int last = scenario.services().size() - 1;
    try {
      service.say(open(scenario, seed, last, contender, "-"));
      String ports = service.await("ports");
      for (int number = last - 1; number >= 0; number--) {
        Child hop = Child.start(ServerProcess.class);
        servers.add(hop);
        hop.say(open(scenario, seed, number, contender, ports));
        ports = hop.await("ports");
      }
      Path notes = files.resolve("client");
      try (Child client =
          Child.start(ClientProcess.class, scenario.id(), String.valueOf(seed), contender, ports)) {
        client.await("ready");
        long origin = System.nanoTime() + LEAD;
        service.say("start " + origin);
        servers.forEach(hop -> hop.say("start " + origin));
        client.say("start " + origin + " " + notes);
        client.await("done");
      }
      List<Path> own = new ArrayList<>(List.of(notes));
      for (int i = 0; i < servers.size(); i++) {
        own.add(stop(servers.get(i), "hop-" + i));
      }
      Path there = stop(service, "service");
      return RealRun.read(scenario, contender, seed, own, List.of(there));
    } finally {
      servers.forEach(Child::close);
    }
  }

  private static String open(
      Scenario scenario, long seed, int number, String contender, String ports) {
    Contender known = Contenders.of(contender);
    return String.join(
        " ",
        "open",
        scenario.id(),
        String.valueOf(seed),
        String.valueOf(number),
        known.name(),
        ports);
  }

  private Path stop(Child server, String name) throws IOException, InterruptedException {
    Path file = files.resolve(name);
    server.say("stop " + file);
    server.await("stopped");
    return file;
  }

  static Stage inTemporaryFiles() throws IOException {
    return new Stage(Files.createTempDirectory("load"));
  }

  @Override
  public void close() throws IOException {
    service.close();
    try (var list = Files.list(files)) {
      for (Path file : list.toList()) {
        Files.delete(file);
      }
    }
    Files.delete(files);
  }
}
