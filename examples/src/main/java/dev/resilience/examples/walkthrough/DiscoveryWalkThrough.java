package dev.resilience.examples.walkthrough;

import dev.resilience.context.CancellableContext;
import dev.resilience.context.Context;
import dev.resilience.context.ContextCancelledException;
import dev.resilience.discovery.registry.Lease;
import dev.resilience.discovery.registry.RegistryException;
import dev.resilience.discovery.registry.ServiceInstance;
import dev.resilience.discovery.registry.ServiceRegistry;
import dev.resilience.error.NoInstanceException;
import dev.resilience.examples.concurrent.Log;
import dev.resilience.examples.program.CtrlC;
import java.io.PrintStream;
import java.time.Duration;
import java.util.List;

/**
 * Registers four instances of three services and looks them up: at once, with retries until one
 * comes, and for a caller who has left.
 *
 * <pre>{@code
 * mvn -q -Pdemo -Dmain=walkthrough.DiscoveryWalkThrough
 * }</pre>
 */
public final class DiscoveryWalkThrough {

  private DiscoveryWalkThrough() {}

  /** Runs the program. */
  public static void main(String... args) throws InterruptedException {
    try (CtrlC interrupt = CtrlC.installed(Duration.ofSeconds(1))) {
      run(interrupt.context(), System.out);
    }
  }

  static void run(Context app, PrintStream out) throws InterruptedException {
    Log log = new Log(app, out);
    ServiceRegistry registry = ServiceRegistry.inMemory(app);
    try (Lease first = register(app, registry, "user-service", "10.0.0.1");
        Lease second = register(app, registry, "user-service", "10.0.0.2");
        Lease orders = register(app, registry, "order-service", "10.0.0.3");
        Lease payments = register(app, registry, "payment-service", "10.0.0.4")) {
      log.say(
          "registered %s",
          List.of(first, second, orders, payments).stream().map(Lease::instance).toList());
      try (CancellableContext request = app.withTimeout(Duration.ofSeconds(2))) {
        log.say(
            "user-service: %d instances",
            registry.discover(request, "user-service").instances().size());
      }
      late(app, registry, log);
      try (CancellableContext gone = app.withCancel()) {
        gone.cancel();
        registry.discover(gone, "user-service");
      } catch (ContextCancelledException left) {
        log.say("a caller who has left gets nothing, at once: %s", left.getMessage());
      }
    }
    try (CancellableContext request = app.withTimeout(Duration.ofSeconds(2))) {
      log.say(
          "after the leases: %d instances",
          registry.discover(request, "user-service").instances().size());
    }
  }

  /** One that comes while somebody asks again and again, and one that never does. */
  private static void late(Context app, ServiceRegistry registry, Log log) {
    Lease[] late = new Lease[1];
    app.delay(Duration.ofMillis(700))
        .thenRun(() -> late[0] = register(app, registry, "mail-service", "10.0.0.5"));
    try (CancellableContext request = app.withTimeout(Duration.ofSeconds(5))) {
      log.say(
          "mail-service, which came late: %s",
          registry.discoverWithRetry(request, "mail-service").instances());
    } finally {
      if (late[0] != null) {
        late[0].close();
      }
    }
    try (CancellableContext request = app.withTimeout(Duration.ofSeconds(1))) {
      registry.discoverWithRetry(request, "no-service");
    } catch (NoInstanceException | RegistryException nobody) {
      log.say("no-service: %s", nobody.getMessage());
    }
  }

  @SuppressWarnings("MustBeClosed") // ends with the application
  private static Lease register(
      Context app, ServiceRegistry registry, String service, String host) {
    return registry.register(app, ServiceInstance.of(service, host, 8080));
  }
}
