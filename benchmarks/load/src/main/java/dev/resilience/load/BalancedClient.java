package dev.resilience.load;

import dev.resilience.Resilience;
import dev.resilience.context.CancellableContext;
import dev.resilience.context.Context;
import dev.resilience.discovery.balance.Balancer;
import dev.resilience.discovery.balance.ServerLoad;
import dev.resilience.discovery.client.ServiceClient;
import dev.resilience.discovery.registry.ServiceInstance;
import dev.resilience.discovery.registry.ServiceRegistry;
import dev.resilience.policy.Classifier;
import dev.resilience.simulation.Client;
import dev.resilience.simulation.ClientSetup;
import dev.resilience.simulation.Contender;
import dev.resilience.simulation.Exchange;
import dev.resilience.simulation.Reply;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;

/**
 * A stack over a {@link ServiceClient}, which chooses the instance of each attempt and hears how
 * busy it is. It lives as long as the run.
 */
final class BalancedClient implements Client {

  private final ServiceClient instances;

  @SuppressWarnings("MustBeClosed") // a run has its process, or its virtual world, for itself
  private BalancedClient(
      ClientSetup setup, Resilience stack, Classifier classifier, Balancer balancer) {
    CancellableContext run = Context.background(setup.timeSource()).withCancel();
    ServiceRegistry registry = ServiceRegistry.inMemory(run);
    for (int i = 0; i < setup.instances(); i++) {
      registry.register(run, ServiceInstance.of(setup.service(), "localhost", 1 + i));
    }
    this.instances =
        ServiceClient.builder(setup.service(), registry)
            .balancer(balancer)
            .classifier(classifier)
            .perCall(stack)
            .open(run);
  }

  static Contender contender(
      String name,
      Function<ClientSetup, Resilience> stack,
      Classifier classifier,
      Balancer balancer) {
    return new Contender() {
      @Override
      public String name() {
        return name;
      }

      @Override
      public Client open(ClientSetup setup) {
        return new BalancedClient(setup, stack.apply(setup), classifier, balancer);
      }
    };
  }

  @Override
  public CompletionStage<Reply> call(Context ctx, Exchange exchange) {
    return instances.callAsync(
        ctx,
        (c, instance) ->
            exchange.send(c, instance.port() - 1).thenApply(reply -> reported(instance, reply)));
  }

  private Reply reported(ServiceInstance instance, Reply reply) {
    instances.reportLoad(instance, ServerLoad.of(reply.load().inFlight(), reply.load().latency()));
    return reply;
  }
}
