package dev.resilience.examples.pipeline;

import dev.resilience.Resilience;
import dev.resilience.context.Context;
import dev.resilience.error.AttemptTimeoutException;
import dev.resilience.error.RejectedException;
import java.io.IOException;
import java.net.URI;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;

/**
 * Takes an order to its four dependencies, each behind policies of its own. The context of the
 * request goes first into every call: what is left of the caller's two seconds limits each attempt,
 * and a caller who hangs up ends whatever is under way, here and in the services.
 */
final class Gateway implements HttpService.Handler {

  static final String STALE = "(stale)";
  static final String MAIL_LATER = "mail later";

  private final HttpCalls http;
  private final Function<String, URI> services;
  private final Map<String, String> lastStock = new ConcurrentHashMap<>();
  private final DependencyStats inventoryStats;
  private final DependencyStats mailStats;

  private final Resilience auth;
  private final Resilience inventory;
  private final Resilience payment;
  private final Resilience mail;

  Gateway(HttpCalls http, Function<String, URI> services, Ledger ledger) {
    this.http = http;
    this.services = services;
    this.inventoryStats = ledger.dependency("inventory");
    this.mailStats = ledger.dependency("mail");
    this.auth = Policies.auth(ledger.dependency("auth"));
    this.inventory = Policies.inventory(inventoryStats);
    this.payment = Policies.payment(ledger.dependency("payment"));
    this.mail = Policies.mail(mailStats);
  }

  @Override
  public String handle(Context ctx, String item) throws Exception {
    try {
      return order(ctx, item);
    } catch (RejectedException turnedAway) {
      throw new HttpStatusException(503, String.valueOf(turnedAway.getMessage()));
    } catch (HttpStatusException status) {
      throw status.isTheClientsFault() ? status : badGateway(status);
    } catch (AttemptTimeoutException | IOException failed) {
      throw badGateway(failed);
    }
  }

  private static HttpStatusException badGateway(Exception failed) {
    return new HttpStatusException(502, failed.toString());
  }

  private String order(Context ctx, String item) throws Exception {
    String user = auth.call(ctx, c -> post(c, "auth", "may order?"));

    String stock =
        Policies.orElse(inventory, inventoryStats, (c, failure) -> lastKnown(item, failure))
            .call(ctx, c -> askInventory(c, item));

    String paid = payment.call(ctx, c -> post(c, "payment", user));

    CompletionStage<String> receipt =
        Policies.orElse(mail, mailStats, (c, failure) -> MAIL_LATER)
            .callAsync(ctx, c -> http.postAsync(c, services.apply("mail"), item + " " + paid));

    return item + ": " + stock + ", " + paid + ", " + ctx.await(receipt);
  }

  private String askInventory(Context ctx, String item) throws Exception {
    String stock = post(ctx, "inventory", item);
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

  private String post(Context ctx, String service, String body) throws Exception {
    return http.post(ctx, services.apply(service), body);
  }
}
