package dev.resilience.examples.pipeline;

import dev.resilience.Preset;
import dev.resilience.Resilience;
import dev.resilience.examples.program.NamedThreads;
import dev.resilience.http.client.ResilientHttpClient;
import dev.resilience.propagation.Boundary;
import dev.resilience.propagation.Propagation;
import java.net.URI;
import java.net.http.HttpClient;
import java.util.concurrent.ExecutorService;
import java.util.function.Function;
import java.util.function.UnaryOperator;

/** The clients of one service: one for each dependency, all on one client of the JDK. */
final class Clients implements AutoCloseable {

  private final Function<String, URI> services;
  private final Propagation wire;
  private final ExecutorService threads;
  private final HttpClient http;

  /**
   * Clients of a service.
   *
   * @param self its name
   * @param services where the dependencies are
   */
  Clients(String self, Function<String, URI> services) {
    this.services = services;
    this.wire = Propagation.builder(self).dependencies(Boundary.inside()).build();
    this.threads = NamedThreads.pool(self + "-client", 8);
    this.http =
        HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .followRedirects(HttpClient.Redirect.NEVER)
            .executor(threads)
            .build();
  }

  /** A client behind policies. */
  Client to(DependencyStats dependency, Function<DependencyStats, UnaryOperator<Preset>> policies) {
    ResilientHttpClient client =
        builder(dependency.name()).preset(policies.apply(dependency)).build();
    dependency.watch(client);
    return new Client(client, () -> services.apply(dependency.name()), dependency);
  }

  /** A client without policies, each call of which is one request. */
  ResilientHttpClient plain(String service) {
    return builder(service).stacks(Resilience.of(), Resilience.of()).build();
  }

  private ResilientHttpClient.Builder builder(String service) {
    return ResilientHttpClient.builder(service).http(http).propagation(wire);
  }

  @Override
  public void close() {
    NamedThreads.end(threads);
  }
}
