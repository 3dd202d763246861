package dev.resilience.examples.pipeline;

import dev.resilience.context.CancellableContext;
import dev.resilience.context.Context;
import dev.resilience.http.client.HttpStatusException;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Takes an order to its four dependencies and into the database, each behind policies of its own.
 * The context of the request goes first into every call: what is left of the caller's two seconds
 * limits each attempt, and a caller who hangs up ends whatever is under way, here, in the services
 * and in the database.
 */
final class Gateway implements Server.Handler {

  static final String STALE = "(stale)";
  static final String MAIL_LATER = "mail later";

  private static final Duration MAIL_LIMIT = Duration.ofSeconds(1);

  private final Client auth;
  private final Client inventory;
  private final Client payment;
  private final Orders orders;
  private final Client mail;
  private final List<DependencyStats> steps;
  private final Map<String, String> lastStock = new ConcurrentHashMap<>();

  Gateway(Clients clients, Orders orders, Ledger ledger) {
    this.auth = clients.to(ledger.dependency("auth"), Policies::auth);
    this.inventory = clients.to(ledger.dependency("inventory"), Policies::inventory);
    this.payment = clients.to(ledger.dependency("payment"), Policies::payment);
    this.orders = orders;
    this.mail = clients.to(ledger.dependency("mail"), Policies::mail);
    this.steps =
        List.of(auth.stats(), inventory.stats(), payment.stats(), orders.stats(), mail.stats());
  }

  @Override
  public String handle(Context ctx, String item) throws Exception {
    int done = 0;
    try {
      String user = auth.get(ctx, "");
      done++;
      String stock =
          Policies.orElse(inventory.stats(), (c, failure) -> lastKnown(item, failure))
              .call(ctx, c -> stockOf(c, item));
      done++;
      String paid = pay(ctx, user);
      done++;
      orders.record(ctx, item);
      done++;
      String receipt =
          Policies.orElse(mail.stats(), (c, failure) -> MAIL_LATER)
              .call(ctx, c -> send(c, item + " " + paid));
      return item + ": " + stock + ", " + paid + ", " + receipt;
    } catch (Throwable failure) {
      if (ctx.isDone()) {
        // The one that was being asked was cut off; without a context the others would be asked.
        steps.stream().skip(done + 1L).forEach(DependencyStats::spared);
      }
      throw failure;
    }
  }

  private String stockOf(Context ctx, String item) throws IOException {
    String stock = inventory.get(ctx, item);
    lastStock.put(item, stock);
    return stock;
  }

  /** What was in stock a moment ago is better than no order. */
  private String lastKnown(String item, Throwable failure) throws IOException {
    String stock = lastStock.get(item);
    if (stock == null) {
      throw new IOException("no stale answer for " + item, failure);
    }
    return stock + " " + STALE;
  }

  private String pay(Context ctx, String user) throws IOException, Declined {
    try {
      return payment.put(ctx, user);
    } catch (HttpStatusException status) {
      if (status.status() == Declined.CARD_REFUSED) {
        throw new Declined.CardRefused();
      }
      throw status;
    }
  }

  private String send(Context ctx, String text) throws IOException {
    try (CancellableContext limited = ctx.withTimeout(MAIL_LIMIT)) {
      return mail.post(limited, text);
    }
  }
}
