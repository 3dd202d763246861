package dev.resilience.examples.shop;

import static java.time.Duration.ofMillis;

import dev.resilience.Preset;
import dev.resilience.Resilience;
import dev.resilience.chaos.Chaos;
import dev.resilience.context.Context;
import dev.resilience.discovery.client.ServiceClient;
import dev.resilience.discovery.registry.ServiceInstance;
import dev.resilience.discovery.registry.ServiceRegistry;
import dev.resilience.fallback.Fallbacks;
import dev.resilience.page.LivePage;
import dev.resilience.page.Panels;
import dev.resilience.page.ServicePanel;
import dev.resilience.policy.ContextPolicy;
import dev.resilience.timeout.FixedTimeout;
import java.util.ArrayList;
import java.util.List;

/**
 * Whom an order needs, and how each is protected: the whole configuration. Each has a second stack
 * without any policy, for the comparison.
 */
final class Dependencies implements AutoCloseable {

  /** What is answered instead. */
  static final String DEGRADED = "later";

  private static final int MAIL_SERVERS = 3;
  private static final String ILL_MAIL_SERVER = "10.0.0.2";

  private final Backend authServer = new Backend("auth", 8, ofMillis(8));
  private final Backend inventoryServer = new Backend("inventory", 12, ofMillis(25));
  private final Backend paymentServer = new Backend("payment", 6, ofMillis(60));
  private final Backend mailServer = new Backend("mail", 6, ofMillis(15));

  private final Chaos authFaults = Chaos.of("auth");
  private final Chaos inventoryFaults = Chaos.of("inventory");
  private final Chaos paymentFaults = Chaos.of("payment");
  private final Chaos mailFaults = Chaos.of("mail");
  private final Chaos noFaults = Chaos.of("none");

  private final Resilience auth;
  private final Resilience bareAuth;
  private final Resilience inventory;
  private final Resilience bareInventory;
  private final Resilience payment;
  private final Resilience barePayment;
  private final ServiceClient mail;

  @SuppressWarnings("MustBeClosed") // the leases end with the shop
  Dependencies(Context shop, LivePage page) {
    auth = page.watch(suffering(authFaults, Preset.rpc("auth").build()));
    inventory = page.watch(suffering(inventoryFaults, Preset.rpc("inventory").build()));
    payment = page.watch(suffering(paymentFaults, Preset.rpc("payment").unrepeatable().build()));
    bareAuth = page.watch("auth", Resilience.of(authFaults));
    bareInventory = page.watch("inventory", Resilience.of(inventoryFaults));
    barePayment = page.watch("payment", Resilience.of(paymentFaults));

    ServiceRegistry registry = ServiceRegistry.inMemory(shop);
    for (int i = 1; i <= MAIL_SERVERS; i++) {
      registry.register(shop, ServiceInstance.of("mail", "10.0.0." + i, 8025).withZone("eu-" + i));
    }
    mail =
        ServiceClient.builder("mail", registry)
            .perCall(page.watch(Preset.rpc("mail").withoutHedge().build()))
            .perAttempt(Resilience.of(FixedTimeout.of(ofMillis(250))))
            .open(shop);

    Controls.add(page, "Auth", authFaults);
    Controls.add(page, "Inventory", inventoryFaults);
    Controls.add(page, "Payment", paymentFaults);
    Controls.add(page, "Mail server " + ILL_MAIL_SERVER, mailFaults);
    page.show(ServicePanel.of(mail));
    page.show(Panels.faults(authFaults));
    page.show(Panels.faults(inventoryFaults));
    page.show(Panels.faults(paymentFaults));
    page.show(Panels.faults(mailFaults));
  }

  /** The faults stand innermost, in the place of the dependency. */
  private static Resilience suffering(Chaos faults, Resilience stack) {
    List<ContextPolicy> policies = new ArrayList<>(stack.policies());
    policies.add(faults);
    return stack.withPolicies(policies.toArray(ContextPolicy[]::new));
  }

  String login(Context ctx, String order, boolean isProtected) {
    return (isProtected ? auth : bareAuth).call(ctx, c -> authServer.ask(c, order));
  }

  /** Without an answer: sold, and looked at later. */
  String reserve(Context ctx, String order, boolean isProtected) {
    return isProtected
        ? inventory
            .withFallback(Fallbacks.ofValue(DEGRADED))
            .call(ctx, c -> inventoryServer.ask(c, order))
        : bareInventory.call(ctx, c -> inventoryServer.ask(c, order));
  }

  /** Without an answer: taken on account, and collected later. */
  String pay(Context ctx, String order, boolean isProtected) {
    return isProtected
        ? payment
            .withFallback(Fallbacks.ofValue(DEGRADED))
            .call(ctx, c -> paymentServer.ask(c, order))
        : barePayment.call(ctx, c -> paymentServer.ask(c, order));
  }

  String send(Context ctx, String order) {
    return mail.call(ctx, (c, instance) -> askAt(instance, c, order));
  }

  private String askAt(ServiceInstance instance, Context ctx, String order) {
    Chaos faults = instance.host().equals(ILL_MAIL_SERVER) ? mailFaults : noFaults;
    return Resilience.of(faults).call(ctx, c -> mailServer.ask(c, order));
  }

  @Override
  public void close() {
    mail.close();
    authServer.close();
    inventoryServer.close();
    paymentServer.close();
    mailServer.close();
  }
}
