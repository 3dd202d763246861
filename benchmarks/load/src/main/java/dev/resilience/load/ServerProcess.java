package dev.resilience.load;

import dev.resilience.context.CancellableContext;
import dev.resilience.context.Context;
import dev.resilience.simulation.Client;
import dev.resilience.simulation.ClientSetup;
import dev.resilience.simulation.Contender;
import dev.resilience.simulation.Job;
import dev.resilience.simulation.Scenario;
import dev.resilience.simulation.Scenarios;
import dev.resilience.simulation.Service;
import dev.resilience.simulation.ServiceModel;
import dev.resilience.time.TimeSource;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntConsumer;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Serves one service of a scenario, as it is told on standard input, run after run:
 *
 * <pre>
 * open SCENARIO SEED SERVICE CONTENDER PORTS   answered by: ports PORT,PORT
 * start NANOS                                   (the origin of the run)
 * stop FILE                                     answered by: stopped (all notes are in the file)
 * </pre>
 *
 * <p>PORTS are those of the next service of a chain, {@code -} for none; it is called through the
 * contender's client.
 */
final class ServerProcess {

  private final List<HttpService> instances = new ArrayList<>();
  private RealTime time = new RealTime(System.nanoTime());
  private @Nullable HttpSender sender;

  private ServerProcess() {}

  public static void main(String[] args) {
    ServerProcess process = new ServerProcess();
    Child.serve(process::obey);
  }

  private @Nullable String obey(String line) throws IOException, InterruptedException {
    String[] words = line.split(" ", -1);
    switch (words[0]) {
      case "open" -> {
        return open(
            Scenarios.of(words[1]),
            Long.parseLong(words[2]),
            Integer.parseInt(words[3]),
            Contenders.of(words[4]),
            words[5]);
      }
      case "start" -> {
        time.startAt(Long.parseLong(words[1]));
        return null;
      }
      case "stop" -> {
        return stop(Path.of(words[1]));
      }
      default -> throw new IOException("not understood: " + line);
    }
  }

  private String open(Scenario scenario, long seed, int number, Contender contender, String ports) {
    time = new RealTime(System.nanoTime());
    Service service = scenario.services().get(number);
    ServiceModel.Downstream downstream =
        ports.equals("-") ? null : downstream(scenario, number, contender, parse(ports));
    for (int i = 0; i < service.instances(); i++) {
      instances.add(
          new HttpService(service, i, time, seed, contender.refusesHopeless(), downstream));
    }
    return "ports "
        + instances.stream().map(i -> String.valueOf(i.port())).collect(Collectors.joining(","));
  }

  static List<Integer> parse(String ports) {
    return Arrays.stream(ports.split(",", -1)).map(Integer::valueOf).toList();
  }

  private ServiceModel.Downstream downstream(
      Scenario scenario, int number, Contender contender, List<Integer> ports) {
    Service next = scenario.services().get(number + 1);
    HttpSender toNext =
        new HttpSender("hop" + number + "-", ports, time, contender.passesDeadlines());
    sender = toNext;
    ClientSetup setup =
        new ClientSetup(
            next.name(),
            next.instances(),
            scenario.load().patience(),
            TimeSource.system(),
            event -> {});
    toNext.warmUp(contender.open(setup), 600);
    Client client = contender.open(setup);
    return (job, status) -> call(scenario, contender, client, toNext, job, status);
  }

  private void call(
      Scenario scenario,
      Contender contender,
      Client client,
      HttpSender toNext,
      Job job,
      IntConsumer status) {
    Duration left =
        job.deadline() == Job.UNTOLD
            ? scenario.load().patience()
            : Duration.ofNanos(job.deadline() - time.now());
    CancellableContext ctx = Context.background().withTimeout(left);
    var unused =
        client
            .call(ctx, toNext.exchange(job.call()))
            .whenComplete(
                (reply, failure) -> {
                  ctx.close();
                  int result = failure == null ? reply.status() : contender.statusOf(failure);
                  time.execute(() -> status.accept(result));
                });
  }

  private String stop(Path file) throws IOException, InterruptedException {
    List<String> lines = new ArrayList<>();
    Child.await(() -> instances.stream().allMatch(HttpService::isIdle));
    if (sender != null) {
      sender.close();
      Child.await(sender::isIdle);
    }
    for (HttpService instance : instances) {
      instance.close();
      instance.served().forEach(request -> lines.add("served\t" + request.toLine()));
    }
    if (sender != null) {
      sender.sent().forEach(request -> lines.add("sent\t" + request.toLine()));
    }
    lines.add("processor\t" + Child.processorNanos());
    Files.write(file, lines);
    instances.clear();
    time.close();
    sender = null;
    return "stopped";
  }
}
