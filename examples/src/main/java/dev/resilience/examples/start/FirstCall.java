package dev.resilience.examples.start;

import dev.resilience.context.Context;
import dev.resilience.http.client.ResilientHttpClient;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;

/** Fetches a page and prints it: {@code FirstCall https://example.com/}. */
public final class FirstCall {

  private static final ResilientHttpClient PAGES = ResilientHttpClient.of("pages");

  public static void main(String... args) throws Exception {
    HttpRequest request = HttpRequest.newBuilder(URI.create(args[0])).build();
    try (var ctx = Context.background().withTimeout(Duration.ofSeconds(2))) {
      System.out.println(PAGES.fetch(ctx, request, BodyHandlers.ofString()));
    }
  }

  private FirstCall() {}
}
