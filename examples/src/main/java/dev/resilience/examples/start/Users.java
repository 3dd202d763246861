package dev.resilience.examples.start;

import dev.resilience.context.Context;
import dev.resilience.context.ContextException;
import dev.resilience.error.RejectedException;
import dev.resilience.http.client.HttpConnectionException;
import dev.resilience.http.client.HttpStatusException;
import dev.resilience.http.client.ResilientHttpClient;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;

/** The client of the user service. */
public final class Users {

  private final ResilientHttpClient http = ResilientHttpClient.of("users");
  private final URI service;

  public Users(URI service) {
    this.service = service;
  }

  public String user(Context caller, int id) throws IOException {
    HttpRequest request = HttpRequest.newBuilder(service.resolve("/users/" + id)).build();
    try (var ctx = caller.withTimeout(Duration.ofSeconds(2))) {
      return http.fetch(ctx, request, BodyHandlers.ofString());
    }
  }

  public String describe(Context caller, int id) {
    try {
      return user(caller, id);
    } catch (ContextException end) {
      return "nobody waits any more: " + end.getMessage(); // the time is up, or the caller left
    } catch (RejectedException refused) {
      return "not asked: " + refused.getMessage(); // circuit open, too busy, no time left
    } catch (HttpStatusException answer) {
      return "status " + answer.status(); // also after retries
    } catch (HttpConnectionException broken) {
      return "no answer: " + broken.kind(); // refused, reset, broken off …
    } catch (IOException failed) {
      return "failed: " + failed.getMessage();
    }
  }
}
